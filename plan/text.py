"""The report as text for a terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from config.model import format_duration
from plan.report import Reported
from plan.timers import grouped

HOLDS = {True: "holds", False: "does not hold", None: "not ours"}
"""What the report says of a timer."""

_COLOURS = {"error": "31", "warning": "33", "info": "36"}  # ANSI: red, yellow, cyan


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as their widest cell; those in `right` are aligned to the right."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _span(bounds: dict[str, int]) -> str:
    return str(bounds["min"]) if bounds["min"] == bounds["max"] else f"{bounds['min']}-{bounds['max']}"


def port_ranges(ports: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str, int]]:
    """Runs of a shard's ports in ascending order: one of the entries, the range as text, and how many bridges it serves."""
    result: list[tuple[dict[str, Any], str, int]] = []
    for _, of_shard in groupby(ports, key=lambda port: port["shard"]):
        entries = list(of_shard)
        numbers = sorted({entry["port"] for entry in entries})
        run = [numbers[0], numbers[0]]
        runs = [run]
        for number in numbers[1:]:
            if number == run[1] + 1:
                run[1] = number
            else:
                run = [number, number]
                runs.append(run)
        for low, high in runs:
            served = [entry for entry in entries if low <= entry["port"] <= high]
            result.append((served[0], str(low) if low == high else f"{low}-{high}", len(served)))
    return result


def _ports(report: dict[str, Any]) -> list[str]:
    rows = [
        [first["shard"], first["layout"], f"UDP {numbers}", str(bridges), f"{first['rule'].split()[0]} UDP {numbers}"]
        for first, numbers, bridges in port_ranges(report["ports"])
    ]
    lines = _table(["shard", "layout", "public ports", "bridges", "firewall rule"], rows, frozenset({3}))
    return [*lines, *(f"  {sentence}" for sentence in port_words(report))]


def port_words(report: dict[str, Any]) -> list[str]:
    """What is open besides the bridges' ports."""
    telephones = [
        f"telephones: UDP {one['firstPort']}-{one['lastPort']} on each of {one['gateways']} nodes of their own, "
        f"{one['calls']} calls; firewall rule {one['rule']}"
        for one in report.get("gatewayPorts", [])
    ]
    relays = [
        f"TURN: UDP {one['port']} on each of {one['nodes']} nodes of their own, {one['host']}; firewall rule {one['rule']}"
        for one in report.get("relayPorts", [])
    ]
    return telephones + relays


def _capacity(report: dict[str, Any]) -> list[str]:
    capacity = report["capacity"]
    rows = [
        [one["shard"], one["zone"], one["state"], str(one["participants"]), _span(one["bridges"]), _span(one["nodes"])]
        for one in capacity["perShard"]
    ]
    total = ["together", "", "", str(capacity["participants"]), _span(capacity["bridges"]), _span(capacity["nodes"])]
    lines = _table(["shard", "zone", "state", "participants", "bridges", "nodes"], [*rows, total], frozenset({3, 4, 5}))
    return [*lines, *(f"  {sentence}" for sentence in capacity_words(capacity))]


def capacity_words(capacity: dict[str, Any]) -> list[str]:
    """What the table of capacity has no column for."""
    meetings = [
        f"one meeting of {one['shard']}: up to {most['people']} people ({most['participants']} take part, "
        f"{most['visitors']} may visit, bridges carry {most['bridgesCarry']})"
        for one in capacity["perShard"]
        if (most := one.get("largestMeeting"))
    ]
    recorders = capacity.get("recorders")
    recorded = (
        [
            f"{recorders['max']} recordings or streams at once, {recorders['idle']} more ready where there is room; "
            f"{_span(recorders)} recorders on {_span(recorders['nodes'])} nodes"
        ]
        if recorders
        else []
    )
    return [*meetings, *recorded, f"a leaving bridge has {format_duration(capacity['drainSeconds'])} at most"]


def _leaving(report: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for shards, links in grouped(report["timers"]):
        rows = [
            [
                HOLDS[link["holds"]],
                link["what"],
                format_duration(link["seconds"]) if link["seconds"] else "",
                link["relation"],
            ]
            for link in links
        ]
        lines += _table([shards, "", "", ""], rows, frozenset({2}))
    return lines


def _cost(report: dict[str, Any]) -> list[str]:
    cost = report["cost"]
    columns = ("min", "typical", "max")
    rows = [
        [item["what"], item["unit"], f"{item['hourly']:.4f}", *(f"{item[column]:.2f}" for column in columns)]
        for item in cost["items"]
    ]
    total = ["together", "", "", *(f"{cost['monthly'][column]:.2f}" for column in columns)]
    lines = _table(["what", "unit", "EUR/h", *columns], [*rows, total], frozenset({2, 3, 4, 5}))
    return [
        *lines,
        f"  {cost['source']}",
        *(f"  typical nodes of {basis}" for basis in cost["typicalFrom"]),
    ]


def alike(findings: Iterable[dict[str, str]]) -> list[tuple[dict[str, str], list[str]]]:
    """Each finding once, with all places of which the same is said."""
    found: dict[tuple[str, str, str], tuple[dict[str, str], list[str]]] = {}
    for finding in findings:
        key = (finding["rule"], finding["message"], finding["remedy"])
        found.setdefault(key, (finding, []))[1].append(finding["where"])
    return list(found.values())


def _findings(report: dict[str, Any], colour: bool) -> list[str]:
    lines: list[str] = []
    for finding, wheres in alike(report["findings"]):
        severity = finding["severity"]
        mark = f"\x1b[{_COLOURS[severity]}m{severity}\x1b[0m" if colour else severity
        lines += [
            f"  {mark}{' ' * (8 - len(severity))}{finding['rule']}  at {', '.join(wheres)}",
            f"          {finding['message']}",
            f"          -> {finding['remedy']}",
        ]
    return lines or ["  none"]


def render(reported: Reported, colour: bool = False) -> str:
    """The report as aligned lines; `colour` marks severities with ANSI codes, for a terminal only."""
    report = reported.report
    counts = {
        severity: sum(finding["severity"] == severity for finding in report["findings"])
        for severity in ("error", "warning", "info")
    }
    title = f"Stack {report['stack']}: {reported.config.domain}"
    where = f" in {report['region']}" if report["region"] else ""
    sections = [
        (f"{title}{where}", []),
        ("Ports", _ports(report)),
        ("Capacity", _capacity(report)),
        ("Leaving", _leaving(report)),
        ("Cost per month, EUR without tax", _cost(report)),
        (
            "Findings: " + ", ".join(f"{count} {severity}" for severity, count in counts.items()),
            _findings(report, colour),
        ),
    ]
    return "\n\n".join("\n".join([head, *lines]) for head, lines in sections) + "\n"
