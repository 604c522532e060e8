"""The overview as a picture, drawn by the project itself from what Prometheus answers to its panels' own queries."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from components.monitoring.dashboards.panels import WIDTH as COLUMNS
from components.monitoring.dashboards.panels import Dashboard, Panel
from plan.pictures.markup import Markup, tag

Line = tuple[str, Sequence[tuple[float, float]]]
"""Its legend, and values by time (Unix seconds)."""

CELL, ROW = 40, 22
"""Pixels of a column and a row of Grafana's grid."""
PAD, HEAD, FOOT = 10, 26, 34
HOUR = 3600
COLOURS = ("#2f6fb5", "#d98324", "#4c9a5b", "#8a5fb0")
THRESHOLDS = {"ok": "#2e8b57", "near": "#b8860b", "past": "#b3261e"}
UNITS = {"currencyEUR": ("", " EUR", 2), "percentunit": ("", " %", 0), "short": ("", "", 0)}
STYLE = """
text{font:11px system-ui,sans-serif;fill:#444} .title{font-size:12px;font-weight:600;fill:#1b2330} .big{font-size:26px;font-weight:600}
.page{fill:#f4f5f7} .card{fill:#fff;stroke:#d5dae2} .grid{stroke:#e3e6ea} .line{fill:none;stroke-width:1.5} .head{font-size:15px;font-weight:600}
"""


class _Box(NamedTuple):
    """Where a panel is drawn, pixels."""

    x: float
    y: float
    width: float
    height: float


def _shown(value: float, unit: str) -> str:
    before, after, digits = UNITS.get(unit, UNITS["short"])
    scaled = value * 100 if unit == "percentunit" else value
    return f"{before}{scaled:.{digits}f}{after}"


def _colour(panel: Panel, value: float) -> str:
    passed = sum(value < limit if panel.lower_is_worse else value >= limit for limit in panel.thresholds)
    if not passed:
        return THRESHOLDS["ok"]
    return THRESHOLDS["past"] if passed == len(panel.thresholds) else THRESHOLDS["near"]


def _text(x: float, y: float, words: str, class_: str = "", **more: object) -> Markup:
    return tag("text", words, x=f"{x:.1f}", y=f"{y:.1f}", class_=class_ or None, **more)


def _figure(panel: Panel, lines: Sequence[Line], box: _Box) -> list[Markup]:
    x, y, width, height = box
    if not lines:
        return [_text(x + width / 2, y + height / 2, "no data", text_anchor="middle")]
    value = lines[0][1][-1][1]
    middle = y + HEAD + (height - HEAD) / 2 + 8
    words = _shown(value, panel.unit)
    return [_text(x + width / 2, middle, words, "big", text_anchor="middle", style=f"fill:{_colour(panel, value)}")]


def _top(most: float) -> float:
    """A round number above all values, so that the axis is read at a glance."""
    step = 10 ** max(len(str(int(most))) - 1, 0)
    return next(step * factor for factor in (1, 2, 3, 4, 5, 6, 8, 10, 20) if step * factor >= most) if most > 0 else 1


def _curves(panel: Panel, lines: Sequence[Line], box: _Box) -> list[Markup]:
    x, y, width, height = box
    if not lines:
        return [_text(x + PAD, y + HEAD + 14, "Nothing.")]
    left, top = x + PAD + 30, y + HEAD + 4
    wide, tall = width - 2 * PAD - 30, height - HEAD - FOOT - 4
    begins, ends = lines[0][1][0][0], max(points[-1][0] for _, points in lines)
    most = _top(max(value for _, points in lines for _, value in points))
    drawn: list[Markup] = []
    for part in (0, 0.5, 1):
        at = top + tall * (1 - part)
        drawn.append(
            tag("line", x1=f"{left:.1f}", x2=f"{left + wide:.1f}", y1=f"{at:.1f}", y2=f"{at:.1f}", class_="grid")
        )
        drawn.append(_text(left - 5, at + 4, _shown(most * part, panel.unit), text_anchor="end"))
    for hour in range(int(-(-begins // HOUR)), int(ends // HOUR) + 1, 2):
        at = left + (hour * HOUR - begins) / (ends - begins) * wide
        drawn.append(_text(at, top + tall + 14, f"{hour % 24}:00", text_anchor="middle"))
    for number, (legend, points) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = (
            f"{left + (time - begins) / (ends - begins) * wide:.1f},{top + tall * (1 - value / most):.1f}"
            for time, value in points
        )
        drawn.append(tag("polyline", points=" ".join(places), class_="line", stroke=colour))
        drawn.append(_text(left + 150 * number, y + height - 8, f"— {legend}", style=f"fill:{colour}"))
    return drawn


def picture(dashboard: Dashboard, answers: Mapping[str, Sequence[Line]], when: str) -> str:
    """SVG; `answers` are lines by panel title, `when` says in words what they are of."""
    drawn: list[Markup] = [_text(PAD, 22, f"{dashboard.title} · {when}", "head")]
    y = 34.0
    for title, panels in dashboard.rows:
        drawn.append(_text(PAD, y + 14, title, "title"))
        y, x, tallest = y + ROW, 0, 0
        for panel in panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest * ROW, 0
            left, width, height = x * CELL + 4.0, panel.width * CELL - 8.0, panel.height * ROW - 8.0
            if panel.kind == "table":
                height = 2.0 * ROW + 8
            drawn.append(
                tag("rect", x=f"{left:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}", rx=4, class_="card")
            )
            drawn.append(_text(left + PAD, y + 18, panel.title, "title"))
            draw = _figure if panel.kind in ("stat", "gauge") else _curves
            drawn += draw(panel, answers.get(panel.title, ()), _Box(left, y, width, height))
            x, tallest = x + panel.width, max(tallest, 3 if panel.kind == "table" else panel.height)
        y += tallest * ROW
    size = (COLUMNS * CELL, y + 6)
    made = tag(
        "svg",
        tag("title", f"{dashboard.title}, {when}"),
        tag("style", Markup(STYLE)),
        tag("rect", width="100%", height="100%", class_="page"),
        *drawn,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        role="img",
    )
    return str(made).replace("</text>", "</text>\n").replace("/></", "/>\n</") + "\n"
