"""Rules about the load balancer: what it promises HAProxy, and what HAProxy expects of it."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from config.balancer import PREFIX, SETTINGS, until_left
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.edge import HTTP, HTTPS, Edge, edges, entrance_zone
from plan.resources.haproxy_cfg import seconds
from plan.resources.made import Resources
from plan.wire import UNKNOWN
from sizing.parts import COTURN, HAPROXY

DEFAULTS = {each.name: each.default for each in SETTINGS}
MOST_CONNECT_SECONDS = 5  # new visitors wait that long for a node that is gone
BOSH_SECONDS = 60  # prosody holds a BOSH request that long
QUIET_SECONDS = 60  # a websocket may be quiet between two pings of a client in the background
SLOWEST_REQUEST_SECONDS = 30  # a slower client only holds a connection
KEPT_SECONDS = 4 * 3600  # websockets of a replaced process, docs/edge.md


@rule("edge-proxy-protocol-differs", "error")
def edge_proxy_protocol_differs(stack: Resources) -> Iterator[Hit]:
    """The load balancer and HAProxy, or HAProxy and what is behind it, disagree about the PROXY protocol."""
    for edge in edges(stack):
        for fault in (*_public_faults(edge), *_inner_faults(edge)):
            yield Hit(
                edge.where,
                f"{fault}: one side sends a header that the other takes for data, so every connection fails, or all clients "
                "have one address",
                f"set {PREFIX}proxy-protocol-v2 on the Service and expect-proxy in the frontends of its two ports, or neither",
            )


@rule("edge-address-forged", "error")
def edge_address_forged(stack: Resources) -> Iterator[Hit]:
    """A pod may tell HAProxy any client address, by a PROXY header of its own."""
    pods = stack.config.cluster.pods
    for edge in edges(stack) if pods else ():
        for bind in edge.public_binds:
            if not bind.address.startswith("unix@") and bind.believes(ip_network(str(pods))):
                yield Hit(
                    edge.where,
                    f"{bind.section.name} believes PROXY headers of pods ({pods}) on {bind.address}: any pod of the cluster "
                    "evades the limits of an address, and appears as another client in logs and to prosody",
                    f"write: tcp-request connection expect-proxy layer4 unless {{ src {pods} }}",
                )


def _public_faults(edge: Edge) -> Iterator[str]:
    if edge.service is None:
        return
    notes = mapping(edge.service.properties, "metadata", "annotations")
    sends = any(str(notes.get(f"{PREFIX}proxy-protocol-{version}")) in ("true", "*") for version in ("v1", "v2"))
    if edge.stack.config.ingress.proxy_protocol:
        sends = True  # its owner says so
    expected = any(edge.stack.of("Cluster")) if not sends else any(edge.stack.of("Ip"))
    if expected and str(notes.get(f"{PREFIX}proxy-protocol-v2")) not in ("true", "*"):
        yield f"the Service's annotation proxy-protocol-v2 is {notes.get(f'{PREFIX}proxy-protocol-v2', 'not set')}"
    numbers = set(edge.public_ports.values())
    for bind in edge.public_binds:
        if bind.port in numbers and bind.takes_header != sends:
            yield f"{bind.section.name} listens on {bind.address} {'without' if sends else 'with'} PROXY headers"


def _inner_faults(edge: Edge) -> Iterator[str]:
    inner = {bind.address: bind for bind in edge.public_binds if bind.address.startswith("unix@")}
    for section in edge.sections:
        for server in section.servers if section.kind == "backend" else ():
            sends = bool({"send-proxy", "send-proxy-v2"}.intersection(server.options))
            bind, port = inner.get(server.address), str(COTURN.port("turn"))
            if bind is not None and sends != bind.takes_header:
                yield f"backend {section.name} sends {'a' if sends else 'no'} header to {bind.address}"
            elif server.address.startswith("unix@") and bind is None:
                yield f"backend {section.name} sends to {server.address}, on which nothing listens"
            elif server.host.startswith(f"{COTURN.name}.") and (
                server.port != port or "send-proxy-v2" not in server.options
            ):
                yield f"coturn reads PROXY v2 on TCP {port}, and backend {section.name} sends {server.address} no such header"
            elif ".svc." in server.host and sends and not server.host.startswith(f"{COTURN.name}."):
                yield f"backend {section.name} sends a header to {server.address}"
            if server.host.startswith(f"{COTURN.name}.") and not (
                section.after("option tcp-check") and "connect send-proxy" in section.after("tcp-check")
            ):
                yield f"backend {section.name} checks coturn without a header"


@rule("edge-balancer-differs", "error")
def edge_balancer_differs(stack: Resources) -> Iterator[Hit]:
    """The load balancer has another type, place, address or source range than the stack's."""
    for edge in edges(stack):
        if edge.service is None:
            yield Hit(
                edge.config_map.name,
                "no Service of type LoadBalancer leads to HAProxy: nobody reaches the stack from outside",
                "publish TCP 80 and 443 of HAProxy by a Service of type LoadBalancer",
            )
            continue
        notes = mapping(edge.service.properties, "metadata", "annotations")
        faults = [*_shape_faults(edge, edge.service)]
        addresses = sorted(stack.of("Ip"), key=lambda one: bool(one.properties.get("isIpv6")))
        own = [each for each in addresses if entrance_zone(stack, each) == (edge.zone if edge.number else "")]
        if addresses:
            faults += _scaleway_faults(edge, notes, own or addresses)
        for fault in faults:
            yield Hit(
                f"{edge.service.name}",
                f"{fault}: browsers reach no HAProxy, or another load balancer",
                "publish TCP 80 and 443 to everyone, on the stack's address",
            )


def _shape_faults(edge: Edge, service: Resource) -> Iterator[str]:
    spec = mapping(service.properties, "spec")
    if set(edge.public_ports) != {HTTP, HTTPS}:
        yield f"publishes {', '.join(map(str, edge.public_ports)) or 'no port'}, not {HTTP} and {HTTPS}"
    for port, name in ((HTTP, "http"), (HTTPS, "https")):
        if port in edge.public_ports and edge.public_ports[port] != HAPROXY.port(name):
            yield f"sends {port} to {edge.public_ports[port]}, not to HAProxy's {HAPROXY.port(name)}"
    if spec.get("loadBalancerSourceRanges"):
        yield f"loadBalancerSourceRanges lets in only {', '.join(map(str, spec['loadBalancerSourceRanges']))}"
    if spec.get("allocateLoadBalancerNodePorts") is False or spec.get("loadBalancerClass"):
        yield "another controller makes the load balancer, or it finds no node port"


def _scaleway_faults(edge: Edge, notes: dict[str, Any], addresses: list[Resource]) -> Iterator[str]:
    stack, address = edge.stack, addresses[0]
    right = {
        "type": stack.config.ingress.load_balancer,
        "zone": edge.zone,
        "use-hostname": "true",
        "health-check-from-service": "true",
    }
    if address.properties.get("zone") not in (edge.zone, UNKNOWN):
        yield f"{address.name} is in {address.properties.get('zone')}, not in {edge.zone}"
    for name, value in right.items():
        if notes.get(f"{PREFIX}{name}") not in (value, UNKNOWN):
            yield f"{name} is {notes.get(f'{PREFIX}{name}', 'not set')}, not {value}"
    ids, wanted = str(notes.get(f"{PREFIX}ip-ids")), 2 if stack.config.ingress.ipv6 else 1
    if not all(re.fullmatch(r"[0-9a-f-]{36}|\[\w+\]", one) for one in ids.split(",")) or (
        ids.count(",") + 1 != wanted and UNKNOWN not in ids
    ):
        also = " and that of its IPv6 address" if wanted > 1 else ""
        yield f"ip-ids is {notes.get(f'{PREFIX}ip-ids', 'not set')}, not the bare id of {address.name}{also}"
    versions = sorted(bool(one.properties.get("isIpv6")) for one in addresses)
    if versions != [False, True][:wanted]:
        yield f"{len(versions)} addresses are reserved, {sum(versions)} of them IPv6"
    relied = {each.name: each.default for each in SETTINGS if each.value is None}
    for name, default in {**relied, "certificate-ids": "not set", "id": "not set"}.items():
        if (value := str(notes.get(f"{PREFIX}{name}", default))) != default:
            yield f"{name} is {value}, not {default}, as the load balancer of HAProxy needs"


@rule("edge-health-differs", "error")
def edge_health_differs(stack: Resources) -> Iterator[Hit]:
    """The load balancer cannot see which nodes run an HAProxy, or sends to one that has stopped."""
    for edge in edges(stack):
        if edge.service is None:
            continue
        for fault in (*_node_faults(edge, edge.service), *_leaving_faults(edge, edge.service)):
            yield Hit(
                edge.service.name,
                f"{fault}: the load balancer sends browsers to nodes without HAProxy, or to one that is gone",
                "set externalTrafficPolicy Local with the ports of ingress.nodePorts, and let HAProxy wait before it stops",
            )


def _node_faults(edge: Edge, service: Resource) -> Iterator[str]:
    spec, ports = mapping(service.properties, "spec"), edge.stack.config.ingress.node_ports.named(edge.number)
    if spec.get("externalTrafficPolicy") != "Local":
        yield f"externalTrafficPolicy is {spec.get('externalTrafficPolicy', 'Cluster')}"
    if spec.get("healthCheckNodePort") != ports["health"]:
        yield f"healthCheckNodePort is {spec.get('healthCheckNodePort', 'random')}, not {ports['health']}"
    published = {str(each.get("port")): each.get("nodePort") for each in mappings(spec, "ports")}
    for port, number in ((HTTP, ports["http"]), (HTTPS, ports["https"])):
        if str(port) in published and published[str(port)] != number:
            yield f"{port} has the node port {published[str(port)] or 'random'}, not {number}"


def _leaving_faults(edge: Edge, service: Resource) -> Iterator[str]:
    if edge.workload is None:
        return
    spec = edge.workload[1]
    box = edge.container
    notes = mapping(service.properties, "metadata", "annotations")
    delay = seconds(str(notes.get(f"{PREFIX}health-check-delay", DEFAULTS["health-check-delay"])))
    checks = str(notes.get(f"{PREFIX}health-check-max-retries", DEFAULTS["health-check-max-retries"]))
    connect = seconds(str(notes.get(f"{PREFIX}timeout-connect", DEFAULTS["timeout-connect"])))
    noticed = (
        None
        if delay is None or connect is None or not checks.isdigit()
        else until_left(min(connect, delay), check=delay, checks=int(checks))
    )
    words = " ".join(map(str, texts(box, "lifecycle", "preStop", "exec", "command")))
    sleep = re.search(r"\bsleep (\d+)", words)
    waits, grace = int(sleep[1]) if sleep else 0, spec.get("terminationGracePeriodSeconds", 30)
    if any(edge.stack.of("Ip")) and (noticed is None or not delay or noticed > waits):
        yield (
            f"HAProxy stops after {waits} s, and {checks} checks every {'unknown' if delay is None else f'{delay:g}'} s notice a "
            "lost node later"
        )
    if "kill -USR1" not in words:
        yield "HAProxy is not asked to finish its requests (SIGUSR1) before it ends"
    if isinstance(grace, int) and grace < waits + BOSH_SECONDS:
        yield f"terminationGracePeriodSeconds {grace} ends requests: HAProxy waits {waits} s, and BOSH takes {BOSH_SECONDS} s"
    stats = edge.section("frontend", "stats")
    for name, path in (("startupProbe", "/settled"), ("readinessProbe", "/healthz"), ("livenessProbe", "/healthz")):
        asked = at(box, name, "httpGet", "path")
        answered = stats.last("monitor-uri") == asked or any(f"{{ path {asked} }}" in line for line in stats.lines)
        if asked != path or not answered or at(box, name, "httpGet", "port") not in ("stats", HAPROXY.port("stats")):
            yield f"the {name} asks {asked or 'nothing'}, and the stats port answers {path if answered else 'nothing there'}"


@rule("edge-timeout-cuts", "error")
def edge_timeout_cuts(stack: Resources) -> Iterator[Hit]:
    """A timeout ends websockets or BOSH requests of a meeting, or lets slow clients hold connections."""
    for edge in edges(stack):
        defaults, shared = edge.section("defaults"), edge.section("global")
        own = {name: seconds(defaults.last(f"timeout {name}") or "") for name in (*_OWN, "http-request", "tunnel")}
        for name, (low, high) in {**_OWN, "tunnel": (10 * QUIET_SECONDS, None), "http-request": (1, 30)}.items():
            value = own[name]
            if value is None or value < low or (high is not None and value > high):
                yield _timeout(edge.where, f"timeout {name} of HAProxy", value, low, high)
        kept = seconds(shared.last("hard-stop-after") or "")
        if kept is not None and kept < KEPT_SECONDS:
            yield _timeout(
                edge.where, "hard-stop-after, for the websockets of a reloaded HAProxy,", kept, KEPT_SECONDS, None
            )
        for section in edge.sections:
            for name in ("tunnel", "client", "server"):
                value = section.last(f"timeout {name}") if section.kind in ("frontend", "backend") else None
                if value is not None and (seconds(value) or 0) < (own[name] or 0):
                    yield _timeout(
                        edge.where, f"timeout {name} of {section.name}", seconds(value), own[name] or 0, None
                    )
        if edge.service is not None and any(stack.of("Ip")):
            notes = mapping(edge.service.properties, "metadata", "annotations")
            for name in ("tunnel", "client", "server"):
                value = seconds(str(notes.get(f"{PREFIX}timeout-{name}", "")))
                if value is None or value < (own[name] or 0):
                    yield _timeout(edge.service.name, f"{PREFIX}timeout-{name}", value, own[name] or 0, None)
            value = seconds(str(notes.get(f"{PREFIX}timeout-connect", DEFAULTS["timeout-connect"])))
            if value is None or not 1 <= value <= MOST_CONNECT_SECONDS:
                yield _timeout(edge.service.name, f"{PREFIX}timeout-connect", value, 1, MOST_CONNECT_SECONDS)


_OWN: dict[str, tuple[float, float | None]] = {
    "client": (BOSH_SECONDS + 1, None),
    "server": (BOSH_SECONDS + 1, None),
    "connect": (1, SLOWEST_REQUEST_SECONDS),
    "http-keep-alive": (1, 300),
}


def _timeout(where: str, name: str, value: float | None, low: float, high: float | None) -> Hit:
    bound = f"at least {low:g} s" if high is None else f"from {low:g} to {high:g} s"
    return Hit(
        where,
        f"{name} is {'not set' if value is None else f'{value:g} s'}, and must be {bound}: it cuts open meetings, or slow "
        "clients exhaust the connections",
        "raise or lower it; HAProxy reads a number without unit as milliseconds",
    )
