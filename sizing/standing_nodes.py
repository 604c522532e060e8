"""Nodes that stand at the busiest hour, zone by zone, and whether the autoscaler of nodes still adds some once a zone's are lost."""

from collections import Counter
from datetime import date

from config.shard import Shard
from config.stack import StackConfig
from sizing.node_pools import NodePool, node_pools
from sizing.system_pods import nodes_at_rest
from sizing.timetable import WEEK, monday_of, windows

UNREADY_PERCENT = 45
"""Upstream's --max-total-unready-percentage."""
UNREADY_NODES = 3
"""Upstream's --ok-total-unready-count."""


def busiest(shard: Shard, today: date) -> int:
    """Return the shard's bridges at the busiest hour of its timetable this week; without one, all of them may run."""
    start = monday_of(today)
    asked = [window.bridges for window in windows(shard.bridges, start, start + WEEK)]
    return min(max([shard.bridges.min, *asked]) if asked else shard.bridges.ceiling, shard.bridges.ceiling)


def standing_nodes(config: StackConfig, today: date) -> Counter[str]:
    """Return each zone's nodes while active shards are at their busiest, spares included, and everything else is at rest."""
    found: Counter[str] = Counter()
    for pool in node_pools(config):
        found[pool.zone] += _nodes(config, pool, today)
    return found


def _nodes(config: StackConfig, pool: NodePool, today: date) -> int:
    if pool.kind == "system":
        return nodes_at_rest(config, pool.zone)
    if pool.shard is None or pool.shard.state != "active" or not pool.bounds.autoscaled:
        return pool.bounds.min
    bridges = pool.shard.bridges
    needed = -(-(busiest(pool.shard, today) + bridges.scaling.spares) // bridges.per_node)
    return min(pool.bounds.max, max(pool.bounds.min, needed))


def adds_nodes(lost: int, nodes: int) -> bool:
    """Whether the autoscaler adds nodes while so many of a cluster's are lost: above both limits it waits for an operator."""
    return lost <= UNREADY_NODES or 100 * lost <= UNREADY_PERCENT * nodes
