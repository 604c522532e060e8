"""Schedule entries for the whole stack, split over its active shards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from config.shard import Shard


def split(shards: Sequence[Shard]) -> tuple[Shard, ...]:
    """Return the shards with their share of each entry for the stack; shards that take no new meetings lose such entries."""
    active = {shard.name: shard for shard in shards if shard.state == "active"}

    def with_share(shard: Shard) -> Shard:
        if all(entry.participants_of_stack is None for entry in shard.bridges.schedule):
            return shard
        entries = []
        for entry in shard.bridges.schedule:
            if entry.participants_of_stack is None:
                entries.append(entry)
            elif shard.name in active:
                share = shares(entry.participants_of_stack, active)[shard.name]
                entries.append(entry.model_copy(update={"participants": share, "participants_of_stack": None}))
        return replace(shard, bridges=shard.bridges.model_copy(update={"schedule": tuple(entries)}))

    return tuple(with_share(shard) for shard in shards)


def shares(participants: int, shards: Mapping[str, Shard]) -> dict[str, int]:
    """Split participants by weight, as the edge splits new rooms; what is above a shard's `room` goes to the others."""
    result: dict[str, int] = {}
    open_shards, left = dict(shards), participants
    while open_shards:
        weights = sum(shard.weight for shard in open_shards.values())
        full = [name for name, shard in open_shards.items() if left * shard.weight > room(shard) * weights]
        if not full or len(full) == len(open_shards):
            return result | {name: -(-left * shard.weight // weights) for name, shard in open_shards.items()}
        for name in full:
            result[name] = room(open_shards.pop(name))
            left -= result[name]
    return result


def room(shard: Shard) -> int:
    """Return the participants for which the autoscaler has bridges."""
    return shard.bridges.ceiling * shard.bridges.target_participants
