"""Pods that run on the system pool when everything runs, and how many nodes they need."""

from collections.abc import Iterator

from config.cluster import MAX_NODES, SYSTEM_NODES
from config.stack import StackConfig
from sizing.parts import PARTS
from sizing.pod_sizes import PodSize, allocatable, nodes_for


def system_pods(config: StackConfig, *, at_rest: bool = False) -> Iterator[PodSize]:
    """Requests of every pod without nodes of its own: each part at its maximum, or `at_rest` at its minimum."""
    for part in PARTS:
        if part.nodes == "system":
            yield from part.requests(config, at_rest=at_rest)


def system_max(config: StackConfig) -> int:
    """Maximum of system nodes: `cluster.system.max`, or what the pods of all parts need, at least `SYSTEM_NODES`."""
    pool = config.cluster.system
    if pool.max is not None:
        return pool.max
    needed = nodes_for(system_pods(config), allocatable(pool.node_type)) or 0
    return min(MAX_NODES, max(SYSTEM_NODES, pool.min, needed))


def nodes_at_rest(config: StackConfig) -> int:
    """Nodes of the system pool without any meeting: its minimum, or as many as the pods at rest need.

    A pod that fits on no node has an error of its own (`system-pool-too-small`); the pool's maximum stands in for it.
    """
    pool = config.cluster.system
    needed = nodes_for(system_pods(config, at_rest=True), allocatable(pool.node_type))
    maximum = system_max(config)
    return maximum if needed is None else min(maximum, max(pool.min, needed))
