"""The picture of a rehearsal: participants above, bridges and nodes below, events as vertical lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.rehearsal.stack import CAPACITY
from plan.pictures.markup import Markup, label, path, rect, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, LEFT, RIGHT = 900, 44, 12
PEOPLE = (60, 150)
"""Top and height."""
BRIDGES = (250, 170)
HEIGHT = 470
MINUTE = 60
SHOWN = ("lesson", "crowd", "capacity", "node drain", "rolling update", "outage", "outage over", "night")
SHOWN += ("hanging bridge", "killed bridge", "crash while leaving")
STYLE = """
text{font:11px system-ui,sans-serif;fill:#333} .caption{font-weight:600} .event{font-size:10px;fill:#7a3b00}
.limit{stroke:#ddd;fill:none} .mark{stroke:#d98324;stroke-dasharray:3 3;fill:none} .ground{fill:#fff}
.capacity{fill:#cfe3f7} .people{stroke:#1a1a1a;stroke-width:1.5;fill:none} .waiting{fill:#c0392b}
.nodes{fill:#ececec} .draining{fill:#9bc99b} .open{fill:#6fa8dc} .wanted{stroke:#1a1a1a;stroke-width:1.5;fill:none}
.away{fill:#f6dada}
"""
Samples = "Sequence[dict[str, Any]]"


class _Scale:
    """Seconds to x, counts to y."""

    def __init__(self, begins: float, ends: float, box: tuple[float, float], maximum: float) -> None:
        self.begins, self.seconds = begins, max(ends - begins, 1)
        self.top, self.height = box
        self.maximum = max(maximum, 1)

    def x(self, time: float) -> float:
        """The x coordinate of a time."""
        return LEFT + (time - self.begins) / self.seconds * (WIDTH - LEFT - RIGHT)

    def y(self, count: float) -> float:
        """The y coordinate of a count."""
        return self.top + self.height * (1 - count / self.maximum)

    def stairs(self, points: Sequence[tuple[float, float]], *, closed: bool) -> str:
        """A step line through counts over time; `closed` for an area."""
        drawn = [f"M{self.x(points[0][0]):.1f} {self.y(0 if closed else points[0][1]):.1f}"]
        drawn += [f"H{self.x(time):.1f} V{self.y(count):.1f}" for time, count in points]
        return " ".join([*drawn, f"V{self.y(0):.1f} Z"] if closed else drawn)

    def marks(self) -> list[Markup]:
        """The axis."""
        return [
            mark
            for count in sorted({0, int(self.maximum) // 2, int(self.maximum)})
            for mark in (
                path(f"M{LEFT} {self.y(count):.1f} H{WIDTH - RIGHT}", "limit"),
                label(LEFT - 6, self.y(count) + 4, str(count), "label", "end"),
            )
        ]


def _column(samples: Sequence[dict[str, Any]], *keys: str, factor: float = 1) -> list[tuple[float, float]]:
    return [(sample["t"], factor * sum(sample[key] for key in keys)) for sample in samples]


def picture(figures: dict[str, Any]) -> str:
    """Render the figures as SVG."""
    begins = next((e["t"] for e in figures["events"] if e["what"] == "act" and e["act"] == "ready"), 0.0)
    samples = [sample for sample in figures["samples"] if sample["t"] >= begins]
    if not samples:
        return str(tag("svg", tag("title", "no samples"), xmlns="http://www.w3.org/2000/svg"))
    ends = samples[-1]["t"]
    capacity, people = _column(samples, "open", factor=CAPACITY), _column(samples, "participants")
    upper = _Scale(begins, ends, PEOPLE, max(count for _, count in (*capacity, *people)))
    nodes, desired = _column(samples, "nodes"), _column(samples, "wanted")
    running = _column(samples, "open", "draining")
    lower = _Scale(begins, ends, BRIDGES, max(count for _, count in (*nodes, *desired, *running)))
    bottom = BRIDGES[0] + BRIDGES[1]
    parts: list[object] = [rect(0, 0, WIDTH, HEIGHT, "ground", rx=0)]
    for outage in figures["outages"]:
        until = min(outage["at"] + outage["seconds"], ends)
        width = upper.x(until) - upper.x(outage["at"])
        parts.append(rect(upper.x(outage["at"]), PEOPLE[0], width, bottom - PEOPLE[0], "away", rx=0))
    parts += [
        label(LEFT, 16, "participants (line) and capacity of bridges that accept them (area)", "caption"),
        *upper.marks(),
        path(upper.stairs(capacity, closed=True), "capacity"),
        path(upper.stairs(people, closed=False), "people"),
        label(LEFT, BRIDGES[0] - 12, "nodes (grey), bridges: draining (green), open (blue); desired (line)", "caption"),
        *lower.marks(),
        path(lower.stairs(nodes, closed=True), "nodes"),
        path(lower.stairs(running, closed=True), "draining"),
        path(lower.stairs(_column(samples, "open"), closed=True), "open"),
        path(lower.stairs(desired, closed=False), "wanted"),
    ]
    acts = [e for e in figures["events"] if e["what"] == "act" and e["act"] in SHOWN and e["t"] >= begins]
    for number, event in enumerate(acts):
        x = upper.x(event["t"])
        parts.append(path(f"M{x:.1f} {PEOPLE[0] - 30 + number % 3 * 12} V{bottom}", "mark"))
        words = " ".join(filter(None, (event["act"], str(event.get("component") or event.get("name") or ""))))
        parts.append(label(min(x + 3, WIDTH - 110), PEOPLE[0] - 22 + number % 3 * 12, words, "event"))
    minutes = range(0, int(ends - begins) + 1, MINUTE)
    parts += [label(upper.x(begins + m), bottom + 18, f"{m // MINUTE} min", "label", "middle") for m in minutes]
    title = (
        f"{figures['story']} ({figures['layout']}): {len(figures['cutMeetings'])} meetings cut of {figures['meetings']}"
    )
    attributes = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "xmlns": "http://www.w3.org/2000/svg", "role": "img"}
    return str(tag("svg", tag("title", title), tag("style", Markup(STYLE)), *parts, **attributes)) + "\n"
