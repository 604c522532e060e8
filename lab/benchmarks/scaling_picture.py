"""The chart of the scaling results: degraded time against cost for each policy, and a school day. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lab.benchmarks.scaling import STACK
from lab.benchmarks.scaling_gates import DEGRADED_PERCENT, TIMES_ORACLE, mean_and_worst
from plan.pictures.markup import Markup, label, path, rect, svg, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 900, 790
LEFT, RIGHT = 60, 30
PLOT = (50, 270)
"""Top and height of the upper part."""
PEOPLE, BRIDGES = (400, 130), (580, 150)
MIN_PERCENT, MAX_PERCENT = (
    0.05,
    100.0,
)  # percent of participants' time; the axis is logarithmic, smaller values are drawn at its end
COSTS = (0.5, 1, 2, 4, 8, 12)  # multiple of the oracle's node-hours
HOUR = 3600
LETTER = 6.5  # approximate width in px
STYLE = """
svg{background:#fff}text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.soft{fill:#666}
.axis{stroke:#bbb;fill:none}.gate{fill:#1e8449;fill-opacity:.12}.own{fill:#1b4f72}.other{fill:#b9770e}
.capacity{fill:#aed6f1}.people{stroke:#222;fill:none;stroke-width:1.5}
.nodes{fill:#e5e7e9}.draining{fill:#d68910}.ready{fill:#5dade2}.wanted{stroke:#222;fill:none;stroke-width:1.5}
@media (prefers-color-scheme: dark){svg{background:#16191d}text{fill:#e6e6e6}.soft{fill:#aaa}.axis{stroke:#555}
.own{fill:#5dade2}.other{fill:#f5b041}.people,.wanted{stroke:#eee}.capacity{fill:#21618c}.nodes{fill:#33383e}}
"""


def picture(results: dict[str, Any]) -> str:
    """Render the results as SVG."""
    words = "Degraded time against cost for each policy, and a school day of this program"
    drawn = str(svg(WIDTH, HEIGHT, words, tag("style", Markup(STYLE)), _plot(results), _day(results["day"])))
    return (
        drawn.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" ', 1) + "\n"
    )


def _across(cost: float) -> float:
    low, high = math.log(COSTS[0]), math.log(COSTS[-1])
    share = (math.log(min(max(cost, COSTS[0]), COSTS[-1])) - low) / (high - low)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _down(percent: float) -> float:
    low, high = math.log10(MIN_PERCENT), math.log10(MAX_PERCENT)
    return PLOT[0] + PLOT[1] * (1 - (math.log10(min(max(percent, MIN_PERCENT), MAX_PERCENT)) - low) / (high - low))


def _plot(results: dict[str, Any]) -> list[object]:
    """Both axes are logarithmic; a dot is the mean of the school days, its line ends at the worst."""
    foot = PLOT[0] + PLOT[1]
    parts: list[object] = [
        label(LEFT, 22, "School day: people's time on a bridge with too many, against node-hours", "title"),
        rect(LEFT, _down(DEGRADED_PERCENT), _across(TIMES_ORACLE) - LEFT, foot - _down(DEGRADED_PERCENT), "gate", rx=0),
        label(LEFT + 8, _down(DEGRADED_PERCENT) + 16, "the gate", "soft"),
    ]
    for percent in (0.1, 1, 10, 100):
        parts.append(path(f"M{LEFT} {_down(percent):.1f} H{WIDTH - RIGHT}", "axis"))
        parts.append(label(LEFT - 8, _down(percent) + 4, f"{percent:g} %", anchor="end"))
    for cost in COSTS:
        parts.append(label(_across(cost), foot + 18, f"{cost:g}", anchor="middle"))
    parts.append(label(WIDTH - RIGHT, foot + 34, "node-hours, times those of a clairvoyant", "soft", "end"))
    taken: list[tuple[float, float, float]] = []
    for name, days in results["runs"].items():
        degraded, worst = mean_and_worst(days["school"], "degradedPercent")
        cost, dearest = mean_and_worst(days["school"], "nodeHoursPerOracle")
        x, y = _across(cost or 0), _down(degraded or 0)
        class_ = "own" if name.startswith(STACK) else "other"
        words = tag("title", f"{name}: {degraded:.2f} %, {cost:.2f} times")
        parts.append(path(f"M{x:.1f} {y:.1f} L{_across(dearest or 0):.1f} {_down(worst or 0):.1f}", "axis"))
        parts.append(tag("circle", words, cx=f"{x:.1f}", cy=f"{y:.1f}", r=5, class_=class_))
        begins = x - 9 - LETTER * len(name) if x > WIDTH - 220 else x + 9
        ends, at = begins + LETTER * len(name), y + 4
        while any(abs(at - other) < 14 and begins < until and ends > since for since, until, other in taken):
            at += 14
        taken.append((begins, ends, at))
        parts.append(label(begins, at, name))
    return parts


class _Scale:
    """Seconds of the day to x, counts to y."""

    def __init__(self, place: tuple[int, int], maximum: int) -> None:
        self.top, self.height = place
        self.maximum = max(maximum, 1)

    def x(self, time: float) -> float:
        return LEFT + time / (24 * HOUR) * (WIDTH - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return self.top + self.height * (1 - count / self.maximum)

    def steps(self, series: Sequence[dict[str, int]], values: Sequence[int], *, closed: bool) -> str:
        points = [f"M{LEFT} {self.y(0 if closed else values[0]):.1f}"]
        points += [
            f"H{self.x(sample['t']):.1f} V{self.y(value):.1f}" for sample, value in zip(series, values, strict=True)
        ]
        points.append(f"H{WIDTH - RIGHT}")
        return " ".join([*points, f"V{self.y(0):.1f} Z"] if closed else points)

    def marks(self) -> list[object]:
        return [
            mark
            for count in (0, self.maximum)
            for mark in (
                path(f"M{LEFT} {self.y(count):.1f} H{WIDTH - RIGHT}", "axis"),
                label(LEFT - 8, self.y(count) + 4, str(count), anchor="end"),
            )
        ]


def _day(day: dict[str, Any]) -> list[object]:
    series = day["series"]
    column = {key: [moment[key] for moment in series] for key in series[0]}
    capacity = [ready * day["capacity"] for ready in column["ready"]]
    running = [ready + draining for ready, draining in zip(column["ready"], column["draining"], strict=True)]
    upper = _Scale(PEOPLE, max(*capacity, *column["participants"]))
    lower = _Scale(BRIDGES, max(*column["nodes"], *column["wanted"], *running))
    words = f"A school day of this program (seed {day['seed']}): people (line) and what ready bridges carry (area)"
    return [
        label(LEFT, PEOPLE[0] - 14, words, "title"),
        path(upper.steps(series, capacity, closed=True), "capacity"),
        *upper.marks(),
        path(upper.steps(series, column["participants"], closed=False), "people"),
        label(
            LEFT, BRIDGES[0] - 14, "Bridges: wanted (line), ready (blue), draining (orange), and nodes (grey)", "title"
        ),
        path(lower.steps(series, column["nodes"], closed=True), "nodes"),
        path(lower.steps(series, running, closed=True), "draining"),
        path(lower.steps(series, column["ready"], closed=True), "ready"),
        *lower.marks(),
        path(lower.steps(series, column["wanted"], closed=False), "wanted"),
        *(
            label(upper.x(hour * HOUR), BRIDGES[0] + BRIDGES[1] + 20, f"{hour:02}:00", "soft", "middle")
            for hour in range(0, 25, 3)
        ),
    ]
