"""Participants that a stack carries, on how many bridges and nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.shard import Shard
from config.visitors import Visitors
from sizing.pools import PoolBounds, pool_bounds


@dataclass(frozen=True, slots=True)
class Bounds:
    """Minimum and maximum of a count."""

    min: int
    max: int

    def __add__(self, other: "Bounds") -> "Bounds":
        return Bounds(self.min + other.min, self.max + other.max)

    def as_dict(self) -> dict[str, int]:
        """As the report writes it."""
        return {"min": self.min, "max": self.max}


@dataclass(frozen=True, slots=True)
class ShardCapacity:
    """What one shard carries with all its bridges."""

    shard: Shard
    participants: int
    bridges: Bounds
    nodes: PoolBounds


def shard_capacity(shard: Shard) -> ShardCapacity:
    """Capacity at the maximum of bridges, each with `bridges.participants`."""
    bridges = shard.bridges
    return ShardCapacity(
        shard=shard,
        participants=bridges.ceiling * bridges.participants,
        bridges=Bounds(bridges.min, bridges.ceiling),
        nodes=pool_bounds(bridges),
    )


@dataclass(frozen=True, slots=True)
class LargestMeeting:
    """The largest meeting that a shard takes."""

    participants: int
    visitors: int
    bridges_carry: int
    """Participants and visitors on all bridges of the shard together: a visitor's media passes there, too."""

    @property
    def people(self) -> int:
        """What signalling takes, or what the bridges carry if that is less."""
        return min(self.participants + self.visitors, self.bridges_carry)

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it, below `capacity.perShard[].largestMeeting`."""
        return {
            "people": self.people,
            "participants": self.participants,
            "visitors": self.visitors,
            "bridgesCarry": self.bridges_carry,
        }


def largest_meeting(visitors: Visitors, bridges_carry: int) -> LargestMeeting:
    """With visitors: jicofo fills one visitor prosody after the other; each takes at most `visitorsPerNode` of one meeting."""
    return LargestMeeting(visitors.participants, visitors.nodes * visitors.visitors_per_node, bridges_carry)


def offered_participants(shards: Sequence[Shard]) -> int:
    """Participants that new meetings may bring: shards that drain or stand by take ncapacity."""
    return sum(shard_capacity(shard).participants for shard in shards if shard.state == "active")
