"""Rules about flows into pods: who reaches them, by network policies, against the ports and peers of each part."""

from collections.abc import Iterator

from plan.diff.fleet import BRIDGE, INSTANCE_LABEL, NAME_LABEL
from plan.diff.paths import number
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.policies import (
    FOREIGN_POD,
    LAST_PORT,
    NODE,
    OUTSIDE,
    Direction,
    Peer,
    Policies,
    Range,
    listed,
    ranges,
    titles_by_ports,
    without,
)
from plan.resources.selection import Pods
from sizing.part import ANY_POD, ANYWHERE, API_SERVER, METRICS_READER, Part, Port
from sizing.parts import KUBE_METRICS_ADAPTER, NAMED, PROMETHEUS

DIRECTIONS: tuple[Direction, ...] = ("Ingress", "Egress")
ANOTHER = "another"
"""Instance of pods of another shard or stack."""


def _reader(stack: Resources) -> str:
    """The peer that reads metrics: a part of the stack, or any pod where a Prometheus outside the stack does."""
    if stack.config.scraped_by_others:
        return ANY_POD
    return PROMETHEUS.name if stack.config.metrics.managed else KUBE_METRICS_ADAPTER.name


def numbers(stack: Resources, pods: Pods, port: Port) -> tuple[Range, ...]:
    """Port numbers in the pod; those that the config decides are the bridges' public ports, or the host ports."""
    if port.number is not None:
        return ((port.protocol, port.number, port.last or port.number),)
    if pods.component == BRIDGE:
        return ranges((port.protocol, each, each) for each in stack.fleet.ports.get(pods.instance, {}))
    hosts = [
        number(each.get("containerPort")) for each in pods.ports if "hostPort" in each and each.get("protocol") == "UDP"
    ]
    return ranges((port.protocol, host, host) for host in hosts)


def _admits(name: str, part: Part, pods: Pods, peer: Peer) -> bool:
    """Whether a port with this peer is for `peer`."""
    if name in (ANYWHERE, API_SERVER):
        return True
    if name == ANY_POD:
        return isinstance(peer, Pods) or peer.is_pod
    if name not in NAMED or not isinstance(peer, Pods) or peer.component != name:
        return False
    same_shard = (part.per_shard and NAMED[name].per_shard) or name == part.name
    return not same_shard or peer.instance == pods.instance


def _needed(stack: Resources, pods: Pods, peer: Peer, reader: str) -> tuple[Range, ...]:
    """Ports of the pods that are for the peer."""
    part = pods.part
    if part is None:
        return ()
    return ranges(
        number
        for port in part.opens
        for name in (reader if name == METRICS_READER else name for name in port.peers)
        if _admits(name, part, pods, peer)
        for number in numbers(stack, pods, port)
    )


def others(pods: Pods) -> Iterator[tuple[str, Peer]]:
    """Sources from near to everywhere: each part of this shard or stack, the same of another, any pod here and elsewhere, anyone."""
    labels = {key: value for key, value in pods.labels.items() if key not in (NAME_LABEL, INSTANCE_LABEL)}
    for instance, said in ((pods.instance, "{}"), (ANOTHER, "{} of another shard or stack")):
        for name in NAMED:
            yield (
                said.format(name),
                Pods(pods.workload, pods.namespace, {**labels, NAME_LABEL: name, INSTANCE_LABEL: instance}, {}),
            )
    yield "any pod of the namespace", Pods(pods.workload, pods.namespace, {}, {})
    yield FOREIGN_POD.title, FOREIGN_POD
    yield OUTSIDE.title, OUTSIDE


@rule("pods-without-policy", "error")
def pods_without_policy(stack: Resources) -> Iterator[Hit]:
    """No network policy confines who reaches the pods, or where they send."""
    policies = Policies(stack)
    for pods in stack.pods:
        free = [direction for direction in DIRECTIONS if pods.part and not policies.selecting(pods, direction)]
        if free:
            part = pods.part
            ports = ", ".join(f"{port.name} ({port.what})" for port in part.opens) if part else ""
            reached = f"every pod of the cluster reaches {ports or 'them'}" if "Ingress" in free else ""
            sends = "they send to anyone" if "Egress" in free else ""
            yield Hit(
                pods.workload.name,
                f"no NetworkPolicy of type {' or '.join(free)} selects {pods.title}: {' and '.join(filter(None, (reached, sends)))}",
                "deny every pod of the namespace both ways (policyTypes: [Ingress, Egress]), and allow what each part needs",
            )


@rule("flow-closed", "error")
def flow_closed(stack: Resources) -> Iterator[Hit]:
    """A network policy keeps out a peer that a port is for."""
    policies, reader = Policies(stack), _reader(stack)
    for pods in stack.pods:
        confining = policies.selecting(pods, "Ingress")
        if not confining:
            continue
        sources = titles_by_ports(
            (peer.title, without(needed, policies.open(pods, peer, "Ingress", sure=True)))
            for peer in (*stack.pods, FOREIGN_POD, OUTSIDE, NODE)
            if (needed := _needed(stack, pods, peer, reader))
        )
        for closed, titles in sources.items():
            yield Hit(
                f"{confining[0].name}.spec.ingress",
                f"{shown(titles)} may not send to {listed(closed)} of {pods.title}, which is for {_use(pods, closed)}: "
                "its packets are dropped",
                "admit exactly the peers and ports that docs/architecture.md lists",
            )


@rule("flow-open", "error")
def flow_open(stack: Resources) -> Iterator[Hit]:
    """A network policy admits a peer that a port is not for."""
    policies, reader = Policies(stack), _reader(stack)
    for pods in stack.pods:
        confining = policies.selecting(pods, "Ingress")
        if not confining:
            continue
        shared = pods.part is not None and not pods.part.per_shard
        actual = [(peer.title, peer) for peer in stack.pods] if shared else []
        sources = titles_by_ports(
            (title, without(policies.open(pods, peer, "Ingress", sure=False), _needed(stack, pods, peer, reader)))
            for title, peer in (*actual, *others(pods))
        )
        for more, titles in sources.items():
            yield Hit(
                f"{confining[0].name}.spec.ingress",
                f"{shown(titles)} may send to {listed(more)} of {pods.title}{_risk(pods, more)}",
                "admit exactly the peers and ports that docs/architecture.md lists",
            )


def shown(titles: list[str]) -> str:
    """Sources in a sentence; the last one includes the others if it is everybody."""
    return next((each for each in (OUTSIDE.title, FOREIGN_POD.title) if each in titles), ", ".join(titles))


def _overlapping(pods: Pods, ports: tuple[Range, ...]) -> Iterator[Port]:
    """Ports of the part that are among these; one whose number the config decides if the protocol is."""
    for port in pods.part.opens if pods.part else ():
        first, last = (1, LAST_PORT) if port.number is None else (port.number, port.last or port.number)
        if without(ports, [(port.protocol, first, last)]) != ports:
            yield port


def _use(pods: Pods, ports: tuple[Range, ...]) -> str:
    return "; ".join(port.what for port in _overlapping(pods, ports)) or "it"


def _risk(pods: Pods, ports: tuple[Range, ...]) -> str:
    uses = [f"{port.name}: {port.what}" for port in _overlapping(pods, ports) if port.number is not None]
    return f" ({'; '.join(uses)})" if uses else ", on which it does not listen"
