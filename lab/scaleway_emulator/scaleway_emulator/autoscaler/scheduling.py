"""The scheduler's predicates, as the autoscaler simulates them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaleway_emulator.cluster.workloads import matches, requirement_holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaleway_emulator.cluster.workloads import Host, Pod, Taint, Toleration

HOSTNAME = "kubernetes.io/hostname"


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Whether a toleration matches a taint."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or (bool(toleration.key) and toleration.value == taint.value)


def tolerated(pod: Pod, taints: Iterable[Taint]) -> bool:
    """Whether the pod tolerates every taint (`PreferNoSchedule` does not count)."""
    return all(
        any(tolerates(toleration, taint) for toleration in pod.tolerations)
        for taint in taints
        if taint.effect != "PreferNoSchedule"
    )


def selected(pod: Pod, host: Host) -> bool:
    """Whether node selector and required node affinity allow the node."""
    if any(host.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    return not pod.affinity_terms or any(_term_holds(term, host) for term in pod.affinity_terms)


def _term_holds(term: Mapping[str, object], host: Host) -> bool:
    expressions, fields = term.get("matchExpressions") or [], term.get("matchFields") or []
    if not isinstance(expressions, list) or not isinstance(fields, list) or not (expressions or fields):
        return False
    by_label = all(requirement_holds(each, host.labels) for each in expressions)
    return by_label and all(requirement_holds(each, {"metadata.name": host.name}) for each in fields)


@dataclass(slots=True)
class Room:
    """A node with its pods, real or simulated."""

    host: Host
    pods: list[Pod] = field(default_factory=list["Pod"])
    cpu: int = field(init=False)
    memory: int = field(init=False)

    def __post_init__(self) -> None:
        self.cpu = self.host.cpu - sum(pod.cpu for pod in self.pods)
        self.memory = self.host.memory - sum(pod.memory for pod in self.pods)

    def place(self, pod: Pod) -> None:
        """Add the pod."""
        self.pods.append(pod)
        self.cpu -= pod.cpu
        self.memory -= pod.memory

    def fits(self, pod: Pod, others: Iterable[Room] = ()) -> bool:
        """Whether the pod fits; `others` count for anti-affinity wider than a node only."""
        if self.host.unschedulable or not self.host.ready:
            return False
        if pod.cpu > self.cpu or pod.memory > self.memory or len(self.pods) >= self.host.pods:
            return False
        if any(pod.host_ports & other.host_ports for other in self.pods):
            return False
        return tolerated(pod, self.host.taints) and selected(pod, self.host) and self._apart(pod, others)

    def _apart(self, pod: Pod, others: Iterable[Room]) -> bool:
        """Required anti-affinity, both ways: of the new pod, and of the pods that run."""
        for selector, key in pod.anti_affinity:
            if any(_clashes(selector, pod, other) for room in self._domain(key, others) for other in room.pods):
                return False
        return not any(
            _clashes(selector, other, pod)
            for room in (self, *others)
            for other in room.pods
            for selector, key in other.anti_affinity
            if room is self or (key != HOSTNAME and room.host.labels.get(key) == self.host.labels.get(key))
        )

    def _domain(self, key: str, others: Iterable[Room]) -> list[Room]:
        if key == HOSTNAME:
            return [self]
        here = self.host.labels.get(key)
        return [self, *(room for room in others if room is not self and room.host.labels.get(key) == here)]


def _clashes(selector: Mapping[str, object], owner: Pod, other: Pod) -> bool:
    return owner.namespace == other.namespace and matches(selector, other.labels)


def rooms(hosts: Iterable[Host], pods: Iterable[Pod]) -> list[Room]:
    """Every node with its running pods."""
    by_node: dict[str, list[Pod]] = {}
    for pod in pods:
        if pod.node and not pod.finished:
            by_node.setdefault(pod.node, []).append(pod)
    return [Room(host, by_node.get(host.name, [])) for host in hosts]
