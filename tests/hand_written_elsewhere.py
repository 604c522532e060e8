"""Keys of existing clusters and private registries as people write them by hand, wrong, with what the message must say."""

from hand_written import Wrong

EXISTING = {"region": None, "cluster": {"kind": "existing"}}
PROMETHEUS = {"prometheus": "existing", "url": "https://prometheus.example.org"}
MIRROR = "registry.example.org/mirror"
LOGIN = {"server": "registry.example.org", "user": "robot"}
DIGEST = "sha256:" + "0" * 64


def existing(**keys):
    return {"region": None, "cluster": {"kind": "existing", **keys}}


def reads(**keys):
    return EXISTING | {"metrics": PROMETHEUS | keys}


def balanced(**keys):
    return EXISTING | {"ingress": keys}


def pulls(**keys):
    return {"images": {"mirror": MIRROR, **keys}}


def advertises(address):
    return EXISTING | {"bridges": {"publicAddress": address}}


BY_HAND_ELSEWHERE: dict[str, list[Wrong]] = {
    "cluster.domain": [
        (existing(domain="cluster.local."), "did you mean cluster.local?"),
        (existing(domain="svc.k8s.lan"), "did you mean k8s.lan?"),
        (existing(domain="K8S.lan"), "did you mean k8s.lan?"),
        (existing(domain=["k8s.lan"]), "write one value, without brackets"),
        (existing(dnsDomain="k8s.lan"), "use cluster.domain"),
        (EXISTING | {"clusterDomain": "k8s.lan"}, "use cluster.domain"),
        ({"cluster": {"domain": "k8s.lan"}}, "Kapsule's DNS domain is cluster.local; remove domain"),
    ],
    "cluster.podRange": [
        (existing(podRange="10.244.0.0"), "write the range, such as 10.244.0.0/16"),
        (existing(podRange="10.244.0.1/16"), "has host bits set"),
        (existing(podRange=["10.244.0.0/16"]), "write one value, without brackets"),
        (existing(podCIDR="10.244.0.0/16"), "use cluster.podRange"),
        (existing(podRanges="10.244.0.0/16"), "did you mean podRange?"),
        ({"cluster": {"podRange": "10.244.0.0/16"}}, "remove podRange"),
    ],
    "cluster.nodeTypes": [
        ({"cluster": {"nodeTypes": {"NEW1-S": {"cpu": "4", "memory": 8}}}}, "without quotes, unit or fraction"),
        ({"cluster": {"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": "8Gi"}}}}, "without quotes, unit or fraction"),
        ({"cluster": {"nodeTypes": {"NEW1-S": {"cpu": 4}}}}, "memory: required"),
        ({"cluster": {"nodeTypes": ["NEW1-S"]}}, "write {NAME: {cpu: "),
        ({"cluster": {"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": 8, "ram": 8}}}}, "cpu, memory, price"),
        ({"cluster": {"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": 8, "price": "0.1 EUR"}}}}, "without quotes or unit"),
        ({"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": 8}}}, "did you mean cluster.nodeTypes?"),
        ({"cluster": {"nodeType": {"NEW1-S": {"cpu": 4, "memory": 8}}}}, "did you mean nodeTypes?"),
    ],
    "cluster.controlPlane": [
        ({"cluster": {"controlPlane": "kapsule-dedicated-32"}}, "did you mean kapsule-dedicated-"),
        ({"cluster": {"controlPlane": "dedicated-8"}}, "did you mean kapsule-dedicated-8?"),
        ({"cluster": {"controlPlane": {"type": "kapsule"}}}, "did you mean kapsule?"),
        ({"cluster": {"type": "kapsule-dedicated-8"}}, "unknown key here"),
        ({"controlPlane": "kapsule"}, "did you mean cluster.controlPlane?"),
    ],
    "cluster.allowedIps": [
        ({"cluster": {"allowedIps": ["0.0.0.0"]}}, "write 0.0.0.0/0"),
        ({"cluster": {"allowedIps": "203.0.113.0/24"}}, "did you mean [203.0.113.0/24]?"),
        ({"cluster": {"allowedIps": []}}, "at least 1 entry is needed"),
        ({"cluster": {"allowedIPs": ["203.0.113.0/24"]}}, "did you mean allowedIps?"),
        ({"cluster": {"allowedIps": ["office.example.org"]}}, "an address range such as"),
    ],
    "metrics.adapter": [
        (EXISTING | {"metrics": {"adapter": "keda"}}, "'prometheus', 'kubeMetrics' or 'existing'"),
        (EXISTING | {"metrics": {"adapter": "Existing"}}, "did you mean existing?"),
        (EXISTING | {"metrics": {"adapter": False}}, "choose one of them"),
        (EXISTING | {"metrics": {"adapter": ["existing"]}}, "did you mean existing?"),
        (EXISTING | {"metrics": {"customMetrics": "existing"}}, "use metrics.adapter"),
        (EXISTING | {"adapter": "existing"}, "did you mean metrics.adapter?"),
        (EXISTING | {"bridges": {"scaling": {"adapter": "existing"}}}, "did you mean metrics.adapter?"),
    ],
    "metrics.tenant": [
        (reads(tenant="a b"), "a tenant is letters, digits"),
        (reads(tenant=5), "put it in quotes"),
        (reads(tenants="school"), "did you mean tenant?"),
        (reads(orgId="school"), "use metrics.tenant"),
        (reads(headers={"X-Scope-OrgID": "school"}), "use metrics.tenant"),
        (EXISTING | {"metrics": {"tenant": "school"}}, "set prometheus: existing and url"),
    ],
    "metrics.tokenSecret": [
        (reads(tokenSecret="monitoring/token"), "a name is lower-case letters"),
        (reads(tokenSecret={"name": "token", "key": "token"}), "write one value, without brackets"),
        (reads(bearerToken="abc"), "use metrics.tokenSecret"),
        (reads(basicAuth={"username": "me"}), "metrics.tokenSecret is a bearer token"),
        (EXISTING | {"metrics": {"tokenSecret": "t"}}, "set prometheus: existing and url"),
        (EXISTING | {"tokenSecret": "t"}, "did you mean metrics.tokenSecret?"),
    ],
    "metrics.caSecret": [
        (reads(ca="prometheus-ca"), "did you mean caSecret?"),
        (reads(caSecret="-----BEGIN CERTIFICATE-----"), "a name is lower-case letters"),
        (reads(caCert="prometheus-ca"), "use metrics.caSecret"),
        (reads(insecureSkipVerify=True), "no other login is sent"),
        (EXISTING | {"metrics": PROMETHEUS | {"url": "http://p:9090", "caSecret": "ca"}}, "write https:// in url"),
    ],
    "metrics.url": [
        (reads(url="https://prometheus.example.org/api/v1"), "write https://prometheus.example.org"),
        (reads(url="https://prometheus.example.org/graph"), "write https://prometheus.example.org"),
        (reads(url="prometheus.example.org"), "begins with http:// or https://"),
        (reads(url=["https://prometheus.example.org"]), "write one value, without brackets"),
        (EXISTING | {"metrics": {"url": "https://prometheus.example.org"}}, "set prometheus: existing"),
    ],
    "ingress.annotations": [
        (balanced(annotations=["a: b"]), "write {key: value}"),
        (balanced(annotations="a=b"), "write {key: value}"),
        (balanced(annotations={"a": True}), "put it in quotes"),
        (balanced(annotations={"a b": "x"}), "letters, digits, dashes, underscores and dots"),
        (balanced(annotation={"a": "b"}), "did you mean annotations?"),
        (EXISTING | {"annotations": {"a": "b"}}, "did you mean ingress.annotations?"),
        (balanced(ingressClassName="nginx"), "no Ingress is used"),
        (balanced(loadBalancerIP="203.0.113.7"), "use ingress.annotations"),
        (
            {"ingress": {"annotations": {"service.beta.kubernetes.io/scw-loadbalancer-zone": "fr-par-2"}}},
            "ingress.zones for the zone",
        ),
    ],
    "ingress.proxyProtocol": [
        (balanced(proxyProtocol="v2"), "write true or false, without quotes"),
        (balanced(proxyProtocol=2), "write true or false, without quotes"),
        (balanced(proxy=True), "did you mean proxyProtocol?"),
        (balanced(proxyProtocolV2=True), "did you mean proxyProtocol?"),
        (EXISTING | {"proxyProtocol": True}, "did you mean ingress.proxyProtocol?"),
        ({"ingress": {"proxyProtocol": True}}, "Scaleway's load balancer sends it in any case; remove"),
    ],
    "images.mirror": [
        ({"images": {"mirror": "https://registry.example.org"}}, "without https://"),
        ({"images": {"mirror": {"host": "registry.example.org"}}}, "write one value, without brackets"),
        ({"images": {"mirrors": MIRROR}}, "did you mean mirror?"),
        ({"images": {"imageRegistry": MIRROR}}, "use images.mirror"),
        ({"mirror": MIRROR}, "did you mean images.mirror?"),
    ],
    "images.pullSecret": [
        (pulls(pullSecret=["registry"]), "write one value, without brackets"),
        (pulls(pullSecret={"name": "registry"}), "write one value, without brackets"),
        (pulls(pullSecret="jitsi/registry"), "a name is lower-case letters"),
        (
            pulls(imagePullSecrets=[{"name": "registry"}]),
            "use images.pullSecret, the name of one Secret, or images.login",
        ),
        (EXISTING | {"imagePullSecrets": ["registry"]}, "use images.pullSecret"),
        ({"pullSecret": "registry"}, "did you mean images.pullSecret?"),
        (pulls(pullSecret="registry", login=LOGIN), "remove pullSecret or login"),
    ],
    "images.login": [
        (pulls(login=LOGIN | {"password": "hunter2"}), "pulumi config set --secret jitsi:registryPassword"),
        (pulls(registryPassword="hunter2"), "pulumi config set --secret jitsi:registryPassword"),
        (pulls(login="robot"), "write {server: robot, user: "),
        (pulls(login=[LOGIN]), "write {server: "),
        (pulls(login=LOGIN | {"server": "https://registry.example.org"}), "host without a path, such as ghcr.io"),
        (pulls(login=LOGIN | {"server": "other.example.org"}), "no image comes from other.example.org"),
        (pulls(login=LOGIN | {"username": "robot"}), "did you mean user?"),
        (pulls(imageCredentials=LOGIN), "use images.login"),
        ({"login": LOGIN}, "did you mean images.login?"),
        (
            pulls(login=LOGIN) | {"ingress": {"tls": {"certManager": "install"}}},
            "use pullSecret and make the Secret in both",
        ),
    ],
    "images.digests": [
        (pulls(digests=[DIGEST]), "write {key: value}"),
        (pulls(digests={"jvb": "0" * 64}), "a digest is sha256:"),
        (pulls(digests={"coturn": DIGEST}), "the other images take a digest after their tags"),
        (pulls(digest={"jvb": DIGEST}), "did you mean digests?"),
        (pulls(jvb="registry.example.org/jvb:1", digests={"jvb": DIGEST}), "remove one of them"),
        (pulls(tag=f"stable-11146-2@{DIGEST}"), "write its digest in images.digests"),
    ],
    "bridges.publicAddress": [
        (advertises("203.0.113.7"), "did you mean [203.0.113.7]?"),
        (advertises("Internal"), "did you mean internal?"),
        (advertises(["stun"]), "stun stands alone, without a list"),
        (advertises(["internal", "meet.example.org"]), "an IP address such as 203.0.113.7"),
        (advertises(["internal", "internal"]), "name each address once"),
        (EXISTING | {"bridges": {"advertiseIps": ["203.0.113.7"]}}, "use bridges.publicAddress"),
        (EXISTING | {"publicAddress": "stun"}, "did you mean bridges.publicAddress?"),
        ({"env": {"jvb": {"DOCKER_HOST_ADDRESS": "203.0.113.7"}}}, "use bridges.publicAddress"),
    ],
    "domain": [
        ({"domain": "https://meet.school.eu/"}, "did you mean meet.school.eu?"),
        ({"domain": "meet.school.eu:8443"}, "did you mean meet.school.eu?"),
        ({"domain": "meet.schöl.eu"}, "did you mean meet.xn--schl-7qa.eu?"),
        ({"domain": "Meet.School.eu"}, "did you mean meet.school.eu?"),
        ({"domain": "meet.school.eu."}, "did you mean meet.school.eu?"),
        ({"domain": "203.0.113.7"}, "such as meet.example.org"),
    ],
    "env": [
        ({"env": {"AMPLITUDE_ID": "x"}}, "write it below env.web"),
        ({"AMPLITUDE_ID": "x"}, "write it below env.web"),
        ({"ENABLE_P2P": True}, "use meetings.p2p"),
        ({"env": {"TZ": "Europe/Paris"}}, "all logs are in UTC"),
        ({"env": {"jvb": {"VIDEOBRIDGE_MAX_MEMORY": "4096m"}}}, "use bridges.resources"),
        ({"env": {"jvb": {"JVB_REQUIRE_VALID_ADDRESS": False}}}, "use bridges.publicAddress"),
    ],
}
"""As `BY_HAND`."""
