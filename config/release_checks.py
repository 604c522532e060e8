"""Checks of `release`: whether shards can run in two sets, one after the other."""

from collections.abc import Iterator

from config.problems import Problem
from config.releases import SLOTS_APART, SUFFIX, in_other_set
from config.stack import StackConfig


def release_problems(config: StackConfig) -> Iterator[Problem]:
    """Yield what keeps the shards, as the file names them, from having two sets."""
    if config.release is None:
        return
    if not config.cluster.owns_nodes:
        yield Problem(
            "release",
            "is for clusters that the stack makes, where an update can wait for meetings to end; on an existing cluster remove it, and "
            "add shards with a release of their own (shards[].release)",
        )
    yield from _pairs(config)


def _pairs(config: StackConfig) -> Iterator[Problem]:
    written = config.written_shards
    names = {entry.name: number for number, entry in enumerate(written)}
    slots = {entry.slot_at(number): number for number, entry in enumerate(written)}
    for number, entry in enumerate(written):
        if entry.release is not None:
            continue
        slot = entry.slot_at(number)
        if slot >= 2 * SLOTS_APART:
            yield Problem(
                f"shards[{number}].slot",
                f"{slot} has no pair: with `release`, {entry.name} runs in two slots that are {SLOTS_APART} apart, below "
                f"{2 * SLOTS_APART}; give {entry.name} a release of its own, or use a shard with a lower slot",
            )
            continue
        name, pair = in_other_set(entry.name, slot)
        if name in names:
            yield Problem(
                f"shards[{names[name]}].name",
                f"{name} is also the name of {entry.name} in every second release; choose a name without the suffix {SUFFIX}",
            )
        if (other := slots.get(pair)) is not None and other > number:
            yield Problem(
                f"shards[{other}].slot",
                f"{pair} is also the slot of {entry.name} in every second release; choose one that is not {SLOTS_APART} apart from "
                "another shard's",
            )
        bridges = config.bridges_of(entry)
        if bridges.layout == "nodePort" and bridges.first_port is not None:
            yield Problem(
                f"shards[{number}].bridges.firstPort"
                if getattr(entry.bridges, "first_port", None)
                else "bridges.firstPort",
                f"{bridges.first_port}, but with `release` {entry.name} runs twice for a while, and a NodePort has one owner; remove "
                "firstPort, so that ports follow the slot",
            )
