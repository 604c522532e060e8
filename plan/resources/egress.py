"""Rules about flows out of pods, against what each part sends to, and about pods that no rule is about: they have no flows at all."""

from collections.abc import Iterator
from dataclasses import replace

from plan.diff.fleet import BRIDGE, INSTANCE_LABEL, NAME_LABEL, object_name
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.flows import ANOTHER, DIRECTIONS, numbers, others, shown
from plan.resources.made import Resources
from plan.resources.policies import (
    EVERY_PORT,
    FOREIGN_POD,
    NODE,
    OUTSIDE,
    Other,
    Peer,
    Policies,
    Range,
    listed,
    ranges,
    titles_by_ports,
    without,
)
from plan.resources.selection import Pods
from sizing.flows import DNS_PORT, SOLVER_LABEL, SOLVER_PORT, destinations
from sizing.outward import Outward
from sizing.parts import COTURN, COTURN_UDP, HAPROXY, JVB

TURN = (COTURN.name, COTURN_UDP.name)
"""Pods that send where a client tells them to: bridges only."""
DNS: tuple[Range, ...] = (("TCP", DNS_PORT, DNS_PORT), ("UDP", DNS_PORT, DNS_PORT))
_NOBODY = Resource(urn="", type="", name="", parent=None, properties={})
"""Workload of pods that no part is about."""
SOLVER: tuple[Range, ...] = (("TCP", SOLVER_PORT, SOLVER_PORT),)


def _foreign(namespace: str, **labels: str) -> Pods:
    """Pods of others with these labels."""
    return Pods(_NOBODY, namespace, labels, {})


def _solvers(stack: Resources) -> list[Pods]:
    """The pods with which cert-manager answers challenges, in the stack's namespace."""
    if stack.config.ingress.tls.mode != "letsEncrypt":
        return []
    return [_foreign(stack.config.namespace, **{SOLVER_LABEL: "true"})]


def _sent(stack: Resources, pods: Pods, peer: Pods) -> tuple[Range, ...]:
    """Ports of a peer of the stack that the pods send to."""
    if pods.part is None:
        return ()
    if SOLVER_LABEL in peer.labels:
        return SOLVER if pods.component == HAPROXY.name else ()
    return ranges(
        number
        for other, port in destinations(pods.part, stack.config)
        if other.name == peer.component
        and (
            peer.instance == pods.instance
            or not ((other.per_shard and pods.part.per_shard) or other.name == pods.component)
        )
        for number in numbers(stack, peer, port)
    )


def _range(outward: Outward) -> Range:
    return outward.protocol, outward.first, outward.last


def _outward(stack: Resources, pods: Pods) -> list[Outward]:
    return list(pods.part.sends(stack.config)) if pods.part else []


def _sends(stack: Resources, pods: Pods) -> list[tuple[Peer, tuple[Range, ...]]]:
    """Everything that the pods send to, with its ports."""
    inside: list[tuple[Peer, tuple[Range, ...]]] = [
        (peer, ports) for peer in (*stack.pods, *_solvers(stack)) if (ports := _sent(stack, pods, peer))
    ]
    outward = _outward(stack, pods)
    for namespace in {each.namespace for each in outward if each.namespace}:
        ports = ranges(_range(each) for each in outward if each.namespace == namespace)
        inside.append((_foreign(namespace), ports))
    everyone = ranges(_range(each) for each in outward if not each.namespace)
    resolved = ranges((*everyone, *(DNS if inside or everyone else ())))
    return inside + [(peer, resolved) for peer in (FOREIGN_POD, OUTSIDE, NODE) if resolved]


@rule("egress-closed", "error")
def egress_closed(stack: Resources) -> Iterator[Hit]:
    """A network policy keeps pods from what they need."""
    policies = Policies(stack)
    for pods in stack.pods:
        confining = policies.selecting(pods, "Egress")
        if not confining:
            continue
        relays = pods.component in TURN
        peers = [(peer, numbers(stack, peer, JVB.opened("media"))) for peer in stack.pods if peer.component == BRIDGE]
        for peer, needed in peers if relays else _sends(stack, pods):
            closed = without(needed, policies.open(pods, peer, "Egress", sure=True))
            if closed:
                yield Hit(
                    f"{confining[0].name}.spec.egress",
                    f"{pods.title} may not send to {listed(closed)} of {_destination(peer)}, which it needs",
                    "allow exactly the destinations and ports that docs/architecture.md lists",
                )
                if isinstance(peer, Other):
                    break
    for solver in _solvers(stack):
        for sender in (pods for pods in stack.pods if pods.component == HAPROXY.name):
            closed = without(SOLVER, policies.open(solver, sender, "Ingress", sure=True))
            if closed:
                yield Hit(
                    sender.workload.name,
                    f"{sender.title} may not send to {listed(closed)} of cert-manager's solver: no certificate is issued or renewed",
                    f"admit HAProxy at TCP {SOLVER_PORT} of pods with the label {SOLVER_LABEL}",
                )


def _destination(peer: Peer) -> str:
    if isinstance(peer, Pods):
        return peer.title if peer.component else f"pods of {peer.namespace}"
    return {FOREIGN_POD: "pods of the cluster, such as its DNS", NODE: "nodes, such as that of the API server"}.get(
        peer, "addresses outside of the cluster"
    )


@rule("egress-open", "error")
def egress_open(stack: Resources) -> Iterator[Hit]:
    """A network policy lets pods send to what they have no use for."""
    policies = Policies(stack)
    for pods in stack.pods:
        confining = policies.selecting(pods, "Egress")
        if not confining or pods.component in TURN:
            continue
        for more, titles in titles_by_ports(_needless(stack, policies, pods)).items():
            yield Hit(
                f"{confining[0].name}.spec.egress",
                f"{pods.title} may send to {listed(more)} of {shown(titles)}, which it has no use for: whoever takes it over does",
                "allow exactly the destinations and ports that docs/architecture.md lists",
            )


def _needless(stack: Resources, policies: Policies, pods: Pods) -> Iterator[tuple[str, tuple[Range, ...]]]:
    """Yield each destination with the ports that are open to the pods, and that they have no use for."""
    outward = _outward(stack, pods)
    everyone = [_range(each) for each in outward if not each.namespace] + [*(DNS if _sends(stack, pods) else ())]
    named = [_range(each) for each in outward if each.namespace]
    for title, peer in (*((peer.title, peer) for peer in (*stack.pods, *_solvers(stack))), *others(pods)):
        own = _sent(stack, pods, peer) if isinstance(peer, Pods) else named if peer.is_pod else ()
        yield title, without(policies.open(pods, peer, "Egress", sure=False), [*everyone, *own])


@rule("namespace-open", "error")
def namespace_open(stack: Resources) -> Iterator[Hit]:
    """A pod of the namespace that no part is about may be reached, or may send."""
    policies = Policies(stack)
    for resource in stack.of("Namespace"):
        pods = _foreign(object_name(resource))
        for direction in DIRECTIONS:
            peers = (*stack.pods, FOREIGN_POD, OUTSIDE, NODE)
            is_open = [peer for peer in peers if policies.open(pods, peer, direction, sure=False)]
            if is_open:
                yield Hit(
                    resource.name,
                    f"{'a pod without a policy of its own admits' if direction == 'Ingress' else 'such a pod sends to'} "
                    f"{shown([peer.title for peer in is_open])}: nothing is denied by default in {object_name(resource)}",
                    "add a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress], and no rules",
                )


@rule("removed-calls-cut", "error")
def removed_calls_cut(stack: Resources) -> Iterator[Hit]:
    """A removed shard or part, whose own policies are deleted, loses the calls that it still carries."""
    policies = Policies(stack)
    for pods in stack.pods:
        if pods.part is None or pods.part.restart.cost == "none":
            continue
        label = INSTANCE_LABEL if pods.part.per_shard else NAME_LABEL
        removed = replace(pods, labels={**pods.labels, label: ANOTHER})
        for direction in DIRECTIONS:
            closed = without(EVERY_PORT, policies.open(removed, OUTSIDE, direction, sure=True))
            if closed:
                yield Hit(
                    policies.selecting(removed, direction)[0].name,
                    f"if {pods.title} is removed from the config, its pods drain without policies of their own, and {direction.lower()} "
                    f"of {listed(closed)} is denied: their calls are cut",
                    "allow everything for pods of shards and parts that the stack no longer has",
                )


@rule("turn-reaches-others", "error")
def turn_reaches_others(stack: Resources) -> Iterator[Hit]:
    """TURN may send to something else than the bridges' media ports."""
    policies = Policies(stack)
    media = JVB.opened("media")
    for pods in stack.pods:
        if pods.component not in TURN:
            continue
        bridges: list[tuple[str, Peer]] = [(peer.title, peer) for peer in stack.pods if peer.component == BRIDGE]
        peers = [*bridges, *((peer.title, peer) for peer in stack.pods if peer.component != BRIDGE)]
        peers += [(title, peer) for title, peer in others(pods) if title != BRIDGE]
        confining = policies.selecting(pods, "Egress")
        where = f"{confining[0].name}.spec.egress" if confining else pods.workload.name
        for title, peer in reversed(peers):
            allowed = numbers(stack, peer, media) if isinstance(peer, Pods) and peer.component == BRIDGE else ()
            more = without(policies.open(pods, peer, "Egress", sure=False) if confining else EVERY_PORT, allowed)
            if more:
                yield Hit(
                    where,
                    f"{pods.title} may send to {listed(more)} of {title}: anyone with credentials for a meeting reaches it "
                    "through the TURN server",
                    "allow egress to the UDP ports of the bridges only, with policyTypes: [Ingress, Egress]",
                )
                break
