"""The chart of a run: bridges of the real controller (broad, pale) and of the model. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.benchmarks.controller.scenario import MINUTE, scenario_of
from plan.pictures.markup import Markup, label, path, rect, svg, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, LEFT, RIGHT = 860, 44, 30
PANEL, PLOT, TOP = 210, 140, 48
MARKS = 8
PEOPLE_PER_BRIDGE = 80  # target of `scaling.participants`: participants are drawn as bridges
STYLE = (
    "text{font:12px sans-serif;fill:#222}.caption{font-weight:bold}.label{fill:#555}.limit{stroke:#ddd;fill:none}"
    ".people{fill:#eef2f5;stroke:none}.lost{fill:#f6d5cf;fill-opacity:.7}"
    ".real{stroke:#8ec1e8;stroke-width:6;fill:none}.model{stroke:#1b2f4a;stroke-width:1.5;fill:none}"
)


def picture(result: dict[str, Any]) -> str:
    """The SVG document, the same for the same result."""
    panels = [
        _panel(scenario_result, number * PANEL + 24) for number, scenario_result in enumerate(result["scenarios"])
    ]
    height = 24 + PANEL * len(panels)
    legend = [
        *(path(f"M{LEFT} 14 h30", "real"), label(LEFT + 38, 18, "bridges wanted by the real controller")),
        *(path("M330 14 h30", "model"), label(368, 18, "by the model")),
        *(rect(470, 7, 30, 13, "lost", rx=0), label(508, 18, "metrics lost")),
        *(rect(610, 7, 30, 13, "people", rx=0), label(648, 18, f"people / {PEOPLE_PER_BRIDGE}")),
    ]
    words = "Bridges wanted over time: the real controller and the model"
    text = str(svg(WIDTH, height, words, tag("style", Markup(STYLE)), legend, *panels))
    return (
        text.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" ', 1) + "\n"
    )


def _panel(scenario_result: dict[str, Any], top: float) -> list[Markup]:
    scenario = scenario_of(scenario_result)
    minutes = scenario.minutes
    people = [scenario.people_at(second) / PEOPLE_PER_BRIDGE for second in range(int(scenario.seconds))]
    maximum = max(*people, *(value for _, value in (*scenario_result["real"], *scenario_result["model"])))
    seconds = len(people)

    def x(second: float) -> float:
        return LEFT + second / seconds * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return top + TOP + PLOT * (1 - value / maximum)

    crowd = " ".join(f"L{x(second):.1f} {y(count):.1f}" for second, count in enumerate(people))
    shown = (
        f"{scenario_result['name']} ({scenario_result['kind']}): mean |Δ| {scenario_result['apart']['mean']:.3f}, "
        f"maximum {scenario_result['maximum']['real']} and {scenario_result['maximum']['model']}"
    )
    parts = [label(LEFT, top + 30, shown, "caption")]
    for loss in scenario.losses:
        words = f"{', '.join(loss.metrics)}: {loss.how}"
        left, right = x(loss.begins * MINUTE), x(loss.ends * MINUTE)
        parts.append(rect(left, top + TOP, right - left, PLOT, "lost", tag("title", words), rx=0))
    parts.append(path(f"M{x(0):.1f} {y(0):.1f} {crowd} L{x(seconds):.1f} {y(0):.1f} Z", "people"))
    for value in (0, int(maximum) // 2, int(maximum)):
        parts.append(path(f"M{LEFT} {y(value):.1f} H{WIDTH - RIGHT}", "limit"))
        parts.append(label(LEFT - 6, y(value) + 4, str(value), "label", "end"))
    every = max(1, round(minutes / MARKS / 10)) * 10
    for minute in range(0, int(minutes) + 1, every):
        parts.append(label(x(minute * MINUTE), y(0) + 16, f"{minute} min", "label", "middle"))
    return [*parts, *(path(_staircase(scenario_result[who], x, y, seconds), who) for who in ("real", "model"))]


def _staircase(
    steps: Sequence[tuple[float, int]], x: Callable[[float], float], y: Callable[[float], float], seconds: float
) -> str:
    first = steps[0][1]
    moves = " ".join(f"H{x(time):.1f} V{y(value):.1f}" for time, value in steps[1:])
    return f"M{x(0):.1f} {y(first):.1f} {moves} H{x(seconds):.1f}"
