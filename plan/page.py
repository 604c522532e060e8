"""The report as one HTML page: pictures included, nothing fetched, light or dark as the reader's system says."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.model import format_duration
from plan.pictures.cost_bars import cost_bars
from plan.pictures.markup import NARROW, Markup, tag
from plan.pictures.port_map import port_map
from plan.pictures.topology import topology
from plan.pictures.week import week, week_words
from plan.report import Reported
from plan.text import HOLDS, alike, capacity_words, port_ranges, port_words
from plan.timers import grouped

if TYPE_CHECKING:
    from config.shard import Shard

STYLE = Path(__file__).parent / "pictures" / "style.css"


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: int,
    total: bool = False,
    aside: tuple[int, ...] = (),
) -> Markup:
    """A table whose last `numbers` columns are numbers; with `total` the last row is their sum. `aside`: not on a phone."""
    listed = list(rows)

    def cells(name: str, row: Sequence[object]) -> list[Markup]:
        first = len(row) - numbers
        return [
            tag(name, cell, class_=" ".join(["n"] * (position >= first) + ["aside"] * (position in aside)) or None)
            for position, cell in enumerate(row)
        ]

    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", cells("th", head))),
            tag(
                "tbody",
                [
                    tag("tr", cells("td", row), class_="sum" if total and position == len(listed) - 1 else None)
                    for position, row in enumerate(listed)
                ],
            ),
        ),
        class_="wide" if numbers else "wide prose",
    )


def _span(bounds: dict[str, int]) -> str:
    return str(bounds["min"]) if bounds["min"] == bounds["max"] else f"{bounds['min']} to {bounds['max']}"


def _picture(*drawn: Markup) -> Markup:
    return tag("div", *drawn, class_="wide")


def _numbers(report: dict[str, Any]) -> Markup:
    capacity, monthly = report["capacity"], report["cost"]["monthly"]
    shown = [
        (capacity["participants"], "participants"),
        (_span(capacity["bridges"]), "bridges"),
        (_span(capacity["nodes"]), "bridge nodes"),
        (f"{monthly['typical']:.0f} EUR", f"a month, {monthly['min']:.0f} to {monthly['max']:.0f}"),
        (format_duration(capacity["drainSeconds"]), "for a leaving bridge"),
    ]
    return tag("div", [tag("div", tag("b", number), tag("span", words)) for number, words in shown], class_="numbers")


def _findings(report: dict[str, Any]) -> Markup:
    found = [
        tag(
            "div",
            tag("b", finding["severity"]),
            " ",
            finding["rule"],
            " at ",
            [[", " if number else "", tag("code", where)] for number, where in enumerate(wheres)],
            tag("p", finding["message"]),
            tag("p", "\N{RIGHTWARDS ARROW} ", finding["remedy"], class_="soft"),
            class_=f"finding {finding['severity']}",
        )
        for finding, wheres in alike(report["findings"])
    ]
    return tag("section", tag("h2", "Findings"), found or tag("p", "None."))


def _ports(reported: Reported) -> Markup:
    rows = [
        (first["shard"], first["layout"], f"{first['rule'].split()[0]} UDP {numbers}", bridges)
        for first, numbers, bridges in port_ranges(reported.report["ports"])
    ]
    return tag(
        "section",
        tag("h2", "Ports"),
        _picture(port_map(reported), port_map(reported, NARROW)),
        _table(["shard", "layout", "firewall rule", "bridges"], rows, 1),
        [tag("p", sentence, class_="soft") for sentence in port_words(reported.report)],
    )


def _capacity(report: dict[str, Any]) -> Markup:
    capacity = report["capacity"]
    rows = [
        (one["shard"], one["zone"], one["state"], one["participants"], _span(one["bridges"]), _span(one["nodes"]))
        for one in capacity["perShard"]
    ]
    total = ("together", "", "", capacity["participants"], _span(capacity["bridges"]), _span(capacity["nodes"]))
    head = ["shard", "zone", "state", "participants", "bridges", "nodes"]
    return tag(
        "section",
        tag("h2", "Capacity"),
        _table(head, [*rows, total], 3, total=True, aside=(1,)),
        [tag("p", sentence, class_="soft") for sentence in capacity_words(capacity)],
    )


def _leaving(report: dict[str, Any]) -> Markup:
    tables = [
        _table(
            [shards, "time", "relation", "holds"],
            [
                (
                    link["what"],
                    format_duration(link["seconds"]) if link["seconds"] else "",
                    link["relation"],
                    HOLDS[link["holds"]],
                )
                for link in links
            ],
            0,
        )
        for shards, links in grouped(report["timers"])
    ]
    return tag("section", tag("h2", "Leaving"), tables)


def _cost(reported: Reported) -> Markup:
    cost = reported.report["cost"]
    columns = ("min", "typical", "max")
    rows = [
        (item["what"], item["unit"], f"{item['hourly']:.4f}", *(f"{item[column]:.2f}" for column in columns))
        for item in cost["items"]
    ]
    total = ("together", "", "", *(f"{cost['monthly'][column]:.2f}" for column in columns))
    return tag(
        "section",
        tag("h2", "Cost per month, EUR without tax"),
        _picture(cost_bars(reported), cost_bars(reported, NARROW)) if rows else "",
        _table(["what", "unit", "EUR/h", *columns], [*rows, total], 4, total=True, aside=(1, 2)),
        tag("p", cost["source"], class_="soft"),
        [tag("p", f"typical nodes of {basis}", class_="soft") for basis in cost["typicalFrom"]],
    )


def _weeks(reported: Reported) -> list[Markup]:
    """One picture for shards whose weeks look alike."""
    groups: dict[tuple[object, ...], list[Shard]] = {}
    for shard in reported.config.resolved:
        bridges = shard.bridges
        if bridges.schedule:
            look = (bridges.schedule, bridges.min, bridges.ceiling, bridges.participants, bridges.wanted_participants)
            groups.setdefault(look, []).append(shard)
    drawn = [
        [
            tag("p", week_words(reported, shards), class_="soft"),
            _picture(week(reported, shards[0]), week(reported, shards[0], NARROW)),
        ]
        for shards in groups.values()
    ]
    return [tag("section", tag("h2", "Capacity against the timetable"), drawn)] if drawn else []


def page(reported: Reported) -> str:
    """The whole document."""
    report = reported.report
    title = f"{reported.config.domain} \N{EM DASH} stack {report['stack']}"
    where = report["region"] or "an existing cluster"
    head = tag(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    body = tag(
        "main",
        tag("h1", title),
        tag("p", f"In {where}, as of {reported.today}.", class_="soft"),
        _numbers(report),
        _findings(report),
        tag(
            "section",
            tag("h2", "Topology"),
            tag("p", "Wider than the screen: it scrolls sideways.", class_="soft hint"),
            _picture(topology(reported)),
        ),
        _ports(reported),
        _capacity(report),
        _leaving(report),
        _weeks(reported),
        _cost(reported),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def drawing(reported: Reported) -> str:
    """The topology alone, as an SVG file of its own."""
    picture = topology(reported)
    style = tag("style", Markup(STYLE.read_text(encoding="utf-8")))
    return (
        str(picture)
        .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        .replace("</title>", f"</title>{style}", 1)
        + "\n"
    )
