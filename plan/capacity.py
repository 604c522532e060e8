"""How many people a stack carries, on how many bridges and nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.shard import Shard
from config.stack import StackConfig
from plan.drain import drain_seconds
from plan.large_meetings import largest_meeting
from plan.pools import PoolBounds, pool_bounds
from plan.recording_pool import fewest, recorder_nodes


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and most of something that can be counted."""

    min: int
    max: int

    def __add__(self, other: "Bounds") -> "Bounds":
        return Bounds(self.min + other.min, self.max + other.max)

    def as_dict(self) -> dict[str, int]:
        """As the report writes it."""
        return {"min": self.min, "max": self.max}


@dataclass(frozen=True, slots=True)
class ShardCapacity:
    """What one shard carries when all its bridges run."""

    shard: Shard
    participants: int
    bridges: Bounds
    nodes: PoolBounds


def shard_capacity(shard: Shard) -> ShardCapacity:
    """Participants at the most bridges, each carrying what `bridges.participants` says it carries well."""
    bridges = shard.bridges
    return ShardCapacity(
        shard=shard,
        participants=bridges.ceiling * bridges.participants,
        bridges=Bounds(bridges.min, bridges.ceiling),
        nodes=pool_bounds(bridges),
    )


def offered_participants(shards: Sequence[Shard]) -> int:
    """Participants that new meetings may bring: shards that drain or stand by take none."""
    return sum(shard_capacity(shard).participants for shard in shards if shard.state == "active")


def system_nodes(config: StackConfig) -> Bounds:
    """Nodes of the pool for everything but media; none in a cluster that is already there."""
    if config.cluster.kind == "existing":
        return Bounds(0, 0)
    return Bounds(config.cluster.system.min, config.cluster.system.max)


def _recorders(config: StackConfig) -> dict[str, Any]:
    """Recordings and streams at once; nothing where nothing is recorded."""
    if config.recording is None:
        return {}
    nodes = recorder_nodes(config.recording)
    return {
        "recorders": {
            "min": fewest(config.recording),
            "max": config.recording.max,
            "idle": config.recording.idle,
            "nodes": {"min": nodes.min, "max": nodes.max} if config.cluster.kind == "kapsule" else {"min": 0, "max": 0},
        }
    }


def capacity(config: StackConfig) -> dict[str, Any]:
    """The report's `capacity`. `nodes` counts bridge nodes; those of the system pool stand in `systemNodes`.

    A shard's `participants` are what its bridges carry, `signalling.participants` what its prosody does; with visitors
    `largestMeeting` says how many one meeting may have.
    """
    each = [shard_capacity(shard) for shard in config.resolved]
    bridges = sum((one.bridges for one in each), Bounds(0, 0))
    nodes = sum((Bounds(one.nodes.min, one.nodes.max) for one in each), Bounds(0, 0))
    return {
        "participants": offered_participants(config.resolved),
        "bridges": bridges.as_dict(),
        "nodes": nodes.as_dict(),
        "systemNodes": system_nodes(config).as_dict(),
        "perShard": [
            {
                "shard": one.shard.name,
                "zone": one.shard.zone,
                "state": one.shard.state,
                "participants": one.participants,
                "bridges": one.bridges.as_dict(),
                "nodes": {"min": one.nodes.min, "max": one.nodes.max},
                "signalling": {"participants": config.signalling.participants},
                **(
                    {"largestMeeting": largest_meeting(config.visitors, one.participants).as_dict()}
                    if config.visitors
                    else {}
                ),
            }
            for one in each
        ],
        "drainSeconds": drain_seconds(config.resolved),
        **_recorders(config),
    }
