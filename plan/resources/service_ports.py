"""Rules about port numbers and names: Services, probes and monitors name ports on which the pods listen."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import BRIDGE, component_of, object_name
from plan.diff.paths import at, mapping, mappings
from plan.diff.paths import number as whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.selection import POD_NAME_LABEL, Pods, namespace_of, selected, selector_of
from plan.resources.templates import known
from sizing.addresses import HTTPS_PORT
from sizing.parts import HAPROXY, NAMED

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
CHECKS = ("httpGet", "tcpSocket", "grpc")


def _declared(pods: Pods) -> list[tuple[str, str, int]]:
    """Name, protocol and number of the ports that the containers declare."""
    return [
        (str(port.get("name")), str(port.get("protocol") or "TCP"), whole(port.get("containerPort")))
        for port in pods.ports
    ]


def _listens(pods: Pods, port: Any, protocol: str) -> bool:
    """Whether the pods listen on a port, by the name or number of the part's record or of a container."""
    declared = _declared(pods)
    if not isinstance(port, int | float) and not str(port).isdigit():
        return any((name, kind) == (port, protocol) for name, kind, _ in declared)
    if pods.component == BRIDGE and protocol == "UDP":
        return True  # by its ordinal: bridge-service-differs
    opens = pods.part.opens if pods.part else ()
    return any((kind, number) == (protocol, whole(port)) for _, kind, number in declared) or any(
        each.protocol == protocol
        and each.number is not None
        and each.number <= whole(port) <= (each.last or each.number)
        for each in opens
    )


def _all(pods: Pods) -> str:
    return ", ".join(f"{name} {protocol} {number}" for name, protocol, number in _declared(pods)) or "none"


@rule("service-port-nowhere", "error")
def service_port_nowhere(stack: Resources) -> Iterator[Hit]:
    """A Service sends to a port on which its pods do not listen."""
    for service in stack.of("Service"):
        for pods in selected(selector_of(service), namespace_of(service), stack.pods):
            for port in mappings(at(service.properties, "spec", "ports")):
                target, protocol = port.get("targetPort", port.get("port")), str(port.get("protocol") or "TCP")
                if known(target) and known(protocol) and not _listens(pods, target, protocol):
                    yield Hit(
                        f"{service.name}.spec.ports",
                        f"sends {protocol} {port.get('port')} to port {target} of {pods.title}, which declares {_all(pods)}: every "
                        "connection is refused",
                        "name a port of the container, with its protocol",
                    )


@rule("service-differs", "error")
def service_differs(stack: Resources) -> Iterator[Hit]:
    """A Service has no ports or other ones than its clients ask for, or is not reached in the way that its part needs."""
    for service in stack.of("Service"):
        spec, component = service.properties.get("spec") or {}, component_of(service)
        ports = mappings(spec.get("ports"))
        problems = (
            []
            if ports and all(whole(port.get("port")) for port in ports)
            else ["a port without number, or none at all"]
        )
        names = [str(port.get("name")) for port in ports]
        problems += (
            ["ports without a name of their own"] if len(ports) > 1 and len({*names, "None"}) <= len(ports) else []
        )
        if component == HAPROXY.name and POD_NAME_LABEL not in mapping(spec.get("selector")) and spec.get("selector"):
            public = any(port.get("port") == HTTPS_PORT for port in ports)
            problems += (
                [f"type {spec.get('type')}, not LoadBalancer"] if public and spec.get("type") != "LoadBalancer" else []
            )
        if (
            component == BRIDGE
            and POD_NAME_LABEL not in mapping(spec.get("selector"))
            and spec.get("clusterIP") != "None"
        ):
            problems += [
                f"clusterIP {spec.get('clusterIP') or 'of its own'}, instead of none: it would balance requests for one bridge over all"
            ]
        if problems and known(spec.get("type")):
            yield Hit(
                f"{service.name}.spec",
                f"has {'; '.join(problems)}: the API server refuses it, or its clients do not reach the pods",
                "leave type and ports to the program",
            )
    for api in stack.of("APIService"):
        target = mapping(at(api.properties, "spec", "service"))
        for service in stack.of("Service"):
            numbers = [whole(port.get("port")) for port in mappings(at(service.properties, "spec", "ports"))]
            asked = whole(target.get("port"), HTTPS_PORT)
            if (object_name(service), namespace_of(service)) == (
                target.get("name"),
                target.get("namespace"),
            ) and asked not in numbers:
                yield Hit(
                    f"{api.name}.spec.service",
                    f"asks port {asked} of {object_name(service)}, which has {numbers}: autoscalers have no metrics",
                    "name a port of the Service",
                )


@rule("probe-port-nowhere", "error")
def probe_port_nowhere(stack: Resources) -> Iterator[Hit]:
    """A probe or a monitor asks a port on which the container does not listen."""
    for pods in stack.pods:
        for container in pods.containers:
            asked = [(f"{probe}.{check}", mapping(at(container, probe, check))) for probe in PROBES for check in CHECKS]
            asked += [
                (f"lifecycle.{key}", mapping(at(container, "lifecycle", key, "httpGet")))
                for key in ("preStop", "postStart")
            ]
            for place, check in asked:
                if check and known(check.get("port")) and not _listens(pods, check.get("port"), "TCP"):
                    yield Hit(
                        f"{pods.workload.name}.spec.template.spec.containers.{container.get('name')}.{place}",
                        f"asks port {check.get('port')}, and {pods.title} declares {_all(pods)}: the pod never becomes ready, or is "
                        "restarted again and again",
                        "name a TCP port of the container",
                    )
    for monitor in stack.of("PodMonitor"):
        for pods in selected(selector_of(monitor), namespace_of(monitor), stack.pods):
            for endpoint in mappings(at(monitor.properties, "spec", "podMetricsEndpoints")):
                if known(endpoint.get("port")) and not _listens(
                    pods, endpoint.get("port") or endpoint.get("targetPort"), "TCP"
                ):
                    yield Hit(
                        f"{monitor.name}.spec.podMetricsEndpoints",
                        f"reads port {endpoint.get('port')} of {pods.title}, which declares {_all(pods)}: no metrics of them",
                        "name the port of the metrics",
                    )


@rule("container-port-differs", "error")
def container_port_differs(stack: Resources) -> Iterator[Hit]:
    """A container declares another port than its part has, or lacks one."""
    absent = _absent(stack)
    for pods in stack.pods:
        if pods.part is None:
            continue
        media = {port.get("name") for port in pods.ports if port.get("hostPort") and port.get("protocol") == "UDP"}
        declared = {port for port in _declared(pods) if port[0] not in media or pods.part.key}
        fixed = {(each.name, each.protocol, each.number): each for each in pods.part.opens if each.number is not None}
        decided = any(each.number is None for each in pods.part.opens)
        for name, protocol, number in sorted(declared - set(fixed)):
            if not (decided and name in media):
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec.containers.ports",
                    f"declares {name} {protocol} {number}, which is no port of {pods.title}: its image listens on "
                    f"{', '.join(f'{one[0]} {one[1]} {one[2]}' for one in fixed) or 'none'}",
                    "declare the ports of the part as docs/architecture.md lists them",
                )
        for key, port in fixed.items():
            peers = [name for name in port.peers if name not in absent]
            if port.declared and peers and key not in declared:
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec.containers.ports",
                    f"{pods.title} does not declare {key[0]} {key[1]} {key[2]} ({port.what}): Services, probes and monitors that "
                    "name it reach nothing",
                    "declare the port with its name",
                )


def _absent(stack: Resources) -> set[str]:
    """Optional parts that the stack does not run."""
    return {part.name for part in NAMED.values() if part.key} - {pods.component for pods in stack.pods}


@rule("node-port-twice", "error")
def node_port_twice(stack: Resources) -> Iterator[Hit]:
    """Two Services have the same port on every node, or two kinds of pods the same port on one kind of node."""
    taken: dict[tuple[str, str, int], str] = {}
    for service in stack.of("Service"):
        spec = service.properties.get("spec") or {}
        ports = [
            (str(port.get("protocol") or "TCP"), whole(port.get("nodePort"))) for port in mappings(spec.get("ports"))
        ]
        for protocol, port in (*ports, ("TCP", whole(spec.get("healthCheckNodePort")))):
            if port and taken.setdefault(("every node", protocol, port), service.name) != service.name:
                yield Hit(
                    f"{service.name}.spec.ports",
                    f"nodePort {protocol} {port} is {taken['every node', protocol, port]}'s, too: the API server refuses it",
                    "give each Service ports of its own",
                )
    for pods in (
        stack.pods if stack.of("Pool") else ()
    ):  # on nodes of others, zones may share them: host-ports-share-nodes
        nodes = str(sorted((pods.spec.get("nodeSelector") or {}).items()))
        for port in pods.ports:
            key = (nodes, str(port.get("protocol") or "TCP"), whole(port.get("hostPort")))
            if key[2] and taken.setdefault(key, pods.workload.name) != pods.workload.name:
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec.containers.ports",
                    f"hostPort {key[1]} {key[2]} is {taken[key]}'s on the same nodes, too: a node runs one of both, and the other "
                    "stays Pending",
                    "give each workload a port of its own",
                )
