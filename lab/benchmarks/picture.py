"""The chart of the results: seconds by shards, and the engine's CPU by process. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lab.benchmarks.aims import series
from lab.benchmarks.fit import median
from lab.benchmarks.process_tree import CLUSTER, ENGINE
from lab.benchmarks.python_side import KINDS
from plan.pictures.markup import Markup, label, rect, svg, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, LEFT, RIGHT = 860, 60, 250
PLOT_HEIGHT, TOP = 260, 40
ROW = 26
BAR_LEFT = 220
COLOURS = (
    "#1b4f72",
    "#b9770e",
    "#7d3c98",
    "#1e8449",
    "#cb4335",
    "#5d6d7e",
    "#2e86c1",
    "#d68910",
    "#17a589",
    "#a93226",
    "#839192",
)
STYLE = "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.axis{stroke:#999;fill:none}"
SHOWN = ("program", "empty", "raw", "kustomize")


def picture(results: dict[str, Any]) -> str:
    """Render the results as SVG."""
    plot = _plot(results)
    bars, height = _bars(results, TOP + PLOT_HEIGHT + 90)
    text = str(
        svg(WIDTH, height, "Seconds by number of shards, and CPU by process", tag("style", Markup(STYLE)), plot, bars)
    )
    return (
        text.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" ', 1) + "\n"
    )


def _colour(names: Sequence[str], name: str) -> str:
    return COLOURS[names.index(name) % len(COLOURS)]


def _plot(results: dict[str, Any]) -> list[Markup]:
    """Seconds by shards, both axes logarithmic."""
    lines = {kind: [(run["shards"], median(run["seconds"])) for run in series(results, kind)] for kind in SHOWN}
    values = [seconds for points in lines.values() for _, seconds in points]
    if not values:
        return []
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    largest = max(shards for points in lines.values() for shards, _ in points)

    def place(shards: float, seconds: float) -> tuple[float, float]:
        across = math.log(shards) / math.log(largest) if largest > 1 else 0.5
        up = (math.log10(seconds) - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), TOP + PLOT_HEIGHT * (1 - up)

    parts = [label(LEFT, 22, "Python side: seconds by number of shards", "title")]
    for power in range(low, high + 1):
        _, y = place(1, 10.0**power)
        parts += [_line(LEFT, y, WIDTH - RIGHT, y), label(LEFT - 8, y + 4, f"{10.0**power:g} s", anchor="end")]
    for shards, _ in lines["program"]:
        x, _ = place(shards, 1)
        parts.append(label(x, TOP + PLOT_HEIGHT + 18, str(shards), anchor="middle"))
    below = 0.0
    for kind, points in sorted(lines.items(), key=lambda item: -item[1][-1][1] if item[1] else 0):
        if not points:
            continue
        places = [place(*point) for point in points]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        colour = _colour(SHOWN, kind)
        parts.append(tag("polyline", points=drawn, fill="none", stroke=colour, stroke_width="2"))
        parts += [tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3.5", fill=colour) for x, y in places]
        below = max(places[-1][1] + 4, below + 15)
        parts.append(label(places[-1][0] + 10, below, f"{KINDS[kind]}, {points[-1][1]:.2f} s"))
    return parts


def _bars(results: dict[str, Any], top: float) -> tuple[list[Markup], int]:
    """CPU seconds, one bar per operation and one piece per process."""
    phases = [(stack["shards"], phase) for stack in results.get("engine", []) for phase in stack["phases"]]
    names = [part for part in (*ENGINE, *CLUSTER) if any(part in phase["processes"] for _, phase in phases)]
    if not phases:
        return [], int(top)
    totals = [sum(entry["cpu"] for part, entry in phase["processes"].items() if part in names) for _, phase in phases]
    scale = (WIDTH - BAR_LEFT - 60) / max(*totals, 0.01)
    parts = [label(LEFT, top - 14, "Engine: CPU seconds by process", "title")]
    for row, ((shards, phase), total) in enumerate(zip(phases, totals, strict=True)):
        y, x = top + ROW * row, float(BAR_LEFT)
        parts.append(label(BAR_LEFT - 10, y + 15, f"{phase['phase']} ({shards})", anchor="end"))
        for name in names:
            cpu = phase["processes"].get(name, {}).get("cpu", 0.0)
            piece = rect(x, y, cpu * scale, ROW - 6, "piece", tag("title", f"{name}: {cpu:.1f} s"), rx=0)
            parts.append(Markup(str(piece).replace("<rect ", f'<rect fill="{_colour(names, name)}" ', 1)))
            x += cpu * scale
        parts.append(label(x + 6, y + 15, f"{total:.1f} s"))
    legend = top + ROW * len(phases) + 20
    for number, name in enumerate(names):
        x, y = LEFT + 200 * (number % 4), legend + 20 * (number // 4)
        swatch = rect(x, y - 10, 12, 12, "swatch", rx=0)
        parts.append(Markup(str(swatch).replace("<rect ", f'<rect fill="{_colour(names, name)}" ', 1)))
        parts.append(label(x + 18, y, name))
    return parts, int(legend + 20 * (len(names) // 4) + 30)


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return tag("line", x1=f"{x1:g}", y1=f"{y1:.1f}", x2=f"{x2:g}", y2=f"{y2:.1f}", class_="axis")
