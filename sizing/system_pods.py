"""Pods that run on the system pools when everything runs, and how many nodes they need."""

from collections.abc import Iterable, Iterator

from config.cluster import MAX_NODES, SYSTEM_NODES
from config.stack import StackConfig
from sizing.part import Part
from sizing.parts import PARTS
from sizing.pod_sizes import PodSize, allocatable, nodes_for


def sets(config: StackConfig, part: Part) -> int:
    """How often a part may run at a time: while a release changes, both sets of shards do."""
    return 2 if part.per_shard and config.release else 1


def system_pods(config: StackConfig, *, at_rest: bool = False) -> Iterator[PodSize]:
    """Requests of every pod without nodes of its own: each part at its maximum, or `at_rest` at its minimum."""
    for part in PARTS:
        if part.nodes == "system":
            yield from [*part.requests(config, at_rest=at_rest)] * (1 if at_rest else sets(config, part))


def zone_pods(config: StackConfig, zone: str, *, at_rest: bool = False) -> Iterator[PodSize]:
    """The same of one zone's pool: what is bound to the zone, its part of what is spread, and in the first zone all that is not bound."""
    zones = config.system_zones
    for part in PARTS:
        for pods in part.pods(config) if part.nodes == "system" else ():
            count = pods.min if at_rest else pods.max
            if pods.spread:
                count = -(-count // len(zones))
            elif zone != (pods.zone or config.system_zone):
                continue
            yield from [pods.size or part.whole] * count


def _nodes(pods: Iterable[PodSize], room: PodSize) -> int:
    """Nodes that the pods need. A pod that fits on none, which is an error of its own (`system-pool-too-small`), counts as one."""
    sizes = list(pods)
    fitting = [size for size in sizes if size.fits(room)]
    return len(sizes) - len(fitting) + (nodes_for(fitting, room) or 0)


def system_min(config: StackConfig, zone: str) -> int:
    """Minimum of a zone's system nodes: `cluster.system.min` in the first zone, in others what its pods need at rest."""
    pool = config.cluster.system
    if zone == config.system_zone:
        return pool.min
    return _nodes(zone_pods(config, zone, at_rest=True), allocatable(pool.node_type)) or 1


def system_max(config: StackConfig, zone: str | None = None) -> int:
    """Maximum of a zone's system nodes; without one, of the first zone's.

    In the first zone it is `cluster.system.max`, or what the pods of all parts need, at least `SYSTEM_NODES`; in others what the pods
    need that are bound to it, with all that shards share, which moves there if the first zone is lost, and one more than the minimum.
    """
    pool, room = config.cluster.system, allocatable(config.cluster.system.node_type)
    if zone is None or zone == config.system_zone:
        needed = nodes_for(system_pods(config), room) or 0
        return pool.max or min(MAX_NODES, max(SYSTEM_NODES, pool.min, needed))
    pods = (
        pods.size or part.whole
        for part in PARTS
        for pods in (part.pods(config) if part.nodes == "system" else ())
        if pods.zone == zone or not part.per_shard
        for _ in range(pods.max * sets(config, part))
    )
    return min(MAX_NODES, max(system_min(config, zone) + 1, _nodes(pods, room)))


def nodes_at_rest(config: StackConfig, zone: str) -> int:
    """Nodes of a zone's system pool without any meeting: its minimum, or as many as the pods at rest need.

    A pod that fits on no node has an error of its own (`system-pool-too-small`); the pool's maximum stands in for it.
    """
    needed = nodes_for(zone_pods(config, zone, at_rest=True), allocatable(config.cluster.system.node_type))
    maximum = system_max(config, zone)
    return maximum if needed is None else min(maximum, max(system_min(config, zone), needed))
