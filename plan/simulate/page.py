"""A simulated day as a self-contained HTML page with a picture, for light and dark themes and all widths."""

from pathlib import Path
from typing import Any

import plan.pictures
from plan.pictures.markup import Markup, tag
from plan.simulate.picture import day
from plan.simulate.text import clock, figures, title

STYLE = Path(plan.pictures.__file__ or "").parent / "style.css"
OWN_STYLE = Path(__file__).with_name("style.css")
COLUMNS = ("participants", "waiting", "wanted", "ready", "starting", "draining", "nodes", "overloaded", "needed")
QUARTER = 900


def _minutes(result: dict[str, Any]) -> Markup:
    rows = [
        tag("tr", tag("td", clock(moment["t"])), [tag("td", moment[key], class_="n") for key in COLUMNS])
        for moment in result["series"]
        if moment["t"] % QUARTER == 0
    ]
    head = tag("tr", tag("th", "time"), [tag("th", key, class_="n") for key in COLUMNS])
    return tag(
        "details",
        tag("summary", "Every quarter of an hour in numbers"),
        tag("div", tag("table", tag("thead", head), tag("tbody", rows)), class_="wide"),
    )


def page(result: dict[str, Any]) -> str:
    """Return the whole document."""
    shown = figures(result)
    style = Markup(STYLE.read_text(encoding="utf-8") + OWN_STYLE.read_text(encoding="utf-8"))
    head = tag(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title(result)),
        tag("style", style),
    )
    numbers = [tag("div", tag("b", value), tag("span", f"{name}: {words}")) for name, value, words in shown]
    body = tag(
        "main",
        tag("h1", title(result)),
        tag("p", "Output of a model, not a measurement; docs/simulation.md describes the model.", class_="soft"),
        tag("div", numbers, class_="numbers"),
        tag("section", tag("h2", "The day"), tag("div", day(result), class_="wide")),
        tag("section", _minutes(result)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"
