"""Releases of a stack, one after another: which of its two sets of shards runs the last one.

A shard of a new release runs beside the former one, so each needs a name and a slot of its own. A stack therefore has two sets: one as
`shards` names it, and one with the suffix. Every entry of `release` changes to the other set, so neighbours never share one.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from config.addresses import Tag
from config.shard import ShardEntry

SUFFIX = "b"
"""After the name of a shard in the second set. No dash: a shard s0-b would share the beginning of its objects' names with s0."""
SLOTS_APART = 12
"""Between the slots of a shard in both sets: slots 0 to 23 make 12 pairs, each with a block of NodePorts."""


def _listed(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, str) else value


Releases = Annotated[
    tuple[Tag, ...],
    Field(min_length=1, max_length=100),
    BeforeValidator(_listed),
    PlainSerializer(list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100},
            ]
        }
    ),
]
"""One release, or several in the order in which they came."""


def are_counterparts(name: str, other: str) -> bool:
    """Whether two shards are one entry of `shards` in both sets."""
    return name == other + SUFFIX or other == name + SUFFIX


def in_other_set(name: str, slot: int) -> tuple[str, int]:
    """Name and slot that a shard of `shards` has in the second set."""
    return name + SUFFIX, slot + SLOTS_APART if slot < SLOTS_APART else slot - SLOTS_APART


def running(shards: Sequence[ShardEntry], releases: Sequence[str]) -> tuple[ShardEntry, ...]:
    """Return the shards that run the last release, named as they run. A shard with a `release` of its own stays as it is."""
    return tuple(_running(shards, releases))


def _running(shards: Sequence[ShardEntry], releases: Sequence[str]) -> Iterator[ShardEntry]:
    for position, entry in enumerate(shards):
        if not releases or entry.release is not None:
            yield entry
            continue
        name, slot = entry.name, entry.slot_at(position)
        if len(releases) % 2:
            name, slot = in_other_set(name, slot)
        yield entry.model_copy(update={"name": name, "slot": slot, "release": releases[-1]})
