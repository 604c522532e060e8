"""When a shard nears its limit, and the stack file's line that adds the next one."""

import re
from collections import Counter

from config.node_types import ZONES, node_type_of
from config.releases import SLOTS_APART, in_other_set
from config.stack import StackConfig

NEAR_LIMIT_SHARE = 0.9
"""Share of what a prosody carries (`signalling.participants`) from which the next shard is worth preparing."""

MAX_SLOTS = {"hostPort": 28, "nodePort": 25}  # above slot 24 a block of NodePorts would pass 32767
_NUMBERED = re.compile(r"(.*?)(\d+)")


def shard_limit(config: StackConfig) -> int:
    """Participants of a shard that its signalling carries: those of its prosody, and visitors on prosodies of their own."""
    visitors = config.visitors.nodes * config.visitors.visitors_per_node if config.visitors else 0
    return config.signalling.participants + visitors


def _zones(config: StackConfig) -> tuple[str, ...]:
    """Zones where another shard of the default node type may run; on an existing cluster those where one runs already."""
    used = tuple(dict.fromkeys(shard.zone for shard in config.shards))
    node_type = node_type_of(config.bridges.node_type)
    if not config.cluster.owns_nodes or config.region is None:
        return used
    offered = [zone for zone in ZONES.get(config.region, ()) if not node_type.zones or zone in node_type.zones]
    return tuple(offered) or used


def next_shard(config: StackConfig) -> str | None:
    """The line to add to `shards`, as YAML; None if every slot is taken.

    Name and slot are the next free ones after the highest, else the lowest free; the zone is the first with the fewest shards.
    States do not count: the line stays while one changes.
    """
    names = {shard.name for shard in config.written_shards}
    slots = {shard.slot_at(position) for position, shard in enumerate(config.written_shards)}
    numbered = [match.group(1) for name in names if (match := _NUMBERED.fullmatch(name))]
    stem = Counter(sorted(numbered)).most_common(1)[0][0] if numbered else "s"
    slot_count, highest = MAX_SLOTS[config.bridges.layout], max(slots)
    if config.release:
        slots |= {in_other_set("", slot)[1] for slot in slots if slot < 2 * SLOTS_APART}
        slot_count = 2 * SLOTS_APART
    after = [*range(highest + 1, slot_count), *range(slot_count)]
    slot = next((slot for slot in after if slot not in slots and f"{stem}{slot}" not in names), None)
    if slot is None:
        return None
    used = Counter(shard.zone for shard in config.shards)
    zone = min(_zones(config), key=lambda zone: used[zone])
    return f"- {{name: {stem}{slot}, zone: {zone}}}"
