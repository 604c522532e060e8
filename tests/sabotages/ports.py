"""Sabotages of ports: from the plan through firewall, Service and pod to what bridges, gateways and relays listen on."""

from collections.abc import Callable
from typing import Any

from sabotages import Sabotage, container, pods

Patch = Callable[[dict[str, Any]], object]
S0, S1 = "s0-bridges-host-port-0", "s1-bridges-node-port"
MEDIA = "s1-bridges-media-0"
FIREWALL = "A firewall opens exactly the ports on which its nodes receive media."
PLAN = "Bridges are reached at the ports of the plan."
LISTENS = "A bridge listens on the port that it advertises, and by which it is reached."
SERVICE = "Each bridge behind NodePorts has a Service that brings its clients to it."
ADDRESS = "A bridge advertises the address that the stack file says."
RELAYS = "Bridges of a shard relay meetings to each other."
NAMES = "Services, probes and monitors name ports on which pods listen."
ONCE = "A port of a node is used once."
GATEWAY = "A gateway's media ports are open on its node, and no others."
TURN = "coturn listens where the edge, its nodes and browsers look for it."
POOL = "Nodes for media are reserved, public and behind a firewall of their own."


def service(**keys: Any) -> Patch:
    """Set fields of a Service's spec."""
    return lambda properties: properties["spec"].update(keys)


def port(**keys: Any) -> Patch:
    """Set fields of a Service's first port."""
    return lambda properties: properties["spec"]["ports"][0].update(keys)


def declared(name: str, /, **keys: Any) -> Patch:
    """Set fields of a port of the first container."""
    return lambda properties: next(each for each in container(properties)["ports"] if each["name"] == name).update(keys)


def variable(name: str, value: Any = None) -> Patch:
    """Set a variable of the first container; None removes it."""

    def change(properties: dict[str, Any]) -> None:
        box = container(properties)
        box["env"] = [each for each in box["env"] if each["name"] != name]
        if value is not None:
            box["env"].append({"name": name, **(value if isinstance(value, dict) else {"value": value})})

    return change


def advertise(change: Callable[[dict[str, Any]], object]) -> Patch:
    """Change the init container that finds out what a bridge advertises."""
    return lambda properties: change(
        next(each for each in pods(properties)["initContainers"] if each["name"] == "advertise")
    )


def told(name: str, value: Any = None) -> Patch:
    """Set a variable of that init container; None removes it."""

    def change(box: dict[str, Any]) -> None:
        box["env"] = [each for each in box["env"] if each["name"] != name]
        if value is not None:
            box["env"].append({"name": name, **(value if isinstance(value, dict) else {"value": value})})

    return advertise(change)


def inbound(change: Callable[[list[dict[str, Any]]], object]) -> Patch:
    """Change the inbound rules of a firewall."""
    return lambda properties: change(properties["inboundRules"])


def probe(kind: str, name: Any) -> Patch:
    """Let a probe of the first container ask another port."""
    return lambda properties: next(
        iter(check for check in container(properties)[kind].values() if isinstance(check, dict))
    ).update(port=name)


def field(path: str) -> dict[str, Any]:
    """Value of a variable from a field of the pod."""
    return {"valueFrom": {"fieldRef": {"fieldPath": path}}}


def drop(**keys: Any) -> dict[str, Any]:
    """A rule that drops UDP from a few addresses."""
    return {"action": "drop", "protocol": "UDP", "ipRange": "203.0.113.0/24", **keys}


def shifted(properties: dict[str, Any]) -> None:
    """Move all ports of a Service by one."""
    for each in properties["spec"]["ports"]:
        for key in ("nodePort", "port", "targetPort"):
            each[key] += 1


SABOTAGES: list[Sabotage] = [
    # firewalls
    Sabotage(
        FIREWALL,
        "scaleway-s0-firewall",
        inbound(lambda rules: rules[0].update(port=10001)),
        "bridge-port-closed",
        "UDP 10000, advertised by bridges of s0",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s0-firewall",
        inbound(lambda rules: rules[0].update(protocol="TCP")),
        "bridge-port-closed",
        "UDP 10000",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s1-firewall",
        inbound(lambda rules: rules[1].update(portRange="30400-30402")),
        "bridge-port-closed",
        "UDP 30403, advertised by bridges of s1, is not allowed from ::/0",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s1-firewall",
        inbound(lambda rules: rules.insert(0, drop(portRange="30401-30402"))),
        "bridge-port-closed",
        "UDP 30401-30402",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s1-firewall",
        inbound(lambda rules: rules[0].update(ipRange="10.0.0.0/8")),
        "bridge-port-closed",
        "from 0.0.0.0/0",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s0-firewall",
        inbound(lambda rules: rules[0].update(protocol="ANY")),
        "firewall-opens-more",
        "ANY 10000",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s1-firewall",
        inbound(lambda rules: rules[0].update(portRange="30000-32767")),
        "firewall-opens-more",
        "UDP 30000-30399, UDP 30404-32767",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-s1-firewall",
        inbound(
            lambda rules: rules.append({"action": "accept", "protocol": "TCP", "port": 22, "ipRange": "203.0.113.7/32"})
        ),
        "firewall-opens-more",
        "TCP 22 is open from 203.0.113.7/32",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-gateways-firewall",
        inbound(lambda rules: rules[0].update(portRange="20000-20098")),
        "bridge-port-closed",
        "UDP 20099, advertised by jigasi",
        stack="options",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-gateways-firewall",
        inbound(lambda rules: rules.append({"action": "accept", "protocol": "UDP", "port": 5060, "ipRange": "::/0"})),
        "firewall-opens-more",
        "UDP 5060",
        stack="options",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-relays-firewall",
        inbound(lambda rules: rules[1].update(port=3478)),
        "bridge-port-closed",
        "UDP 443, advertised by coturn-udp, is not allowed from ::/0",
        stack="turn-udp",
    ),
    Sabotage(
        FIREWALL,
        "scaleway-relays-firewall",
        inbound(lambda rules: rules[0].update(protocol="TCP")),
        "firewall-opens-more",
        "TCP 443",
        stack="turn-udp",
    ),
    Sabotage(
        "Nodes receive answers to what they send.",
        "scaleway-s0-firewall",
        lambda p: p.update(stateful=False),
        "firewall-stops-replies",
        "stateful is false",
    ),
    Sabotage(
        "Nodes receive answers to what they send.",
        "scaleway-s1-firewall",
        lambda p: p.update(outboundDefaultPolicy="drop"),
        "firewall-stops-replies",
        "outboundDefaultPolicy is drop",
    ),
    # pools
    Sabotage(
        POOL,
        "scaleway-s1-pool",
        lambda p: p.pop("securityGroupId"),
        "bridge-pool-without-firewall",
        "the pool of bridges of s1",
    ),
    Sabotage(
        POOL,
        "scaleway-gateways-pool",
        lambda p: p.pop("securityGroupId"),
        "bridge-pool-without-firewall",
        "the pool of jigasi",
        stack="options",
    ),
    Sabotage(
        POOL,
        "scaleway-s0-pool",
        lambda p: p.update(zone="fr-par-2"),
        "firewall-of-another",
        "is of zone fr-par-1, and the pool of fr-par-2",
    ),
    Sabotage(
        POOL,
        "scaleway-s?-pool",
        lambda p: p.update(securityGroupId="fr-par-1/00000000-0000-4000-8000-000000000000"),
        "firewall-of-another",
        "is also that of scaleway-s0-pool",
    ),
    Sabotage(
        POOL,
        "scaleway-relays-pool-1",
        lambda p: p.update(publicIpDisabled=True),
        "bridge-pool-without-addresses",
        "nodes of coturn-udp",
        stack="turn-udp",
    ),
    Sabotage(POOL, "scaleway-s0-pool", lambda p: p.pop("taints"), "pool-not-reserved", "take the room"),
    Sabotage(POOL, "scaleway-s1-pool", lambda p: p["taints"][0].update(value="s0"), "pool-not-reserved", "s1"),
    Sabotage(
        POOL,
        "scaleway-s1-pool",
        lambda p: p["taints"][0].update(effect="PreferNoSchedule"),
        "pool-not-reserved",
        "none",
    ),
    Sabotage(
        "Parts without a pool of their own find nodes.",
        "scaleway-kapsule-system",
        lambda p: p.update(taints=[{"key": "jitsi.org/role", "value": "system", "effect": "NoSchedule"}]),
        "pool-not-reserved",
        "stay Pending",
    ),
    # plan
    Sabotage(PLAN, S0, declared("media", hostPort=10005), "bridge-port-beside-plan", "UDP 10005 is open"),
    Sabotage(
        PLAN,
        S0,
        lambda p: (declared("media", hostPort=10010, containerPort=10010)(p), told("FIRST_PORT", "10010")(p)),
        "bridge-port-beside-plan",
        "UDP 10000 of the port plan",
    ),
    Sabotage(
        PLAN, "s1-bridges-media-3", None, "bridge-port-beside-plan", "UDP 30403 of the port plan is open on no bridge"
    ),
    Sabotage(PLAN, "s1-bridges-media-*", shifted, "bridge-port-beside-plan", "UDP 30404 is open"),
    Sabotage(
        PLAN,
        "s1-bridges-media-1",
        lambda p: p["spec"]["selector"].update({"statefulset.kubernetes.io/pod-name": "jvb-s1-2"}),
        "bridge-port-beside-plan",
        "UDP 30401 is bridge 1's, and reaches bridge 2",
    ),
    # what the bridge listens on
    Sabotage(
        LISTENS,
        S0,
        declared("media", containerPort=10001),
        "bridge-listens-elsewhere",
        "advertises 10000, but containerPort is 10001",
    ),
    Sabotage(
        LISTENS, S0, declared("media", protocol="TCP"), "bridge-listens-elsewhere", "its pod has 0 UDP host ports"
    ),
    Sabotage(LISTENS, S0, lambda p: container(p)["ports"].pop(), "bridge-listens-elsewhere", "0 UDP host ports"),
    Sabotage(
        LISTENS,
        S0,
        told("FIRST_PORT", "10001"),
        "bridge-listens-elsewhere",
        "advertises 10001, but hostPort is 10000, containerPort is 10000",
    ),
    Sabotage(LISTENS, S0, told("ORDINAL", "1"), "bridge-listens-elsewhere", "ORDINAL is set"),
    Sabotage(LISTENS, S1, told("ORDINAL"), "bridge-listens-elsewhere", "every bridge advertises 30400"),
    Sabotage(
        LISTENS, S1, told("ORDINAL", field("metadata.name")), "bridge-listens-elsewhere", "comes from metadata.name"
    ),
    Sabotage(LISTENS, S1, told("FIRST_PORT"), "bridge-listens-elsewhere", "FIRST_PORT is not set"),
    Sabotage(LISTENS, S1, told("FIRST_PORT", "30300"), "bridge-service-differs", "listens on UDP 30300"),
    Sabotage(
        LISTENS, S1, lambda p: container(p).update(command=["/init"]), "bridge-listens-elsewhere", "without /bridge/env"
    ),
    Sabotage(
        LISTENS,
        S0,
        advertise(lambda box: box.update(command=["/bin/true"])),
        "bridge-listens-elsewhere",
        "no init container runs",
    ),
    Sabotage(
        LISTENS,
        S0,
        advertise(lambda box: box["volumeMounts"][0].update(name="tmp")),
        "bridge-listens-elsewhere",
        "do not share the volume",
    ),
    Sabotage(
        LISTENS,
        "s0-bridges-config",
        lambda p: p["data"].update(
            {"custom-jvb.conf": p["data"]["custom-jvb.conf"] + "videobridge.ice.udp.port = 10007\n"}
        ),
        "bridge-listens-elsewhere",
        "replaces JVB_PORT",
    ),
    # the Services of bridges
    Sabotage(
        SERVICE,
        MEDIA,
        service(externalTrafficPolicy="Cluster"),
        "bridge-service-differs",
        "externalTrafficPolicy: is Cluster",
    ),
    Sabotage(
        SERVICE,
        MEDIA,
        lambda p: p["spec"].pop("externalTrafficPolicy"),
        "bridge-service-differs",
        "is not set, not Local",
    ),
    Sabotage(SERVICE, MEDIA, service(publishNotReadyAddresses=False), "bridge-service-differs", "a bridge that drains"),
    Sabotage(
        SERVICE,
        MEDIA,
        lambda p: p["spec"].pop("publishNotReadyAddresses"),
        "bridge-service-differs",
        "publishNotReadyAddresses: is not set",
    ),
    Sabotage(SERVICE, MEDIA, service(type="ClusterIP"), "bridge-service-differs", "type: is ClusterIP"),
    Sabotage(SERVICE, MEDIA, service(type="LoadBalancer"), "bridge-service-differs", "no port of a node"),
    Sabotage(SERVICE, MEDIA, port(nodePort=30409), "bridge-service-differs", "nodePort 30409"),
    Sabotage(
        SERVICE,
        MEDIA,
        port(targetPort=10000),
        "bridge-service-differs",
        "targetPort 10000, and the bridge advertises and listens on UDP 30400",
    ),
    Sabotage(SERVICE, MEDIA, port(port=10000), "bridge-service-differs", "port 10000"),
    Sabotage(SERVICE, MEDIA, port(protocol="TCP"), "bridge-service-differs", "protocol TCP"),
    Sabotage(
        SERVICE, MEDIA, lambda p: p["spec"]["ports"][0].pop("nodePort"), "bridge-service-differs", "nodePort nothing"
    ),
    Sabotage(
        SERVICE,
        MEDIA,
        lambda p: p["spec"]["ports"].append({"port": 8080, "targetPort": 8080, "nodePort": 30480, "protocol": "TCP"}),
        "bridge-service-differs",
        "has 2 ports",
    ),
    Sabotage(SERVICE, "s1-bridges-media-3", None, "bridge-service-differs", "bridge 3 (jvb-s1-3) has no Service"),
    Sabotage(
        SERVICE,
        "s1-bridges-node-port-autoscaler",
        service(maxReplicas=5),
        "bridge-service-differs",
        "bridge 4 (jvb-s1-4) has no Service that carries UDP 30404",
    ),
    # addresses and relays
    Sabotage(ADDRESS, S0, told("ADDRESS_FROM", "stun"), "bridge-address-unknown", "ADDRESS_FROM is stun, not node"),
    Sabotage(
        ADDRESS, S1, told("NODE_NAME", field("metadata.name")), "bridge-address-unknown", "NODE_NAME is metadata.name"
    ),
    Sabotage(ADDRESS, S1, variable("JVB_DISABLE_STUN", "0"), "bridge-address-unknown", "JVB_DISABLE_STUN is 0"),
    Sabotage(
        ADDRESS,
        S0,
        variable("JVB_REQUIRE_VALID_ADDRESS"),
        "bridge-address-unknown",
        "JVB_REQUIRE_VALID_ADDRESS is not set",
    ),
    Sabotage(ADDRESS, S0, variable("JVB_ADVERTISE_PRIVATE_CANDIDATES", "1"), "bridge-address-unknown", "not 0"),
    Sabotage(
        ADDRESS,
        S0,
        variable("JVB_ADVERTISE_IPS", "203.0.113.9"),
        "bridge-address-unknown",
        "JVB_ADVERTISE_IPS is 203.0.113.9",
    ),
    Sabotage(
        ADDRESS,
        "a-bridges-node-port",
        variable("JVB_STUN_SERVERS"),
        "bridge-address-unknown",
        "JVB_STUN_SERVERS is not set",
        stack="existing-static",
    ),
    Sabotage(
        "A bridge that no STUN server answered is unhealthy.",
        "a-bridges-config",
        lambda p: p["data"].update(
            {"custom-jvb.conf": p["data"]["custom-jvb.conf"].replace("require-stun = true", "")}
        ),
        "bridge-address-unknown",
        "does not set require-stun",
        stack="existing-static",
    ),
    Sabotage(
        "Without public ranges, coturn reaches bridges at their pods' addresses.",
        "s0-bridges-host-port-0",
        variable("JVB_ADVERTISE_PRIVATE_CANDIDATES", "0"),
        "bridge-address-unknown",
        "coturn",
        stack="turn-elsewhere",
    ),
    Sabotage(RELAYS, S0, variable("JVB_OCTO_RELAY_ID", "bridge"), "relay-identity", "two bridges may have one name"),
    Sabotage(
        RELAYS,
        S1,
        variable("JVB_OCTO_REGION", "fr-par-1"),
        "relay-identity",
        "JVB_OCTO_REGION is fr-par-1, not fr-par-2",
    ),
    Sabotage(RELAYS, S1, variable("ENABLE_OCTO", "0"), "relay-identity", "ENABLE_OCTO is 0"),
    Sabotage(RELAYS, "s0-jicofo", variable("JICOFO_OCTO_REGION"), "relay-identity", "JICOFO_OCTO_REGION is not set"),
    Sabotage(
        RELAYS,
        "s0-jicofo",
        variable("OCTO_BRIDGE_SELECTION_STRATEGY", "SplitBridgeSelectionStrategy"),
        "relay-identity",
        "SplitBridgeSelectionStrategy",
    ),
    Sabotage(
        "Without relays a meeting stays on its bridge.",
        "s1-bridges-node-port",
        variable("ENABLE_OCTO", "1"),
        "relay-identity",
        "not 0",
        stack="many-ports-per-node",
    ),
    # names and numbers
    Sabotage(
        NAMES,
        "s0-prosody-service",
        port(targetPort=5223),
        "service-port-nowhere",
        "sends TCP 5222 to port 5223 of prosody of s0",
    ),
    Sabotage(
        NAMES, "s1-bridges-headless", port(targetPort="colibri"), "service-port-nowhere", "port colibri of jvb of s1"
    ),
    Sabotage(NAMES, "s1-web-service", port(protocol="UDP"), "service-port-nowhere", "sends UDP 8000"),
    Sabotage(NAMES, "jitsi-edge-service", port(targetPort="web"), "service-port-nowhere", "http TCP 8080"),
    Sabotage(NAMES, S0, declared("rest", name="http"), "probe-port-nowhere", "asks port rest"),
    Sabotage(NAMES, S1, probe("livenessProbe", 8888), "probe-port-nowhere", "livenessProbe.httpGet"),
    Sabotage(NAMES, "s0-prosody", probe("livenessProbe", "xmpp"), "probe-port-nowhere", "asks port xmpp"),
    Sabotage(
        NAMES,
        "jitsi-monitoring-jvb-targets",
        lambda p: p["spec"]["podMetricsEndpoints"][0].update(port="metrics"),
        "probe-port-nowhere",
        "reads port metrics",
        stack="daemonset",
    ),
    Sabotage(
        NAMES, "s1-prosody", declared("c2s", containerPort=5223), "container-port-differs", "declares c2s TCP 5223"
    ),
    Sabotage(
        NAMES, "s1-jicofo", declared("http", containerPort=8080), "container-port-differs", "declares http TCP 8080"
    ),
    Sabotage(
        NAMES, "s0-web", lambda p: container(p).pop("ports"), "container-port-differs", "does not declare http TCP 8000"
    ),
    Sabotage(ONCE, MEDIA, port(nodePort=30401), "node-port-twice", "nodePort UDP 30401"),
    Sabotage(
        ONCE,
        "s1-web-service",
        lambda p: (p["spec"].update(type="NodePort"), p["spec"]["ports"][0].update(nodePort=30043)),
        "node-port-twice",
        "nodePort TCP 30043",
    ),
    Sabotage(
        ONCE,
        "s0-bridges-host-port-1",
        declared("media", hostPort=10000),
        "node-port-twice",
        "hostPort UDP 10000",
        stack="many-ports-per-node",
    ),
    # gateways and TURN
    Sabotage(
        GATEWAY,
        "jitsi-gateway-jigasi",
        variable("JIGASI_PORT_MAX", "20199"),
        "gateway-port-differs",
        "JIGASI_PORT_MAX is 20199",
        stack="options",
    ),
    Sabotage(
        GATEWAY,
        "jitsi-gateway-jigasi",
        lambda p: container(p)["ports"].pop(7),
        "gateway-port-differs",
        "host ports lack UDP 20007",
        stack="options",
    ),
    Sabotage(
        GATEWAY,
        "jitsi-gateway-jigasi",
        declared("m20003", containerPort=20004),
        "gateway-port-differs",
        "hostPort 20003 is UDP 20004",
        stack="options",
    ),
    Sabotage(
        GATEWAY,
        "jitsi-gateway-jigasi",
        lambda p: container(p)["ports"].append(
            {"name": "sip", "containerPort": 5060, "hostPort": 5060, "protocol": "UDP"}
        ),
        "gateway-port-differs",
        "5060 are not the gateway's",
        stack="options",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-udp-coturn",
        declared("turn", hostPort=3478),
        "turn-port-differs",
        "UDP 3478 to 3478, not UDP 443 to 3478",
        stack="turn-udp",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-udp-coturn",
        declared("turn", containerPort=3479),
        "turn-port-differs",
        "UDP 443 to 3479",
        stack="turn-udp",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-coturn",
        declared("turn", hostPort=3480),
        "turn-port-differs",
        "TCP 3480 to 3480, not none",
        stack="turn",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-coturn",
        lambda p: container(p)["args"].pop(),
        "turn-port-differs",
        "--relay-ip=$(POD_IP) is missing",
        stack="turn",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-coturn",
        variable("POD_IP", field("status.hostIP")),
        "turn-port-differs",
        "POD_IP is status.hostIP",
        stack="turn",
    ),
    Sabotage(
        TURN, "jitsi-turn-service", port(targetPort="tls"), "service-port-nowhere", "port tls of coturn", stack="turn"
    ),
    Sabotage(
        TURN, "jitsi-turn-service", port(port=3478), "host-unknown", "Service coturn has no port 3480", stack="turn"
    ),
    Sabotage(
        TURN,
        "s1-prosody",
        variable("TURNS_PORT", "5349"),
        "turn-told-otherwise",
        "TURNS_PORT is 5349, not 443",
        stack="turn",
    ),
    Sabotage(
        TURN,
        "s0-prosody",
        variable("TURN_HOST", "turn.meet.example.org"),
        "turn-told-otherwise",
        "TURN_HOST is turn.meet.example.org, not turn-udp.meet.example.org",
        stack="turn-udp",
    ),
    Sabotage(
        TURN,
        "s0-prosody",
        variable("TURN_TRANSPORT"),
        "turn-told-otherwise",
        "TURN_TRANSPORT is not set",
        stack="turn-udp",
    ),
    Sabotage(
        "Without `turn` nobody is sent to a TURN server.",
        "s0-prosody",
        variable("TURNS_HOST", "turn.example.net"),
        "turn-told-otherwise",
        "not nothing",
    ),
    # nodes, clusters, records
    Sabotage(POOL, "scaleway-s1-firewall", None, "firewall-of-another", "has no security group beside the pool"),
    Sabotage(POOL, "scaleway-s1-firewall", lambda p: p.pop("zone"), "firewall-of-another", "is of zone nothing"),
    Sabotage(POOL, "scaleway-s0-pool", lambda p: p.update(clusterId="fr-par/another"), "pool-elsewhere", "never join"),
    Sabotage(
        POOL,
        "scaleway-s1-pool",
        lambda p: p.update(region="nl-ams"),
        "pool-elsewhere",
        "is nl-ams, and its zone fr-par-2",
    ),
    Sabotage(
        "The load balancer sends nothing to nodes for media.",
        "scaleway-s0-pool",
        lambda p: p["labels"].pop("node.kubernetes.io/exclude-from-external-load-balancers"),
        "pool-elsewhere",
        "nodes of bridges of s0 lack",
    ),
    Sabotage(
        POOL,
        "jitsi-turn-udp-coturn",
        lambda p: pods(p).pop("nodeSelector"),
        "media-on-other-nodes",
        "puts coturn-udp on nodes of any pool",
        stack="turn-udp",
    ),
    Sabotage(
        POOL,
        S1,
        lambda p: pods(p)["nodeSelector"].update({"jitsi.org/bridges": "s0"}),
        "media-on-other-nodes",
        "puts jvb of s1 on nodes of any pool, or of none",
    ),
    Sabotage(
        POOL,
        S1,
        lambda p: pods(p).update(nodeSelector={"jitsi.org/bridges": "s0"}),
        "media-on-other-nodes",
        "puts jvb of s1 on scaleway-s0-pool",
    ),
    *(
        Sabotage(
            "A pool that is replaced goes after its bridges.",
            of,
            lambda p: pods(p)["nodeSelector"].pop("k8s.scaleway.com/pool-name"),
            "bridge-pool-change-cuts",
            says,
        )
        for of, says in (
            ("s0-bridges-host-port-0", "replaces the pool of s0, its jvb stay where they are"),
            (S1, "replaces the pool of s1, its jvb stay where they are"),
            ("s0-bridges-spares", "replaces the pool of s0, its jvb-spare stay where they are"),
        )
    ),
    Sabotage(
        "A pool that is replaced goes after its bridges.",
        S1,
        lambda p: pods(p)["nodeSelector"].update({"k8s.scaleway.com/pool-name": "scaleway-s0-pool-1a2b3c4"}),
        "pod-cannot-land",
        "no pool has the labels",
    ),
    Sabotage(
        "Every TURN node has a record.",
        "scaleway-relays-record-1",
        None,
        "turn-record-differs",
        "has 1 records, and 2 nodes",
        stack="turn-udp",
    ),
    Sabotage(
        "Every TURN node has a record.",
        "scaleway-relays-record-0",
        lambda p: p.update(name="turn"),
        "turn-record-differs",
        "has 1 records",
        stack="turn-udp",
    ),
    Sabotage(
        "Every TURN node has a record.",
        "scaleway-relays-record-0",
        lambda p: p.update(type="CNAME"),
        "turn-record-differs",
        "is CNAME",
        stack="turn-udp",
    ),
    Sabotage(
        TURN,
        "jitsi-turn-udp-config",
        lambda p: p["stringData"].clear(),
        "turn-port-differs",
        "no Secret holds its configuration",
        stack="turn-udp",
    ),
    Sabotage(
        TURN, "jitsi-turn-coturn", lambda p: container(p)["args"].pop(0), "turn-port-differs", "it runs", stack="turn"
    ),
    Sabotage(
        ADDRESS,
        S0,
        lambda p: pods(p)["volumes"][-1]["projected"]["sources"].pop(),
        "bridge-address-unknown",
        "account has no ca.crt",
    ),
    Sabotage(LISTENS, S1, lambda p: container(p)["command"].pop(1), "bridge-listens-elsewhere", "not by /bin/sh"),
    # Services as a whole
    Sabotage(
        "Browsers reach the edge by a load balancer.",
        "jitsi-edge-service",
        lambda p: p["spec"].pop("type"),
        "service-differs",
        "type nothing, not LoadBalancer",
    ),
    Sabotage(NAMES, "jitsi-metrics-service", port(port=8443), "service-differs", "asks port 443"),
    Sabotage(
        NAMES, "s1-bridges-headless", lambda p: p["spec"].pop("clusterIP"), "service-differs", "clusterIP of its own"
    ),
    Sabotage(
        NAMES, "s0-prosody-service", lambda p: p["spec"]["ports"][0].pop("name"), "service-differs", "without a name"
    ),
    Sabotage(NAMES, "s1-bridges-headless", lambda p: p["spec"].pop("ports"), "service-differs", "none at all"),
]
