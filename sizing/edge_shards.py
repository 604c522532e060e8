"""The shards as HAProxy numbers them, and how it shares new rooms among them by weight."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_DRAWS = 16
"""Finest weight: a shard's share of new rooms is a whole number of at most 16 draws against the other shards' draws."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeShard:
    """One shard. Its hashes and its number follow `slot`, never its position in the list."""

    name: str
    slot: int
    state: str
    weight: int
    release: str = ""
    visitors: Mapping[str, str] = field(default_factory=dict)
    """Visitor nodes: value of the clients' parameter `vnode` -> host:port."""

    @property
    def number(self) -> int:
        """The server's id, and the value that the room table keeps; 0 would mean no shard."""
        return self.slot + 1

    @property
    def bit(self) -> int:
        """The shard's bit in the set of shards that take new rooms, which the HAProxies tell each other."""
        return 1 << self.slot


def draws(shards: tuple[EdgeShard, ...]) -> dict[str, int]:
    """Hashes that each shard draws for a room; the highest of all wins, so shares follow the weights.

    Equal weights draw once each. Weights without a small common divisor are rounded to sixteenths of the largest, and every
    shard draws at least once. A raised weight only adds draws: rooms move to that shard, never between two others.
    """
    if not shards:
        return {}
    weights = {shard.name: shard.weight for shard in shards}
    divisor = math.gcd(*weights.values())
    if max(weights.values()) // divisor > MAX_DRAWS:
        largest = max(weights.values())
        weights = {name: max(1, round(weight * MAX_DRAWS / largest)) for name, weight in weights.items()}
        divisor = math.gcd(*weights.values())
    return {name: weight // divisor for name, weight in weights.items()}
