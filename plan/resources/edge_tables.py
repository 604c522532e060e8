"""Rules about the tables that HAProxies share: rooms, shards that take rooms, and split rooms."""

import re
from collections.abc import Iterator
from itertools import pairwise

from plan.findings.rule import Hit, rule
from plan.resources.edge import Edge, edges
from plan.resources.haproxy_cfg import seconds
from plan.resources.made import Resources

KEY_BYTES = 20  # SHA-1 of tenant and room
CLIENT_REFRESH_SECONDS = 120  # clients repeat a request every 60 to 120 s
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}
TABLES: dict[str, tuple[str, float, float]] = {
    "rooms": ("binary len 20", 2 * CLIENT_REFRESH_SECONDS, 600),
    "counts": ("string len 32", 5, 30),
    "takers": ("string len 32", 5, 30),
    "alive": ("integer", 3, 10),
    "staffed": ("integer", 30, 120),
    "seats": ("string len 44", CLIENT_REFRESH_SECONDS, 600),
    "split": ("binary len 20", CLIENT_REFRESH_SECONDS, 600),
}
"""Table -> type of its keys, and the bounds in seconds of an entry's life.

Rooms, seats and split rooms outlive a client's next request, and not the next meeting of the same name. Takers and counts are
published every second. `alive` is how long a shard counts as alive without a check, `staffed` without a bridge (60 s in
docs/edge.md).
"""


@rule("edge-table-differs", "error")
def edge_table_differs(stack: Resources) -> Iterator[Hit]:
    """A table of the edge is not shared, too small, or forgets its entries too soon or too late."""
    for edge in edges(stack):
        text = "\n".join(line for section in edge.sections for line in section.lines)
        names = re.findall(r"(?:table_gpt0|in_table|table_cnt)\((\w+)\)|(?<!-)\btable (\w+)", text)
        for name in sorted({first or second for first, second in names} - {"addresses"}):
            for fault in _faults(edge, name):
                yield Hit(
                    edge.where,
                    f"the table {name} {fault}: HAProxies forget open rooms, or send a new one to a shard that is gone",
                    "declare it as docs/edge.md describes it, with `peers haproxies`",
                )


def _faults(edge: Edge, name: str) -> Iterator[str]:
    text = edge.section("backend", name).last("stick-table")
    if text is None:
        yield "is used and not declared"
        return
    words = text.split()
    options = dict(pairwise(words))
    kind, low, high = TABLES.get(name, (options.get("type", ""), 0, float("inf")))
    if f"type {kind} size" not in text:
        yield f"has keys of `{text.partition(' size')[0]}`, not {kind}"
    if options.get("peers") != "haproxies":
        yield "is not shared with the other HAProxies"
    if name in ("rooms", "counts", "takers") and options.get("store") != "gpt0":
        yield "keeps no number"
    kept = seconds(options.get("expire", "")) or 0
    if not low <= kept <= high:
        yield f"keeps an entry for {kept:g} s, not for {low:g} to {high:g} s"
    rooms = edge.stack.config.ingress.room_table
    least = {"rooms": rooms, "seats": 2 * rooms}.get(name, 100)
    size = re.fullmatch(r"(\d+)([km]?)", options.get("size", ""))
    if size is None or not least <= int(size[1]) * _UNITS[size[2]] <= max(2 * rooms, 1 << 20):
        yield f"holds {options.get('size', 'nothing')}, and must hold {least} (ingress.roomTable is {rooms})"
