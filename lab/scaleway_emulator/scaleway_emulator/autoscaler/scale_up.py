"""Scale-up of cluster-autoscaler: the pool that grows, and by how many nodes. Pure.

Pods that fit on existing or upcoming nodes are left to the scheduler. The others are bin-packed onto new nodes of every
autoscaling pool, and the expander chooses one pool in each scan.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaleway_emulator.autoscaler.scheduling import Room, rooms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scaleway_emulator.cluster.workloads import Host, Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An autoscaling pool: its new node, and its limits."""

    id: str
    template: Host
    size: int
    min_size: int
    max_size: int
    hourly_eur: float = 0.0


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the expander: so many nodes of this pool take these pods."""

    group: Group
    nodes: int
    pods: tuple[Pod, ...]

    @property
    def waste(self) -> float:
        """Unused fractions of CPU and of memory, added (`least_waste` compares this)."""
        cpu, memory = self.nodes * self.group.template.cpu, self.nodes * self.group.template.memory
        used_cpu, used_memory = sum(pod.cpu for pod in self.pods), sum(pod.memory for pod in self.pods)
        return (cpu - used_cpu) / max(1, cpu) + (memory - used_memory) / max(1, memory)


@dataclass(frozen=True, slots=True)
class Growth:
    """A decision: nodes to add to a pool."""

    pool: str
    nodes: int
    pods: tuple[str, ...]


def waiting(pods: Sequence[Pod], cutoff: int) -> list[Pod]:
    """Pods without a fitting node; expendable ones (priority below the cutoff) do not count."""
    unbound = [pod for pod in pods if pod.unschedulable and not pod.node and pod.deleted_at is None]
    return [pod for pod in unbound if pod.priority >= cutoff]


def unplaced(pending: Sequence[Pod], existing: list[Room]) -> list[Pod]:
    """The pods that fit on no existing or upcoming node; the others are placed in `existing`."""
    left: list[Pod] = []
    for pod in pending:
        room = next((room for room in existing if room.fits(pod, existing)), None)
        if room is None:
            left.append(pod)
        else:
            room.place(pod)
    return left


def pack(pods: Sequence[Pod], group: Group, existing: Sequence[Room], daemons: Sequence[Pod] = ()) -> Option:
    """First-fit decreasing onto nodes of one pool, within its `max_size`."""
    template = group.template

    def weight(pod: Pod) -> tuple[float, str]:
        return (-(pod.cpu / max(1, template.cpu) + pod.memory / max(1, template.memory)), pod.key)

    opened: list[Room] = []
    placed: list[Pod] = []
    for pod in sorted(pods, key=weight):
        around = [*existing, *opened]
        room = next((room for room in opened if room.fits(pod, around)), None)
        if room is None and len(opened) < group.max_size - group.size:
            fresh = Room(replace(template, name=f"{template.name}-{len(opened)}"), list(daemons))
            if fresh.fits(pod, around):
                opened.append(fresh)
                room = fresh
        if room is not None:
            room.place(pod)
            placed.append(pod)
    return Option(group, len(opened), tuple(placed))


def choose(options: Sequence[Option], expander: str, seed: int = 0) -> Option:
    """The expander's choice; ties are drawn at random from `seed`.

    `priority` needs a ConfigMap that Kapsule does not offer; without it upstream draws, too.
    """
    best = list(options)
    if expander == "most_pods":
        count = max(len(option.pods) for option in best)
        best = [option for option in best if len(option.pods) == count]
    elif expander == "least_waste":
        waste = min(option.waste for option in best)
        best = [option for option in best if option.waste <= waste + 1e-9]
    elif expander == "price":
        cheapest = min(option.nodes * option.group.hourly_eur / len(option.pods) for option in best)
        best = [o for o in best if o.nodes * o.group.hourly_eur / len(o.pods) <= cheapest + 1e-9]
    best.sort(key=lambda option: option.group.id)
    return random.Random(seed).choice(best)  # noqa: S311 - a tie break, not a secret


def grow(
    pods: Sequence[Pod],
    hosts: Sequence[Host],
    upcoming: Sequence[Host],
    groups: Sequence[Group],
    *,
    expander: str,
    cutoff: int,
    balance: bool = False,
    backed_off: Collection[str] = (),
    seed: int = 0,
) -> list[Growth]:
    """The pools to enlarge now: one, or several similar ones if `balance` spreads the nodes."""
    pending = waiting(pods, cutoff)
    if not pending:
        return []
    existing = rooms([*hosts, *upcoming], [pod for pod in pods if pod.priority >= cutoff])
    left = unplaced(pending, existing)
    usable = [group for group in groups if group.id not in backed_off and group.size < group.max_size]
    options = [option for option in (pack(left, group, existing) for group in usable) if option.nodes]
    if not options:
        return []
    best = choose(options, expander, seed)
    names = tuple(pod.key for pod in best.pods)
    similar = [option.group for option in options if _similar(option.group, best.group)] if balance else [best.group]
    return [Growth(pool, count, names) for pool, count in spread(best.nodes, similar)]


def _similar(group: Group, other: Group) -> bool:
    """Upstream's "similar node groups": same resources and the same labels but for zone and pool."""
    ignored = ("topology.kubernetes.io/", "failure-domain.beta.kubernetes.io/", "k8s.scaleway.com/pool")

    def shape(group: Group) -> tuple[object, ...]:
        labels = {k: v for k, v in group.template.labels.items() if not k.startswith(ignored)}
        return group.template.cpu, group.template.memory, sorted(labels.items()), group.template.taints

    return shape(group) == shape(other)


def spread(nodes: int, groups: Sequence[Group]) -> list[tuple[str, int]]:
    """Add nodes one by one to the smallest group that can still grow; (group, nodes) for each that grew."""
    sizes = {group.id: group.size for group in groups}
    limits = {group.id: group.max_size for group in groups}
    added = dict.fromkeys(sizes, 0)
    for _ in range(nodes):
        open_groups = [name for name in sizes if sizes[name] < limits[name]]
        if not open_groups:
            break
        smallest = min(open_groups, key=lambda name: (sizes[name], name))
        sizes[smallest] += 1
        added[smallest] += 1
    return [(name, count) for name, count in added.items() if count]
