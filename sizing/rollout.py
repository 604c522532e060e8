"""How many bridges a rollout replaces at a time, and when it goes on.

A Deployment's bridges are replaced in place (no surge: a host port is free only where a bridge has left). Its controller
keeps `replicas - maxUnavailable` bridges available and counts a terminating bridge as gone at once. Alone, it would go on as
soon as replacements are ready, with the former bridges still in meetings. `minReadySeconds` holds it back: let *k* bridges be
allowed away. Each bridge that leaves at *t* has a replacement made at *t* or later, ready at *t* or later, and
available `minReadySeconds` after that. Until then it is one of the *k*. The bridge itself is gone by *t* + announce +
migrateAfter + move + exit. With `minReadySeconds` no shorter than that, a bridge that leaves is always covered by an
unavailable replacement, so never more than *k* leave at once. (A second update before the first is through may take *k* more:
replacements that are not available yet are replaced first.)

The autoscaler and the budget look at readiness, which `minReadySeconds` does not delay.
"""

from collections.abc import Iterable

from config.bridges import Bridges
from config.shard import Shard
from sizing.pools import DRAINING_SHARE
from sizing.ports import host_port_slots

SHARE_PERCENT = 100 // DRAINING_SHARE
SHARE = f"{SHARE_PERCENT}%"
"""Of a workload's bridges. A Deployment rounds it down, but never to 0 without surge; a budget sums its workloads and rounds up."""
JOINED_SECONDS = 30  # a ready bridge logs in to prosody and reports (every 5 s) before jicofo counts on it


def in_place(bridges: Bridges) -> bool:
    """Whether a replacement waits for the former bridge anyway: its node (DaemonSet) or ordinal (StatefulSet) is taken."""
    return bridges.topology == "daemonset" or bridges.layout == "nodePort"


def min_ready_seconds(bridges: Bridges) -> int:
    """`minReadySeconds`: a new bridge counts as available once any bridge that left for it has gone."""
    return JOINED_SECONDS if in_place(bridges) else bridges.drain.shortest_deadline


def leaving_at_once(replicas: int) -> int:
    """Bridges of one Deployment that a rollout replaces at a time: the share, rounded down, and at least one."""
    return max(1, replicas * SHARE_PERCENT // 100)


def evicted_at_once(replicas: int) -> int:
    """Bridges of a shard that node drains may evict before replacements are ready: the share, rounded up."""
    return -(-replicas * SHARE_PERCENT // 100)


def shard_leaving_at_once(shard: Shard, replicas: Iterable[int] | None = None) -> int:
    """Bridges of a shard that a rollout replaces at a time; every host port is a Deployment, and all are updated together.

    `replicas` is the number for each host port, by default the minimum.
    """
    if in_place(shard.bridges):
        return 1
    return sum(leaving_at_once(count) for count in replicas or (slot.min for slot in host_port_slots(shard)))
