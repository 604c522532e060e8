"""When a shard nears its end, and the line that adds the next one."""

import re
from collections import Counter

from config.node_types import NODE_TYPES, ZONES
from config.stack import StackConfig

NEAR = 0.9
"""Share of what a prosody carries (`signalling.participants`) from which the next shard is worth preparing."""

MOST_SLOTS = {"hostPort": 28, "nodePort": 25}  # above slot 24 a block of NodePorts would pass 32767
_NUMBERED = re.compile(r"(.*?)(\d+)")


def shard_limit(config: StackConfig) -> int:
    """People of a shard for whom its signalling is enough: those of its prosody, and visitors on prosodies of their own."""
    visitors = config.visitors.nodes * config.visitors.visitors_per_node if config.visitors else 0
    return config.signalling.participants + visitors


def _zones(config: StackConfig) -> tuple[str, ...]:
    """Where another shard of the default node type may run; in a cluster of others: where one runs already."""
    used = tuple(dict.fromkeys(shard.zone for shard in config.shards))
    node_type = NODE_TYPES.get(config.bridges.node_type)
    if config.cluster.kind == "existing" or config.region is None:
        return used
    offered = [zone for zone in ZONES[config.region] if node_type is None or zone in node_type.zones]
    return tuple(offered) or used


def next_shard(config: StackConfig) -> str | None:
    """The line to add to `shards`, as YAML; none where every slot is taken.

    Name and slot are the next free ones after the highest, else the lowest free; the zone is the one with the fewest shards,
    the first of them where several have as few. States do not count: the line stays while one changes.
    """
    names = {shard.name for shard in config.shards}
    slots = {shard.slot for shard in config.resolved}
    numbered = [match.group(1) for name in names if (match := _NUMBERED.fullmatch(name))]
    stem = Counter(sorted(numbered)).most_common(1)[0][0] if numbered else "s"
    most = MOST_SLOTS[config.bridges.layout]
    after = [*range(max(slots) + 1, most), *range(most)]
    slot = next((slot for slot in after if slot not in slots and f"{stem}{slot}" not in names), None)
    if slot is None:
        return None
    used = Counter(shard.zone for shard in config.shards)
    zone = min(_zones(config), key=lambda zone: used[zone])
    return f"- {{name: {stem}{slot}, zone: {zone}}}"
