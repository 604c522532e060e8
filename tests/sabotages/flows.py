"""Sabotages of who may talk to whom."""

from collections.abc import Callable
from typing import Any

from plan.recorder import Resource
from sabotages import Sabotage, resource

Rules = list[dict[str, Any]]


def ingress(change: Callable[[Rules], object]) -> Callable[[dict[str, Any]], object]:
    """Change the ingress rules of a policy."""
    return lambda properties: change(properties["spec"]["ingress"])


def egress(change: Callable[[Rules], object]) -> Callable[[dict[str, Any]], object]:
    """Change the egress rules of a policy."""
    return lambda properties: change(properties["spec"]["egress"])


def admit(**rule: Any) -> Callable[[dict[str, Any]], object]:
    """Add an ingress rule; `peers` are its sources."""
    peers = {"from": rule["peers"]} if "peers" in rule else {}
    return ingress(lambda rules: rules.append({**peers, "ports": [{"protocol": "TCP", "port": rule["port"]}]}))


def pods(**labels: str) -> dict[str, Any]:
    """Peer: pods with `name` and perhaps `instance`."""
    return {"podSelector": {"matchLabels": {f"app.kubernetes.io/{key}": value for key, value in labels.items()}}}


def policy(name: str, **spec: Any) -> tuple[Resource, ...]:
    """One more NetworkPolicy in the stack's namespace."""
    return (
        resource(
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            name,
            {"metadata": {"name": name, "namespace": "jitsi"}, "spec": {"podSelector": {}, **spec}},
        ),
    )


REST = "A bridge's REST interface (8080, no login, can shut the bridge down) is for the metrics reader only."
MEDIA = "Clients everywhere reach a bridge's UDP port."
XMPP = "Prosody's client port is for the shard's own bridges, jicofo and recorders."
PAGES = "Only HAProxy reaches web."
DENIED = "Every pod admits its peers and nobody else."
SOLVED = "HAProxy reaches cert-manager's solver."
LEAVING = "A removed shard or part carries its calls to their end."
CONFINED = "Pods send to what they need, and to nothing else."
EGRESS = "Pods that are not TURN servers send where they need to."
THROUGH_TURN = "Through the TURN server, a client reaches bridges and nothing else."
S0, S1, COTURN = "s0-jvb-policy", "s1-jvb-policy", "jitsi-turn-network-policy"
COTURN_UDP = "jitsi-turn-udp-network-policy"
DENY = "jitsi-default-deny"
EVERYWHERE = {"namespaceSelector": {}}

SABOTAGES: list[Sabotage] = [
    # the bridges' REST interface
    Sabotage(
        REST, S0, ingress(lambda rules: rules[1].pop("from")), "flow-open", "anywhere may send to TCP 8080 of jvb of s0"
    ),
    Sabotage(
        REST,
        S1,
        ingress(lambda rules: rules[1].update({"from": [EVERYWHERE]})),
        "flow-open",
        "any pod of the cluster may send to TCP 8080 of jvb of s1",
    ),
    Sabotage(REST, S1, ingress(lambda rules: rules[1].update({"from": []})), "flow-open", "shutdown without login"),
    Sabotage(
        REST,
        S0,
        ingress(lambda rules: rules[0]["ports"].append({"protocol": "TCP", "port": 8080})),
        "flow-open",
        "TCP 8080",
    ),
    Sabotage(
        REST,
        S1,
        ingress(lambda rules: rules[1]["from"].append({"podSelector": {}})),
        "flow-open",
        "any pod of the namespace",
    ),
    Sabotage(REST, S0, admit(port=8080, peers=[{"ipBlock": {"cidr": "203.0.113.0/24"}}]), "flow-open", "TCP 8080"),
    Sabotage(REST, S1, admit(port="rest"), "flow-open", "TCP 8080"),
    Sabotage(REST, S0, ingress(lambda rules: rules[0].pop("ports")), "flow-open", "every TCP port"),
    Sabotage(
        "The metrics reader reaches every bridge.",
        S1,
        ingress(lambda rules: rules.pop(1)),
        "flow-closed",
        "prometheus may not send to TCP 8080 of jvb of s1",
    ),
    Sabotage(
        "The metrics reader reaches every bridge.",
        "s0-jvb-policy",
        ingress(
            lambda rules: rules[1]["from"][0]["podSelector"]["matchLabels"].update(
                {"app.kubernetes.io/name": "prometheus"}
            )
        ),
        "flow-closed",
        "kube-metrics-adapter",
        stack="scaling-schedules",
    ),
    # media
    Sabotage(
        MEDIA,
        S1,
        ingress(lambda rules: rules[0]["ports"][0].pop("endPort")),
        "flow-closed",
        "anywhere may not send to UDP 30401-30403 of jvb of s1",
    ),
    Sabotage(MEDIA, S1, ingress(lambda rules: rules[0]["ports"][0].update(endPort=30402)), "flow-closed", "UDP 30403"),
    Sabotage(
        MEDIA, S1, ingress(lambda rules: rules[0]["ports"][0].update(endPort=30500)), "flow-open", "UDP 30404-30500"
    ),
    Sabotage(MEDIA, S0, ingress(lambda rules: rules[0]["ports"][0].update(protocol="TCP")), "flow-closed", "UDP 10000"),
    Sabotage(MEDIA, S0, ingress(lambda rules: rules[0]["ports"][0].pop("protocol")), "flow-closed", "UDP 10000"),
    Sabotage(MEDIA, S0, ingress(lambda rules: rules.pop(0)), "flow-closed", "media, relays"),
    Sabotage(
        MEDIA,
        S1,
        ingress(lambda rules: rules[0].update({"from": [EVERYWHERE]})),
        "flow-closed",
        "anywhere may not send",
    ),
    Sabotage(
        MEDIA,
        S0,
        ingress(
            lambda rules: rules[0].update({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["203.0.113.0/24"]}}]})
        ),
        "flow-closed",
        "anywhere may not send",
    ),
    Sabotage(
        "Telephone providers reach every media port of a gateway.",
        "jitsi-gateway-jigasi-policy",
        ingress(lambda rules: rules[0]["ports"][0].update(endPort=20090)),
        "flow-closed",
        "UDP 20091-20099 of jigasi",
        stack="options",
    ),
    Sabotage(
        "A gateway's REST interface is for the kubelet only.",
        "jitsi-gateway-jigasi-policy",
        admit(port=8788),
        "flow-open",
        "TCP 8788 of jigasi",
        stack="options",
    ),
    # signalling
    Sabotage(
        XMPP,
        "s0-prosody-policy",
        ingress(lambda rules: rules[0].pop("from")),
        "flow-open",
        "anywhere may send to TCP 5222 of prosody of s0",
    ),
    Sabotage(
        XMPP,
        "s0-prosody-policy",
        ingress(lambda rules: rules[0]["from"].pop(0)),
        "flow-closed",
        "jvb of s0 may not send to TCP 5222",
    ),
    Sabotage(
        XMPP,
        "s1-prosody-policy",
        ingress(lambda rules: rules[0]["from"][0]["podSelector"]["matchLabels"].pop("app.kubernetes.io/instance")),
        "flow-open",
        "jvb of another shard",
    ),
    Sabotage(
        XMPP,
        "s1-prosody-policy",
        ingress(
            lambda rules: rules[0]["from"][0]["podSelector"]["matchLabels"].update({"app.kubernetes.io/instance": "s0"})
        ),
        "flow-closed",
        "jvb of s1 may not send",
    ),
    Sabotage(
        XMPP,
        "s0-prosody-policy",
        admit(port=5347),
        "flow-open",
        "TCP 5347 of prosody of s0, on which it does not listen",
    ),
    Sabotage(
        XMPP,
        "s1-prosody-policy",
        ingress(lambda rules: rules[0]["ports"][0].update(port=5223)),
        "flow-closed",
        "TCP 5222",
    ),
    Sabotage(
        "HAProxy reaches prosody and jicofo.",
        "s1-prosody-policy",
        ingress(lambda rules: rules[1]["from"].pop(0)),
        "flow-closed",
        "haproxy may not send to TCP 5280",
    ),
    Sabotage(
        "HAProxy reaches prosody and jicofo.",
        "s1-jicofo-policy",
        ingress(lambda rules: rules[0]["from"].pop(1)),
        "flow-closed",
        "haproxy may not send to TCP 8888",
    ),
    Sabotage(
        PAGES,
        "s0-web-policy",
        ingress(lambda rules: rules[0]["from"].append(pods(name="jvb"))),
        "flow-open",
        "jvb, jvb of another shard or stack may send to TCP 8000",
    ),
    Sabotage(
        PAGES,
        "s1-web-policy",
        ingress(
            lambda rules: rules[0]["from"][0]["podSelector"]["matchLabels"].update(
                {"app.kubernetes.io/name": "ha-proxy"}
            )
        ),
        "flow-closed",
        "haproxy may not send to TCP 8000",
    ),
    Sabotage(
        "Visitors' servers admit their shard's prosody.",
        "s0-visitors-policy",
        ingress(lambda rules: rules.pop(1)),
        "flow-closed",
        "prosody of s0 may not send to TCP 5269",
        stack="options",
    ),
    # the edge
    Sabotage(
        "Browsers reach HAProxy.",
        "jitsi-edge-network-policy",
        ingress(lambda rules: rules[0]["ports"].pop()),
        "flow-closed",
        "anywhere may not send to TCP 8443 of haproxy",
    ),
    Sabotage(
        "HAProxy's statistics are for pods of the cluster.",
        "jitsi-edge-network-policy",
        ingress(lambda rules: rules[2].pop("from")),
        "flow-open",
        "anywhere may send to TCP 8404",
    ),
    Sabotage(
        "Only HAProxy writes HAProxy's tables.",
        "jitsi-edge-network-policy",
        ingress(lambda rules: rules[1]["from"][0]["podSelector"]["matchLabels"].pop("app.kubernetes.io/name")),
        "flow-open",
        "TCP 10000 of haproxy",
    ),
    Sabotage(
        "HAProxies share their tables.",
        "jitsi-edge-network-policy",
        ingress(lambda rules: rules.pop(1)),
        "flow-closed",
        "stick tables",
    ),
    # default deny
    Sabotage(DENIED, DENY, None, "pods-without-policy", "selects jvb-spare of s0"),
    Sabotage(DENIED, DENY, None, "namespace-open", "a pod without a policy of its own admits anywhere"),
    Sabotage(DENIED, DENY, None, "namespace-open", "such a pod sends to anywhere"),
    Sabotage(
        DENIED, DENY, lambda p: p["spec"].update(policyTypes=["Ingress"]), "namespace-open", "such a pod sends to"
    ),
    Sabotage(DENIED, DENY, lambda p: p["spec"].pop("policyTypes"), "namespace-open", "such a pod sends to"),
    Sabotage(DENIED, DENY, lambda p: p["spec"].update(policyTypes=["Egress"]), "namespace-open", "of its own admits"),
    Sabotage(DENIED, DENY, lambda p: p["spec"].update(ingress=[{}]), "flow-open", "every UDP port of web of s1"),
    Sabotage(DENIED, DENY, lambda p: p["spec"].update(egress=[{}]), "egress-open", "web of s1 may send to"),
    Sabotage(DENIED, DENY, lambda p: p["metadata"].update(namespace="default"), "namespace-open", "in jitsi"),
    Sabotage(
        DENIED,
        DENY,
        lambda p: p["spec"].update(podSelector={"matchLabels": {"app.kubernetes.io/part-of": "jitsi"}}),
        "namespace-open",
        "nothing is denied by default",
    ),
    Sabotage(DENIED, "s1-prosody-policy", None, "flow-closed", "TCP 5222 of prosody of s1"),
    Sabotage(DENIED, S0, None, "flow-closed", "UDP 10000 of jvb of s0"),
    Sabotage(DENIED, S1, lambda p: p["spec"].update(policyTypes=["Egress"]), "flow-closed", "jvb of s1"),
    Sabotage(DENIED, S0, lambda p: p["metadata"].update(namespace="default"), "flow-closed", "jvb of s0"),
    Sabotage(
        DENIED,
        "s1-jicofo-policy",
        lambda p: p["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/instance": "s0"}),
        "flow-closed",
        "of jicofo of s1",
    ),
    Sabotage(
        DENIED,
        "",
        None,
        "flow-open",
        "anywhere may send to every TCP port, every UDP port of web of s1",
        adds=policy("open", ingress=[{}]),
    ),
    Sabotage(DENIED, S0, lambda p: p["spec"].pop("ingress"), "flow-closed", "jvb of s0"),
    Sabotage(
        "The API server reaches the metrics adapter.",
        "jitsi-prometheus-adapter-ingress",
        None,
        "flow-closed",
        "TCP 6443 of prometheus-adapter",
    ),
    Sabotage(
        "The API server reaches the metrics adapter, wherever it runs.",
        "jitsi-prometheus-adapter-ingress",
        ingress(lambda rules: rules[0].update({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}, EVERYWHERE]})),
        "flow-closed",
        "a node, such as that of the API server, may not send to TCP 6443",
    ),
    Sabotage(
        "Nothing else of the metrics adapter is open.",
        "jitsi-prometheus-adapter-ingress",
        ingress(lambda rules: rules[0].pop("ports")),
        "flow-open",
        "of prometheus-adapter, on which it does not listen",
    ),
    Sabotage(SOLVED, "jitsi-solver-ingress", None, "egress-closed", "cert-manager's solver", stack="turn"),
    Sabotage(
        SOLVED,
        "jitsi-haproxy-egress",
        egress(lambda rules: rules.pop()),
        "egress-closed",
        "TCP 8089",
        stack="turn",
    ),
    # pods whose policies are gone
    Sabotage(LEAVING, "jitsi-removed-shards", None, "removed-calls-cut", "if jvb of s0 is removed"),
    Sabotage(LEAVING, "jitsi-removed-parts", None, "removed-calls-cut", "if coturn is removed", stack="turn"),
    Sabotage(
        LEAVING,
        "jitsi-removed-shards",
        lambda p: p["spec"].update(policyTypes=["Ingress"]),
        "removed-calls-cut",
        "egress of every TCP port",
    ),
    Sabotage(
        "Pods of the stack have no policy that opens them.",
        "jitsi-removed-shards",
        lambda p: p["spec"]["podSelector"]["matchExpressions"][0]["values"].remove("s1"),
        "flow-open",
        "of jvb of s1",
    ),
    # egress
    Sabotage(
        EGRESS, "jitsi-jvb-s0-egress", None, "egress-closed", "jvb of s0 may not send to TCP 5222 of prosody of s0"
    ),
    Sabotage(
        EGRESS,
        "jitsi-jvb-s1-egress",
        egress(lambda rules: rules[1]["ports"].pop()),
        "egress-closed",
        "UDP 1-52, UDP 54-65535 of pods of the cluster",
    ),
    Sabotage(
        "Bridges reach the API server on a node.",
        "jitsi-jvb-s1-egress",
        egress(lambda rules: rules[1].update({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}, EVERYWHERE]})),
        "egress-closed",
        "of nodes, such as that of the API server",
    ),
    Sabotage(EGRESS, "jitsi-jicofo-s0-egress", egress(lambda rules: rules.pop(0)), "egress-closed", "TCP 53, UDP 53"),
    Sabotage(
        EGRESS,
        "jitsi-prometheus-egress",
        egress(lambda rules: rules.pop(2)),
        "egress-closed",
        "prometheus may not send to TCP 8080 of jvb of s0",
    ),
    Sabotage(
        "A speech service is reached at its port.",
        "jitsi-transcriber-egress",
        egress(lambda rules: rules[1]["ports"].pop()),
        "egress-closed",
        "TCP 2700",
        stack="options",
    ),
    Sabotage(
        "A Service of another namespace is reached, whatever port it leads to.",
        "jitsi-prometheus-adapter-egress",
        egress(lambda rules: rules[1]["ports"].__setitem__(0, {"protocol": "TCP", "port": 9090})),
        "egress-closed",
        "of pods of monitoring",
        stack="announced",
    ),
    Sabotage(
        "Pods without destinations send nothing.",
        "jitsi-jvb-s0-egress",
        lambda p: p["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "jvb-spare"}),
        "egress-open",
        "jvb-spare of s0 may send to",
    ),
    Sabotage(
        CONFINED,
        "jitsi-web-s0-egress",
        egress(lambda rules: rules[1].pop("to")),
        "egress-open",
        "web of s0 may send to TCP 5280 of anywhere",
    ),
    Sabotage(
        CONFINED,
        "jitsi-haproxy-egress",
        egress(lambda rules: rules.append({"to": [{"ipBlock": {"cidr": "169.254.42.42/32"}}]})),
        "egress-open",
        "haproxy may send to",
    ),
    Sabotage(
        CONFINED,
        "jitsi-jicofo-s1-egress",
        egress(lambda rules: rules[1]["to"][0]["podSelector"]["matchLabels"].pop("app.kubernetes.io/instance")),
        "egress-open",
        "TCP 5222 of prosody of s0",
    ),
    Sabotage(
        CONFINED,
        "",
        None,
        "egress-open",
        "grafana may send to",
        stack="daemonset",
        adds=policy("open", policyTypes=["Egress"], egress=[{"to": [EVERYWHERE]}]),
    ),
    Sabotage(
        EGRESS,
        COTURN,
        lambda p: p["spec"]["egress"].pop(0),
        "egress-closed",
        "coturn may not send to UDP 10000-10001 of jvb of s0",
        stack="turn",
    ),
    Sabotage(
        EGRESS,
        COTURN,
        lambda p: p["spec"]["egress"][1]["ports"][0].pop("endPort"),
        "egress-closed",
        "UDP 30401-30404 of jvb of s1",
        stack="turn",
    ),
    Sabotage(
        THROUGH_TURN,
        COTURN,
        lambda p: p["spec"].update(policyTypes=["Ingress"]),
        "egress-closed",
        "coturn may not send to UDP 10000-10001 of jvb of s0",
        stack="turn",
    ),
    Sabotage(
        THROUGH_TURN,
        COTURN,
        lambda p: p["spec"]["egress"][0].pop("ports"),
        "turn-reaches-others",
        "of jvb of s0",
        stack="turn",
    ),
    Sabotage(
        THROUGH_TURN,
        COTURN,
        lambda p: p["spec"]["egress"][1]["to"].append({"ipBlock": {"cidr": "0.0.0.0/0"}}),
        "turn-reaches-others",
        "of anywhere",
        stack="turn",
    ),
    Sabotage(
        THROUGH_TURN,
        COTURN_UDP,
        lambda p: p["spec"]["egress"].append({"to": [pods(name="prosody")]}),
        "turn-reaches-others",
        "prosody",
        stack="turn-udp",
    ),
    Sabotage(THROUGH_TURN, COTURN_UDP, None, "egress-closed", "coturn-udp may not send", stack="turn-udp"),
    Sabotage(
        "Bridges' media reaches the TURN server.",
        COTURN_UDP,
        ingress(lambda rules: rules[1]["ports"][0].pop("endPort")),
        "flow-closed",
        "UDP 49153-65535 of coturn-udp",
        stack="turn-udp",
    ),
    Sabotage(
        "TURN over UDP is for everybody.",
        COTURN_UDP,
        ingress(lambda rules: rules[0]["ports"][0].update(port=443)),
        "flow-closed",
        "UDP 3478 of coturn-udp",
        stack="turn-udp",
    ),
    Sabotage(
        "TURN behind the edge is for HAProxy only.",
        COTURN,
        ingress(lambda rules: rules[0].pop("from")),
        "flow-open",
        "TCP 3480 of coturn",
        stack="turn",
    ),
    Sabotage(
        THROUGH_TURN,
        COTURN_UDP,
        lambda p: p["spec"]["egress"][0]["to"][0]["podSelector"]["matchLabels"].pop("app.kubernetes.io/name"),
        "turn-reaches-others",
        "UDP 30300-30309 of jvb-spare of s0",
        stack="turn-udp",
    ),
]
