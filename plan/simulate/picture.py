"""Picture of a simulated day on one time axis: participants and capacity, overload, bridges and nodes."""

from collections.abc import Sequence
from typing import Any

from plan.pictures.markup import Markup, label, path, rect, svg, tag
from plan.simulate.text import clock

WIDTH = 760
LEFT = 44
RIGHT = 12
PEOPLE = (26, 150)
"""Top and height of the upper part."""
STRIP = (186, 12)
BRIDGES = (228, 150)
HEIGHT = 420
HOUR = 3600
MINUTE = 60
MAX_LABELS = 12

Series = Sequence[dict[str, int]]


class _Scale:
    """Seconds to x, counts to y."""

    def __init__(self, series: Series, top: float, height: float, maximum: int) -> None:
        self._begins = series[0]["t"]
        self._seconds = series[-1]["t"] + MINUTE - self._begins
        self._top, self._height, self._max = top, height, max(maximum, 1)

    def x(self, time: float) -> float:
        return LEFT + (time - self._begins) / self._seconds * (WIDTH - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return self._top + self._height * (1 - count / self._max)

    def steps(self, series: Series, value: Sequence[int], *, closed: bool) -> str:
        """Return a step line through one value per minute; `closed` adds the area down to zero."""
        points = [f"M{LEFT} {self.y(0 if closed else value[0]):.1f}"]
        before: int | None = None
        for moment, count in zip(series, value, strict=True):
            if count != before:
                points.append(f"H{self.x(moment['t']):.1f} V{self.y(count):.1f}")
                before = count
        points.append(f"H{WIDTH - RIGHT}")
        return " ".join([*points, f"V{self.y(0):.1f} Z"] if closed else points)

    def marks(self) -> list[Markup]:
        """Draw the axis: zero, half and the maximum."""
        shown = sorted({0, self._max // 2, self._max})
        return [
            mark
            for count in shown
            for mark in (
                path(f"M{LEFT} {self.y(count):.1f} H{WIDTH - RIGHT}", "limit"),
                label(LEFT - 6, self.y(count) + 4, str(count), "label", "end"),
            )
        ]


def _hours(series: Series, scale: _Scale) -> list[Markup]:
    begins, ends = series[0]["t"], series[-1]["t"] + MINUTE
    every = next(hours for hours in (1, 2, 3, 6, 12) if (ends - begins) / HOUR / hours <= MAX_LABELS)
    first = -(-begins // HOUR) * HOUR
    return [
        label(min(max(scale.x(time), LEFT + 14), WIDTH - RIGHT - 16), HEIGHT - 22, clock(time), "label", "middle")
        for time in range(first, ends + 1, every * HOUR)
    ]


def _overload(series: Series, scale: _Scale) -> list[Markup]:
    """Draw a bar for every period in which a bridge was overloaded or participants waited."""
    parts: list[Markup] = []
    run: list[dict[str, int]] = []
    for moment in [*series, None]:
        if moment is not None and (moment["overloaded"] or moment["waiting"]):
            run.append(moment)
            continue
        if run:
            first, last = run[0], run[-1]
            affected = max(moment["crowded"] + moment["waiting"] for moment in run)
            words = f"{clock(first['t'])} to {clock(last['t'] + MINUTE)}: up to {affected} people on overloaded bridges"
            x = scale.x(first["t"])
            width = max(1.5, scale.x(last["t"] + MINUTE) - x)
            parts.append(rect(x, STRIP[0], width, STRIP[1], "overload", tag("title", words), rx=1))
            run = []
    return parts


def _column(series: Series, key: str) -> list[int]:
    return [moment[key] for moment in series]


def day(result: dict[str, Any]) -> Markup:
    """Draw capacity (area) and participants (line) above, and nodes, ready, draining and desired bridges below."""
    series: Series = result["series"]
    capacity = [moment["ready"] * result["capacity"] for moment in series]
    people = _column(series, "participants")
    upper = _Scale(series, *PEOPLE, max(*capacity, *people, 1))
    nodes, desired = _column(series, "nodes"), _column(series, "wanted")
    running = [moment["ready"] + moment["draining"] for moment in series]
    lower = _Scale(series, *BRIDGES, max(*nodes, *desired, *running, 1))
    crowd = result["crowdAt"]
    parts: list[object] = [
        label(LEFT, 16, "people (line) and capacity of ready bridges (area)", "caption"),
        *upper.marks(),
        path(upper.steps(series, capacity, closed=True), "area capacity"),
        path(upper.steps(series, people, closed=False), "line people"),
        rect(LEFT, STRIP[0], WIDTH - LEFT - RIGHT, STRIP[1], "strip", rx=1),
        *_overload(series, upper),
        label(LEFT - 6, STRIP[0] + 10, "over", "label", "end"),
        label(LEFT, 218, "nodes (pale), draining (green), ready (blue) and desired bridges (line)", "caption"),
        *lower.marks(),
        path(lower.steps(series, nodes, closed=True), "area nodes"),
        path(lower.steps(series, running, closed=True), "area draining"),
        path(lower.steps(series, _column(series, "ready"), closed=True), "area ready"),
        path(lower.steps(series, desired, closed=False), "line wanted"),
        *_hours(series, lower),
    ]
    if crowd is not None:
        parts.append(path(f"M{upper.x(crowd):.1f} {PEOPLE[0]} V{BRIDGES[0] + BRIDGES[1]}", "limit"))
        parts.append(label(upper.x(crowd) + 4, PEOPLE[0] + 10, f"crowd at {clock(crowd)}", "label"))
    words = f"{result['trace']}: up to {result['peakParticipants']} people on up to {result['peakBridges']} bridges"
    return svg(WIDTH, HEIGHT - 10, words, *parts)
