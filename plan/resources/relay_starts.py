"""Rule about people who have UDP: a relay must not win against their direct path."""

import re
from collections.abc import Iterator

from components.ingress.turn_split import TURNS
from plan.findings.rule import Hit, rule
from plan.resources.edge import Edge, edges
from plan.resources.haproxy_cfg import seconds
from plan.resources.made import Resources

HEAD_START = (0.2, 1.0)
"""Seconds: below, a relay nearby answers before a browser has checked its direct paths; above, people without UDP wait for nothing."""
_WAITS = re.compile(r"content accept if WAIT_END")


@rule("relay-without-head-start", "warning")
def relay_without_head_start(stack: Resources) -> Iterator[Hit]:
    """The relay answers before a direct path is tried, so people with UDP are relayed, too."""
    for edge in edges(stack):
        fault = _fault(edge) if stack.config.coturn else None
        if fault:
            yield Hit(
                edge.where,
                f"frontend {TURNS} {fault}: a bridge keeps the first path that answers, so people who have UDP may be relayed "
                "over TCP for the whole meeting",
                "let it wait 300 ms (inspect-delay, and accept if WAIT_END) before it connects to coturn",
            )


def _fault(edge: Edge) -> str | None:
    section = edge.section("frontend", TURNS)
    if not section.lines:
        return None
    waits = [seconds(text) for text in section.after("tcp-request inspect-delay")]
    low, high = HEAD_START
    if not any(_WAITS.fullmatch(text) for text in section.after("tcp-request")) or not waits:
        return "gives a direct path no head start"
    if waits[0] is None or not low <= waits[0] <= high:
        return f"waits {waits[0]} s, and {low} to {high} are right"
    return None
