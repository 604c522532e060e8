"""The report as a self-contained HTML page with pictures, in the system's light or dark theme."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.model import format_duration
from plan.leaving import WORDS, grouped
from plan.pictures.cost_bars import cost_bars
from plan.pictures.markup import NARROW, Markup, tag
from plan.pictures.port_map import port_map
from plan.pictures.topology import topology
from plan.pictures.week import week, week_words
from plan.report import StackReport
from plan.text import (
    HOLDS,
    ZONE_COLUMNS,
    alike,
    capacity_words,
    port_ranges,
    port_words,
    price,
    shard_names,
    survival_words,
    zone_rows,
)

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
    """Return a table whose last `numbers` columns are numbers. `total`: the last row is a sum. `aside`: hidden on phones."""
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
        (format_duration(capacity["drainSeconds"]), "drain time per bridge"),
    ]
    return tag("div", [tag("div", tag("b", number), tag("span", words)) for number, words in shown], class_="numbers")


def _findings(report: dict[str, Any]) -> Markup:
    items = [
        tag(
            "div",
            tag("b", group.finding["severity"]),
            " ",
            group.finding["rule"],
            " at ",
            [[", " if number else "", tag("code", where)] for number, where in enumerate(group.wheres)],
            tag("p", group.finding["message"]),
            [tag("p", f"The same for {', '.join(group.also)}", class_="soft")] if group.also else [],
            tag("p", "\N{RIGHTWARDS ARROW} ", group.finding["remedy"], class_="soft"),
            class_=f"finding {group.finding['severity']}",
        )
        for group in alike(report["findings"], shard_names(report))
    ]
    return tag("section", tag("h2", "Findings"), items or tag("p", "None."))


def _ports(stack_report: StackReport) -> Markup:
    rows = [
        (first["shard"], first["layout"], f"{first['rule'].split()[0]} UDP {numbers}", bridges)
        for first, numbers, bridges in port_ranges(stack_report.document["ports"])
    ]
    return tag(
        "section",
        tag("h2", "Ports"),
        _picture(port_map(stack_report), port_map(stack_report, NARROW)),
        _table(["shard", "layout", "firewall rule", "bridges"], rows, 1),
        [tag("p", sentence, class_="soft") for sentence in port_words(stack_report.document)],
    )


def _capacity(report: dict[str, Any]) -> Markup:
    capacity = report["capacity"]
    rows = [
        (
            shard["shard"],
            shard["zone"],
            shard["state"],
            shard["participants"],
            _span(shard["bridges"]),
            _span(shard["nodes"]),
        )
        for shard in capacity["perShard"]
    ]
    total = ("total", "", "", capacity["participants"], _span(capacity["bridges"]), _span(capacity["nodes"]))
    head = ["shard", "zone", "state", "participants", "bridges", "nodes"]
    return tag(
        "section",
        tag("h2", "Capacity"),
        _table(head, [*rows, total], 3, total=True, aside=(1,)),
        [tag("p", sentence, class_="soft") for sentence in capacity_words(capacity)],
    )


def _zones(report: dict[str, Any]) -> Markup | str:
    if "zones" not in report:
        return ""
    return tag(
        "section",
        tag("h2", "When a zone is lost"),
        _table(ZONE_COLUMNS, zone_rows(report), 0, aside=(6,)),
        [tag("p", sentence, class_="soft") for sentence in survival_words(report)],
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
    return tag("section", tag("h2", "Leaving"), tables, tag("p", f"a leaving bridge: {WORDS}"))


def _cost(stack_report: StackReport) -> Markup:
    cost = stack_report.document["cost"]
    columns = ("min", "typical", "max")
    rows = [
        (item["what"], item["unit"], price(item["hourly"], 4), *(price(item[column]) for column in columns))
        for item in cost["items"]
    ]
    total = ("total", "", "", *(f"{cost['monthly'][column]:.2f}" for column in columns))
    return tag(
        "section",
        tag("h2", "Cost per month, EUR without tax"),
        _picture(cost_bars(stack_report), cost_bars(stack_report, NARROW)) if rows else "",
        _table(["what", "unit", "EUR/h", *columns], [*rows, total], 4, total=True, aside=(1, 2)),
        tag("p", cost["source"], class_="soft"),
        [tag("p", f"typical nodes of {basis}", class_="soft") for basis in cost["typicalFrom"]],
    )


def _weeks(stack_report: StackReport) -> list[Markup]:
    """Draw one picture per group of shards with the same week."""
    groups: dict[tuple[object, ...], list[Shard]] = {}
    for shard in stack_report.config.resolved:
        bridges = shard.bridges
        if bridges.schedule:
            look = (bridges.schedule, bridges.min, bridges.ceiling, bridges.participants, bridges.target_participants)
            groups.setdefault(look, []).append(shard)
    drawn = [
        [
            tag("p", week_words(stack_report, shards), class_="soft"),
            _picture(week(stack_report, shards[0]), week(stack_report, shards[0], NARROW)),
        ]
        for shards in groups.values()
    ]
    return [tag("section", tag("h2", "Capacity and schedule"), drawn)] if drawn else []


def page(stack_report: StackReport) -> str:
    """Return the whole document."""
    report = stack_report.document
    title = f"{stack_report.config.domain} \N{EM DASH} stack {report['stack']}"
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
        tag("p", f"In {where}, as of {stack_report.today}.", class_="soft"),
        _numbers(report),
        _findings(report),
        tag(
            "section",
            tag("h2", "Topology"),
            tag("p", "Scroll sideways to see the whole picture.", class_="soft hint"),
            _picture(topology(stack_report)),
        ),
        _ports(stack_report),
        _capacity(report),
        _zones(report),
        _leaving(report),
        _weeks(stack_report),
        _cost(stack_report),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def drawing(stack_report: StackReport) -> str:
    """Return the topology as a standalone SVG file."""
    picture = topology(stack_report)
    style = tag("style", Markup(STYLE.read_text(encoding="utf-8")))
    return (
        str(picture)
        .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        .replace("</title>", f"</title>{style}", 1)
        + "\n"
    )
