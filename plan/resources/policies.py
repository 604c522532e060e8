"""Network policies as Kubernetes evaluates them: which ports of which pods a source reaches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from plan.diff.paths import at, number
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import NAMESPACE_LABEL, Pods, matches, namespace_of, selector_of

Direction = Literal["Ingress", "Egress"]
Range = tuple[str, int, int]
"""Protocol, first and last port."""
LAST_PORT = 65535
EVERY_PORT: tuple[Range, ...] = (("TCP", 1, LAST_PORT), ("UDP", 1, LAST_PORT))
WHOLE_NETWORK = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Other:
    """A peer that is no pod of the stack: an address outside of the cluster, a node, or a pod of another namespace."""

    title: str
    is_pod: bool
    is_node: bool = False
    """Whether no peer selects it for sure: Cilium's `ipBlock` leaves out nodes. Only a rule without peers does."""


OUTSIDE = Other("anywhere", is_pod=False)
NODE = Other("a node, such as that of the API server,", is_pod=False, is_node=True)
FOREIGN_POD = Other("any pod of the cluster", is_pod=True)
Peer = Pods | Other


def ranges(ports: Iterable[Range]) -> tuple[Range, ...]:
    """Return disjoint ranges in ascending order."""
    joined: list[Range] = []
    for protocol, first, last in sorted(set(ports)):
        if joined and joined[-1][0] == protocol and first <= joined[-1][2] + 1:
            joined[-1] = (protocol, joined[-1][1], max(last, joined[-1][2]))
        else:
            joined.append((protocol, first, last))
    return tuple(joined)


def without(ports: Iterable[Range], others: Iterable[Range]) -> tuple[Range, ...]:
    """Return the ports that are not among the others."""
    rest = list(ports)
    for protocol, first, last in others:
        kept: list[Range] = []
        for each in rest:
            if each[0] != protocol or each[2] < first or each[1] > last:
                kept.append(each)
                continue
            kept += [(protocol, each[1], first - 1)] if each[1] < first else []
            kept += [(protocol, last + 1, each[2])] if each[2] > last else []
        rest = kept
    return ranges(rest)


def titles_by_ports(found: Iterable[tuple[str, tuple[Range, ...]]]) -> dict[tuple[Range, ...], list[str]]:
    """Return the titles that share the same ports, each once, in order; without those that have no ports."""
    titles: dict[tuple[Range, ...], list[str]] = {}
    for title, ports in found:
        if ports and title not in titles.setdefault(ports, []):
            titles[ports].append(title)
    return titles


def listed(ports: Iterable[Range]) -> str:
    """Return ports in a sentence: `TCP 5222, UDP 30400-30403`."""
    return ", ".join(
        f"every {protocol} port"
        if (first, last) == (1, LAST_PORT)
        else f"{protocol} {first}" + (f"-{last}" if last > first else "")
        for protocol, first, last in ports
    )


@dataclass(frozen=True)
class Policies:
    """The network policies of a stack."""

    stack: Resources
    _selecting: dict[tuple[int, Direction], list[Resource]] = field(default_factory=dict)

    def selecting(self, pods: Pods, direction: Direction) -> list[Resource]:
        """Return the policies that confine the pods in this direction. Without any, every flow is open."""
        key = (id(pods), direction)
        if key not in self._selecting:
            self._selecting[key] = self._confining(pods, direction)
        return self._selecting[key]

    def _confining(self, pods: Pods, direction: Direction) -> list[Resource]:
        return [
            policy
            for policy in self.stack.of("NetworkPolicy")
            if namespace_of(policy) == pods.namespace
            and direction in _types(policy)
            and matches(selector_of(policy), pods)
        ]

    def open(self, pods: Pods, peer: Peer, direction: Direction, *, sure: bool) -> tuple[Range, ...]:
        """Return the ports that are open between pods and a peer by the policies of the pods.

        A rule that admits some of what `peer` stands for (an `ipBlock` of a few addresses) counts only if not `sure`.
        """
        policies = self.selecting(pods, direction)
        if not policies:
            return EVERY_PORT
        target = pods if direction == "Ingress" else peer
        return ranges(
            port
            for policy in policies
            for rule in at(policy.properties, "spec", direction.lower()) or []
            if self._names(rule.get("from" if direction == "Ingress" else "to"), peer, pods.namespace, sure=sure)
            for port in _ports(rule, target)
        )

    def _names(self, peers: Any, peer: Peer, namespace: str, *, sure: bool) -> bool:
        return not peers or any(self._is(each, peer, namespace, sure=sure) for each in peers)

    def _is(self, description: dict[str, Any], peer: Peer, namespace: str, *, sure: bool) -> bool:
        if "ipBlock" in description:
            block = description["ipBlock"] or {}
            whole = block.get("cidr") in WHOLE_NETWORK and not block.get("except")
            return isinstance(peer, Other) and not peer.is_pod and ((whole and not peer.is_node) or not sure)
        namespaces, pods = description.get("namespaceSelector"), description.get("podSelector")
        if isinstance(peer, Other):
            # Labels of foreign pods and namespaces are not known: a selector may name them.
            unconditional = namespaces == {} and not pods
            return (
                peer.is_pod
                and namespaces is not None
                and (unconditional or (not sure and _may_be_foreign(namespaces, namespace)))
            )
        if namespaces is None and peer.namespace != namespace:
            return False
        return (namespaces is None or self._selects_namespace(namespaces, peer)) and (
            pods is None or matches(pods, peer)
        )

    def _selects_namespace(self, selector: dict[str, Any], peer: Pods) -> bool:
        labels: Mapping[str, Any] = next(
            (
                at(resource.properties, "metadata", "labels") or {}
                for resource in self.stack.of("Namespace")
                if at(resource.properties, "metadata", "name") == peer.namespace
            ),
            {},
        )
        own = Pods(peer.workload, "", {**labels, NAMESPACE_LABEL: peer.namespace}, {})
        return matches(selector, own)


def _may_be_foreign(selector: dict[str, Any], namespace: str) -> bool:
    return at(selector, "matchLabels", NAMESPACE_LABEL) != namespace


def _types(policy: Resource) -> list[str]:
    """`policyTypes`; unset means Ingress, and Egress if it has egress rules."""
    spec = policy.properties.get("spec") or {}
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _ports(rule: dict[str, Any], target: Peer) -> Iterable[Range]:
    if not rule.get("ports"):
        yield from EVERY_PORT
    for port in rule.get("ports") or []:
        protocol, first = str(port.get("protocol") or "TCP"), port.get("port")
        if first is None:
            yield protocol, 1, LAST_PORT
        elif isinstance(first, int | float):
            yield protocol, int(first), number(port.get("endPort"), int(first))
        elif isinstance(target, Pods):
            yield from (
                (protocol, number(each.get("containerPort")), number(each.get("containerPort")))
                for each in target.ports
                if each.get("name") == first and (each.get("protocol") or "TCP") == protocol
            )
