"""Sabotages of labels, selectors, names and references."""

from collections.abc import Callable
from typing import Any

from sabotages import Sabotage, container, pods, resource

NAME, INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/instance"
Patch = Callable[[dict[str, Any]], object]


def spec(change: Callable[[dict[str, Any]], object]) -> Patch:
    """Change the spec of an object."""
    return lambda properties: change(properties["spec"])


def match(**labels: str | None) -> Patch:
    """Change labels of a selector's `matchLabels`: `name`, `instance`; None removes one."""

    def change(properties: dict[str, Any]) -> None:
        body = properties["spec"]
        selector = body["podSelector"] if "podSelector" in body else body["selector"]
        chosen = selector.get("matchLabels", selector)
        for key, value in labels.items():
            chosen.pop(f"app.kubernetes.io/{key}", None)
            if value is not None:
                chosen[f"app.kubernetes.io/{key}"] = value

    return change


def label(key: str, value: str) -> Patch:
    """Set a label of the pods."""
    return lambda properties: properties["spec"]["template"]["metadata"]["labels"].update({key: value})


def variable(name: str, /, **keys: Any) -> Patch:
    """Change a variable of the first container."""
    return lambda properties: next(each for each in container(properties)["env"] if each["name"] == name).update(keys)


def volume(name: str, /, **keys: Any) -> Patch:
    """Change a volume of the pods."""
    return lambda properties: next(each for each in pods(properties)["volumes"] if each["name"] == name).update(keys)


def secret_key(name: str, /, **keys: str) -> Patch:
    """Change the Secret or key of a variable."""
    return lambda properties: next(each for each in container(properties)["env"] if each["name"] == name)["valueFrom"][
        "secretKeyRef"
    ].update(keys)


S0, S1 = "s0-bridges-host-port-0", "s1-bridges-node-port"
SERVES = "A Service selects exactly the pods of its part and shard."
BUDGET = "A budget holds all bridges of its shard, and no others."
POLICY = "A network policy confines the pods of its part and shard."
OWNED = "Each workload has its own pods."
LABELS = "Pods carry the labels of their part and shard."
SCALED = "Each autoscaler sets the number of its own workload."
EXISTS = "What pods refer to exists."
OWN = "Pods use the passwords, settings and accounts of their own part and shard."
HOSTS = "Pods connect to Services that exist, of their own shard."
TWIN = resource("kubernetes:core/v1:ConfigMap", "twin", {"metadata": {"name": "jvb-s1", "namespace": "jitsi"}})

SABOTAGES: list[Sabotage] = [
    # Services
    Sabotage(
        SERVES,
        "s0-prosody-service",
        match(instance="s1"),
        "selects-other-pods",
        "instead of prosody of s0 (prosody-s0)",
    ),
    Sabotage(SERVES, "s0-prosody-service", match(instance=None), "selects-other-pods", "prosody of s1 (prosody-s1)"),
    Sabotage(SERVES, "s1-jicofo-service", match(name="prosody"), "selects-other-pods", "wrong pods"),
    Sabotage(SERVES, "s1-web-service", match(name="nginx"), "selects-other-pods", "picks no pod"),
    Sabotage(SERVES, "s1-web-service", spec(lambda body: body.pop("selector")), "selects-other-pods", "picks no pod"),
    Sabotage(
        SERVES,
        "s0-jicofo-service",
        spec(lambda body: body["selector"].update({"jitsi.org/layout": "hostPort"})),
        "selects-other-pods",
        "picks no pod",
    ),
    Sabotage(SERVES, "jitsi-edge-service", match(instance="s0"), "selects-other-pods", "haproxy"),
    Sabotage(
        SERVES,
        "s1-bridges-media-2",
        spec(lambda body: body["selector"].update({"statefulset.kubernetes.io/pod-name": "jvb-s1-9"})),
        "selects-other-pods",
        "picks no pod",
    ),
    Sabotage(
        SERVES,
        "s1-bridges-media-0",
        spec(lambda body: body["selector"].update({"statefulset.kubernetes.io/pod-name": "jvb-s0-0"})),
        "selects-other-pods",
        "picks no pod",
    ),
    Sabotage(
        "Each bridge has a Service of its own.",
        "s1-bridges-media-1",
        spec(lambda body: body["selector"].update({"statefulset.kubernetes.io/pod-name": "jvb-s1-0"})),
        "one-pod-twice",
        "picks jvb-s1-0, as s1-bridges-media-0 does",
    ),
    Sabotage(
        SERVES,
        "jitsi-edge-peer-1",
        spec(lambda body: body["selector"].update({"statefulset.kubernetes.io/pod-name": "haproxy-2"})),
        "selects-other-pods",
        "picks no pod",
    ),
    Sabotage(
        SERVES, "s0-web-service", lambda p: p["metadata"].update(namespace="default"), "outside-namespace", "is default"
    ),
    # budgets, policies, monitors, spread
    Sabotage(BUDGET, "s1-bridges-budget", match(instance=None), "selects-other-pods", "jvb of s0 (jvb-s0-0)"),
    Sabotage(BUDGET, "s0-bridges-budget", match(instance="S0"), "selects-other-pods", "evicts more pods"),
    Sabotage(
        BUDGET,
        "s0-bridges-budget",
        spec(lambda body: body["selector"]["matchLabels"].update({"jitsi.org/port": "10001"})),
        "selects-other-pods",
        "instead of jvb of s0 (jvb-s0-0), jvb of s0 (jvb-s0-1)",
        stack="many-ports-per-node",
    ),
    Sabotage(
        BUDGET,
        "s1-bridges-budget",
        spec(
            lambda body: body.update(
                selector={"matchExpressions": [{"key": NAME, "operator": "In", "values": ["jvb", "web"]}]}
            )
        ),
        "selects-other-pods",
        "web of s1",
    ),
    Sabotage(POLICY, "s0-jvb-policy", match(name="jvb-spare"), "selects-other-pods", "confines the wrong pods"),
    Sabotage(
        POLICY,
        "s1-web-policy",
        spec(lambda body: body.update(podSelector={})),
        "selects-other-pods",
        "instead of web of s1",
    ),
    Sabotage(
        "Prometheus reads every bridge.",
        "jitsi-monitoring-jvb-targets",
        spec(lambda body: body["selector"]["matchLabels"].update({NAME: "bridge"})),
        "selects-other-pods",
        "no metrics",
        stack="daemonset",
    ),
    Sabotage(
        "Web pods run on several nodes.",
        "s1-web",
        lambda p: pods(p)["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update({INSTANCE: "s0"}),
        "spread-of-others",
        "on one node",
    ),
    Sabotage(
        "HAProxies run on several nodes.",
        "jitsi-edge-haproxy",
        lambda p: pods(p)["topologySpreadConstraints"][0].pop("labelSelector"),
        "spread-of-others",
        "kubernetes.io/hostname",
    ),
    # workloads
    Sabotage(OWNED, S1, match(instance="s0"), "selectors-overlap", "its template makes jvb of s1"),
    Sabotage(
        OWNED,
        S0,
        spec(lambda body: body["selector"]["matchLabels"].pop("jitsi.org/port")),
        "selectors-overlap",
        "jvb-s0-1",
        stack="many-ports-per-node",
    ),
    Sabotage(OWNED, "s0-web", match(instance=None), "selectors-overlap", "web of s1"),
    Sabotage(OWNED, "s0-jicofo", spec(lambda body: body.pop("selector")), "selectors-overlap", "picks no pod"),
    Sabotage(LABELS, "s1-prosody", label(INSTANCE, "s0"), "labels-disagree", "pods are prosody of s0"),
    Sabotage(LABELS, S0, label(NAME, "bridge"), "labels-disagree", "pods are bridge of s0"),
    Sabotage(LABELS, "s1-*", lambda p: _relabelled(p, "s9"), "labels-disagree", "jvb is of s9"),
    Sabotage(
        LABELS, "jitsi-metrics-prometheus", lambda p: _relabelled(p, "another"), "labels-disagree", "another, local"
    ),
    Sabotage(
        SCALED,
        "s1-bridges-node-port-autoscaler",
        spec(lambda body: body["scaleTargetRef"].update(name="jvb-s0-0", kind="Deployment")),
        "autoscaler-scales-another",
        "jvb of s1",
    ),
    Sabotage(
        SCALED,
        "s0-bridges-host-port-0-autoscaler",
        lambda p: p["metadata"].update(namespace="default"),
        "autoscaler-scales-another",
        "never changes",
    ),
    Sabotage(
        SCALED,
        "s1-web-autoscaler",
        spec(lambda body: body["scaleTargetRef"].update(apiVersion="extensions/v1beta1")),
        "autoscaler-scales-another",
        "extensions/v1beta1",
    ),
    Sabotage(
        SCALED,
        "s1-web-autoscaler",
        spec(lambda body: body["scaleTargetRef"].update(name="web-s0")),
        "autoscaler-scales-another",
        "web of s0",
    ),
    Sabotage(
        "Two resources are never the same object.", "", None, "name-used-twice", "s1-bridges-config", adds=(TWIN,)
    ),
    Sabotage(
        "Everything is in the stack's namespace.",
        "s0-passwords",
        lambda p: p["metadata"].update(namespace="kube-system"),
        "outside-namespace",
        "is kube-system",
    ),
    # references
    Sabotage(EXISTS, "s1-passwords", None, "reference-missing", "Secret shard-s1"),
    Sabotage(
        EXISTS,
        "s0-passwords",
        lambda p: p["stringData"].pop("JVB_AUTH_PASSWORD"),
        "reference-missing",
        "needs JVB_AUTH_PASSWORD of Secret shard-s0, which has JICOFO_AUTH_PASSWORD",
    ),
    Sabotage(
        EXISTS,
        "s0-bridges-config",
        lambda p: p["data"].pop("custom-jvb.conf"),
        "reference-missing",
        "needs custom-jvb.conf",
    ),
    Sabotage(EXISTS, "s1-bridges-account", None, "reference-missing", "ServiceAccount jvb-s1"),
    Sabotage(
        EXISTS,
        "jitsi-spare-class",
        lambda p: p["metadata"].update(name="spare"),
        "reference-missing",
        "PriorityClass jitsi-spare",
    ),
    Sabotage(EXISTS, "jitsi-metrics-prometheus-volume", None, "reference-missing", "PersistentVolumeClaim prometheus"),
    Sabotage(EXISTS, S1, spec(lambda body: body.update(serviceName="jvb")), "reference-missing", "Service jvb"),
    Sabotage(EXISTS, "s1-bridges-headless", None, "reference-missing", "Service jvb-s1"),
    Sabotage(EXISTS, S0, lambda p: pods(p)["volumes"].pop(0), "reference-missing", "mounts run"),
    Sabotage(
        EXISTS, "s0-jicofo", volume("config", configMap={"name": "jicofo"}), "reference-missing", "ConfigMap jicofo"
    ),
    Sabotage(
        EXISTS,
        "jitsi-edge-haproxy",
        lambda p: _renamed_secret(p, "own-tls", "tls"),
        "reference-missing",
        "Secret tls",
        stack="daemonset",
    ),
    Sabotage(
        EXISTS,
        "jitsi-edge-certificate",
        lambda p: p["spec"].update(secretName="tls"),
        "reference-missing",
        "Secret haproxy-tls",
        stack="turn",
    ),
    Sabotage(
        EXISTS,
        "s1-bridges-own-pod-policy-binding",
        spec(lambda body: body.update(policyName="own-pod")),
        "reference-missing",
        "ValidatingAdmissionPolicy own-pod",
    ),
    Sabotage(
        EXISTS,
        "s0-bridges-own-pod-binding",
        lambda p: p["subjects"][0].update(name="jvb"),
        "reference-missing",
        "ServiceAccount jvb",
    ),
    Sabotage(
        EXISTS,
        "jitsi-metrics-api",
        spec(lambda body: body["service"].update(name="adapter")),
        "reference-missing",
        "Service adapter",
    ),
    Sabotage(
        OWN,
        S1,
        volume("scripts", configMap={"name": "jvb-s0"}),
        "reference-of-another",
        "jvb of s1 uses ConfigMap jvb-s0",
    ),
    Sabotage(OWN, S0, secret_key("JVB_AUTH_PASSWORD", name="shard-s1"), "reference-of-another", "Secret shard-s1"),
    Sabotage(
        OWN,
        S0,
        lambda p: pods(p).update(serviceAccountName="prometheus"),
        "reference-of-another",
        "ServiceAccount prometheus",
    ),
    Sabotage(
        OWN, "s1-jicofo", volume("config", configMap={"name": "jicofo-s0"}), "reference-of-another", "jicofo of s0"
    ),
    Sabotage(OWN, S1, lambda p: pods(p).update(serviceAccountName="jvb-s0"), "reference-of-another", "jvb of s0"),
    # host names
    Sabotage(
        HOSTS,
        S0,
        variable("XMPP_SERVER", value="prosody-s1.jitsi.svc.cluster.local"),
        "host-unknown",
        "rooms of another shard",
    ),
    Sabotage(
        HOSTS,
        S1,
        variable("XMPP_SERVER", value="prosody-s2.jitsi.svc.cluster.local"),
        "host-unknown",
        "prosody-s2.jitsi.svc.cluster.local is no Service",
    ),
    Sabotage(
        HOSTS, "s0-web", lambda p: _replaced(p, ":5280", ":5281"), "host-unknown", "has no port 5281, but 5222, 5280"
    ),
    Sabotage(HOSTS, "s1-prosody-service", spec(lambda body: body["ports"].pop(0)), "host-unknown", "has no port 5222"),
    Sabotage(HOSTS, "s0-jicofo-service", None, "host-unknown", "jicofo-s0.jitsi.svc.cluster.local:8888 is no Service"),
    Sabotage(
        HOSTS,
        "s0-jicofo",
        variable("XMPP_SERVER", value="prosody-s0.default.svc.cluster.local"),
        "host-unknown",
        "prosody-s0.default",
    ),
    Sabotage(
        HOSTS,
        "s0-jicofo",
        variable("XMPP_SERVER", value="prosody-s0.jitsi.svc.cluster.local"),
        "host-unknown",
        "the cluster's DNS domain is corp.internal",
        "turn-elsewhere",
    ),
    Sabotage(
        "Bridges log in at the prosody of their shard.",
        S1,
        variable("XMPP_SERVER", value="localhost"),
        "log-in-elsewhere",
        "never at prosody of s1",
    ),
    Sabotage(
        "Bridges log in at the prosody of their shard.",
        S0,
        lambda p: container(p)["env"].remove(
            next(each for each in container(p)["env"] if each["name"] == "XMPP_SERVER")
        ),
        "log-in-elsewhere",
        "no host",
    ),
    Sabotage(
        OWNED, S0, spec(lambda body: body["selector"]["matchLabels"].pop(INSTANCE)), "selectors-overlap", "perhaps more"
    ),
    Sabotage(SERVES, "jitsi-edge-service", match(instance=None), "selects-other-pods", "those of other parts"),
    Sabotage(
        "Parts of a shard share one XMPP domain.",
        "s1-jicofo",
        variable("XMPP_AUTH_DOMAIN", value="auth.meet.example.org"),
        "log-in-refused",
        "not auth.meet.jitsi",
    ),
    Sabotage(
        "Gateways serve every shard.",
        "jitsi-gateway-jigasi",
        variable("XMPP_SERVER", value="prosody-s0.jitsi.svc.cluster.local:5222:s0"),
        "log-in-elsewhere",
        "never at prosody of s1",
        stack="options",
    ),
]


def _relabelled(properties: dict[str, Any], instance: str) -> None:
    for metadata in (
        properties.get("metadata") or {},
        (properties.get("spec") or {}).get("template", {}).get("metadata", {}),
    ):
        if "labels" in metadata:
            metadata["labels"][INSTANCE] = instance


def _renamed_secret(properties: dict[str, Any], name: str, other: str) -> None:
    for each in pods(properties)["volumes"]:
        for source in (each, *each.get("projected", {}).get("sources", [])):
            secret = source.get("secret", {})
            for key in ("secretName", "name"):
                if secret.get(key) == name:
                    secret[key] = other


def _replaced(properties: dict[str, Any], old: str, new: str) -> None:
    for each in container(properties)["env"]:
        if old in str(each.get("value")):
            each["value"] = each["value"].replace(old, new)
