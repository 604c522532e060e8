"""Keys as charts, Kubernetes and Jitsi's compose files call them: the key here, or why there is none."""

from collections.abc import Mapping

_STORAGE = "every volume is of the cluster's default StorageClass, which docs/existing.md asks for"
_NODES = "bridges stand in the zone of their shard, on nodes that hold them (shards[].zone, bridges.resources); docs/existing.md lists the rest"
_NAMESPACE = (
    "the stack makes its namespace and deletes it with everything in it; name one of its own in jitsi:namespace"
)
_EDGE = "HAProxy behind a Service of type LoadBalancer is the edge, and no Ingress is used; docs/existing.md shows how to steer that Service"
_PULL = "tags are releases, which do not change, and nodes keep them; images.digests holds a tag to its content"
_SECURITY = "every pod fits the restricted pod security standard; docs/existing.md says what the cluster must allow"
_CLIENTS = "metrics.tokenSecret is a bearer token, and no other login is sent"
_CONTEXT = "the cluster is that of the current context of the secret jitsi:kubeconfig"

WORDS: Mapping[str, str] = {
    **dict.fromkeys(("storageClass", "storageClassName"), _STORAGE),
    **dict.fromkeys(("nodeSelector", "tolerations", "affinity", "priorityClass", "priorityClassName"), _NODES),
    **dict.fromkeys(("createNamespace", "targetNamespace"), _NAMESPACE),
    **dict.fromkeys(("className", "ingressClass", "ingressClassName", "service", "hostNetwork"), _EDGE),
    **dict.fromkeys(("pullPolicy", "imagePullPolicy"), _PULL),
    **dict.fromkeys(("podSecurity", "securityContext", "podSecurityContext", "runAsUser", "fsGroup"), _SECURITY),
    **dict.fromkeys(("basicAuth", "insecureSkipVerify"), _CLIENTS),
    **dict.fromkeys(("context", "kubeContext"), _CONTEXT),
    **dict.fromkeys(
        ("loadBalancerIp", "externalIp"), "use ingress.annotations, as the cluster's controller reads them"
    ),
    "cni": "any network plugin does that enforces NetworkPolicies",
    "project": "the project is that of SCW_DEFAULT_PROJECT_ID, or of scaleway:project_id",
    **dict.fromkeys(
        ("imagePullSecrets", "imagePullSecret"), "use images.pullSecret, the name of one Secret, or images.login"
    ),
    **dict.fromkeys(("imageCredentials", "registryCredentials", "dockerconfigjson"), "use images.login"),
    **dict.fromkeys(("imageRegistry", "globalRegistry"), "use images.mirror"),
    **dict.fromkeys(("clusterDomain", "dnsDomain"), "use cluster.domain"),
    **dict.fromkeys(("podCidr", "clusterCidr"), "use cluster.podRange"),
    **dict.fromkeys(("customMetrics",), "use metrics.adapter"),
    **dict.fromkeys(("orgId", "headers"), "use metrics.tenant"),
    **dict.fromkeys(("bearerToken", "bearerTokenFile", "bearerTokenSecret"), "use metrics.tokenSecret"),
    **dict.fromkeys(("caCert", "caFile", "tlsConfig"), "use metrics.caSecret"),
    **dict.fromkeys(
        ("advertiseIps", "publicIp", "publicIps", "advertisedIps", "dockerHostAddress"), "use bridges.publicAddress"
    ),
    **dict.fromkeys(("publicUrl",), "use jitsi:domain"),
    **dict.fromkeys(("tz",), "all logs are in UTC; entries of bridges.schedule have a timezone"),
}
"""Word -> what to do instead. A word that is a key of its section, or like one, never comes here."""
