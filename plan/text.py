"""The report as text for a terminal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from config.model import format_duration, natural
from plan.leaving import WORDS as LEAVING_WORDS
from plan.leaving import grouped
from plan.report import StackReport
from sizing.ports import ranges_of
from sizing.standing_nodes import UNREADY_PERCENT

HOLDS = {True: "holds", False: "does not hold", None: "not ours"}
"""Words for whether the relation of a timer holds."""

_COLOURS = {"error": "31", "warning": "33", "info": "36"}  # ANSI: red, yellow, cyan


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Align columns to their widest cell; columns in `right` are right-aligned."""
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
    """Return ranges of each shard's consecutive ports: one entry, the range as text, and the number of bridges it serves."""
    result: list[tuple[dict[str, Any], str, int]] = []
    for _, of_shard in groupby(ports, key=lambda port: port["shard"]):
        entries = list(of_shard)
        for low, high in ranges_of(entry["port"] for entry in entries):
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
    """Describe open ports other than the bridges'."""
    gateways = [
        f"telephones: UDP {ports['firstPort']}-{ports['lastPort']} on each of {ports['gateways']} dedicated nodes, "
        f"{ports['calls']} calls; firewall rule {ports['rule']}"
        for ports in report.get("gatewayPorts", [])
    ]
    turn = [
        f"TURN: UDP {ports['port']} on each of {ports['nodes']} dedicated nodes, {ports['host']}; "
        f"firewall rule {ports['rule']}"
        for ports in report.get("relayPorts", [])
    ]
    return gateways + turn


def _capacity(report: dict[str, Any]) -> list[str]:
    capacity = report["capacity"]
    rows = [
        [
            shard["shard"],
            shard["zone"],
            shard["state"],
            str(shard["participants"]),
            _span(shard["bridges"]),
            _span(shard["nodes"]),
        ]
        for shard in capacity["perShard"]
    ]
    total = ["total", "", "", str(capacity["participants"]), _span(capacity["bridges"]), _span(capacity["nodes"])]
    lines = _table(["shard", "zone", "state", "participants", "bridges", "nodes"], [*rows, total], frozenset({3, 4, 5}))
    return [*lines, *(f"  {sentence}" for sentence in capacity_words(capacity))]


ZONE_COLUMNS = ("zone", "shards", "people cut", "in a meeting again", "others carry", "above that", "stops")


def zone_rows(report: dict[str, Any]) -> list[list[str]]:
    """Return a row for each zone: what its loss ends, for how many, how long, and what is left."""
    return [
        [
            loss["zone"],
            ", ".join(loss["shards"]) or "none",
            str(loss["participants"]),
            "not before it is back" if loss["seconds"] is None else f"within {loss['seconds']:.0f} s",
            str(loss["left"]),
            str(loss["unplaced"]),
            ", ".join(["the load balancer"] * loss["entrance"] + loss["shared"]) or "nothing else",
        ]
        for loss in report["zones"]
    ]


def _waited(wait: dict[str, float]) -> str:
    """Say what people of a lost zone wait for."""
    address = f"{wait['address']:.0f} s for the other address, " if wait["address"] else ""
    return (
        f"at the most: {wait['signalling']:.0f} s until signalling is known to be gone, {address}{wait['countdown']:.0f} s of countdown in the "
        f"page, {wait['join']:.0f} s to join"
    )


def _stalled(zones: list[dict[str, Any]]) -> list[str]:
    """Name the zones with so many nodes that none is added once they are lost."""
    named = [
        f"{loss['zone']} ({loss['lostNodes']} of {loss['nodes']} nodes)" for loss in zones if not loss["nodesAdded"]
    ]
    if not named:
        return []
    return [
        f"no node is added while {' or '.join(named)} is lost: above {UNREADY_PERCENT} % the autoscaler of nodes waits, and only bridges that "
        "run at the busiest hour count"
    ]


def survival_words(report: dict[str, Any]) -> list[str]:
    """Say what it costs to survive a zone: on the bill, and beside it."""
    survival = report["survival"]
    waited = max((loss["wait"] for loss in report["zones"]), key=lambda wait: sum(wait.values()), default={})
    by_name_servers = max((loss["secondsByNameServers"] or 0 for loss in report["zones"]), default=0)
    ready = survival["ready"]
    unplaced, people = survival["unplaced"], survival["participants"]
    left = (
        f"{unplaced} are above what the bridges left carry well"
        if unplaced
        else "all find a bridge that carries them well"
    )
    return [
        *([_waited(waited)] if waited else []),
        *(
            [
                f"browsers that try one address of a name only: within {by_name_servers:.0f} s, and what Scaleway's name servers take to "
                "notice"
            ]
            if by_name_servers
            else []
        ),
        f"of {people} people expected at most, {left} when the worst zone is lost; without metrics none is added",
        *_stalled(report["zones"]),
        f"on the bill for it: {survival['monthly']:.2f} EUR a month, for system nodes and load balancers of further zones",
        f"not on it: {ready['nodes']} more nodes, always running, {ready['monthly']:.2f} EUR a month, so that nobody waits for a bridge when "
        f"{survival['zone']} is lost"
        if ready["nodes"]
        else "the bridges that run at the busiest hour carry everybody at once, whichever zone is lost",
    ]


def _zones(report: dict[str, Any]) -> list[str]:
    lines = _table(ZONE_COLUMNS, zone_rows(report), frozenset({2, 4, 5}))
    return [*lines, *(f"  {sentence}" for sentence in survival_words(report))]


def capacity_words(capacity: dict[str, Any]) -> list[str]:
    """Describe sizes and limits that the capacity table has no column for."""
    sizes: dict[str, list[str]] = {}
    for shard in capacity["perShard"]:
        sizes.setdefault(_bridge_words(shard["bridge"]), []).append(shard["shard"])
    bridges = [f"a bridge of {', '.join(shards)}: {words}" for words, shards in sizes.items()]
    meetings = [
        f"one meeting of {shard['shard']}: up to {largest['people']} people ({largest['participants']} participants, "
        f"{largest['visitors']} visitors; bridges carry {largest['bridgesCarry']})"
        for shard in capacity["perShard"]
        if (largest := shard.get("largestMeeting"))
    ]
    recorders = capacity.get("recorders")
    recorded = (
        [
            f"{recorders['max']} recordings or streams at once, {recorders['idle']} idle recorders if there is room; "
            f"{_span(recorders)} recorders on {_span(recorders['nodes'])} nodes"
        ]
        if recorders
        else []
    )
    return [*bridges, *meetings, *recorded, f"a leaving bridge has {format_duration(capacity['drainSeconds'])} at most"]


def _bridge_words(bridge: dict[str, Any]) -> str:
    node = (
        f"{bridge['perNode']} on a {bridge['nodeType']}"
        if bridge["nodeType"]
        else "how many share a node depends on yours"
    )
    return (
        f"{bridge['millicpu']}m CPU and {bridge['memoryMib']}Mi memory, requests and limits; heap {bridge['heapMib']} MiB; {node}; "
        f"for {bridge['participants']} participants: {carried_words(bridge)}"
    )


def carried_words(bridge: dict[str, Any]) -> str:
    """Say what a full bridge forwards, what that costs it, and who measured it."""
    carries = bridge["carries"]
    return (
        f"{carries['streams']} streams ({carries['heard']} people heard and {carries['seen']} small pictures seen by each) and "
        f"{carries['mbits']:g} Mbit/s; at most about {carries['millicpu']}m of CPU, by the measurement of {carries['measured']} ({carries['page']})"
    )


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
    return [*lines, f"  a leaving bridge: {LEAVING_WORDS}"]


def price(eur: float | None, digits: int = 2) -> str:
    """Return an amount; a question mark where the price is unknown, as the bill's source says."""
    return "?" if eur is None else f"{eur:.{digits}f}"


def _cost(report: dict[str, Any]) -> list[str]:
    cost = report["cost"]
    columns = ("min", "typical", "max")
    rows = [
        [item["what"], item["unit"], price(item["hourly"], 4), *(price(item[column]) for column in columns)]
        for item in cost["items"]
    ]
    total = ["total", "", "", *(f"{cost['monthly'][column]:.2f}" for column in columns)]
    lines = _table(["what", "unit", "EUR/h", *columns], [*rows, total], frozenset({2, 3, 4, 5}))
    return [
        *lines,
        f"  {cost['source']}",
        *(f"  typical nodes of {basis}" for basis in cost["typicalFrom"]),
    ]


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that differ only in the shard."""

    finding: dict[str, str]
    """The first one."""
    wheres: list[str]
    also: list[str]
    """Names of the other shards."""


def alike(findings: Iterable[dict[str, str]], shards: Iterable[str]) -> list[Group]:
    """Group findings with the same rule, message and remedy, whatever the shard, with all their places in natural order."""
    name = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, shards)) or '(?!)'})(?![A-Za-z0-9])")
    groups: dict[tuple[str, str, str], Group] = {}
    for finding in findings:
        key = (finding["rule"], name.sub("#", finding["message"]), name.sub("#", finding["remedy"]))
        group = groups.setdefault(key, Group(finding, [], []))
        group.wheres.append(f"{finding['where']} ({finding['file']})" if "file" in finding else finding["where"])
        if finding["message"] != group.finding["message"]:
            group.also.extend(set(name.findall(finding["message"])) - set(name.findall(group.finding["message"])))
    return [
        Group(group.finding, *(sorted(dict.fromkeys(names), key=natural) for names in (group.wheres, group.also)))
        for group in groups.values()
    ]


def findings_text(findings: Sequence[dict[str, str]], shards: Iterable[str], *, colour: bool = False) -> str:
    """Return the section `Findings` of the report, for a list of findings alone."""
    return "\n".join([_counted(findings), *_findings(findings, shards, colour)]) + "\n"


def shard_names(report: dict[str, Any]) -> list[str]:
    """Return the names of a report's shards."""
    return [shard["shard"] for shard in report["capacity"]["perShard"]]


def _counted(findings: Sequence[dict[str, str]]) -> str:
    counts = ((severity, sum(finding["severity"] == severity for finding in findings)) for severity in _COLOURS)
    return "Findings: " + ", ".join(f"{count} {severity}" for severity, count in counts)


def _findings(findings: Sequence[dict[str, str]], shards: Iterable[str], colour: bool) -> list[str]:
    lines: list[str] = []
    for group in alike(findings, shards):
        finding, severity = group.finding, group.finding["severity"]
        mark = f"\x1b[{_COLOURS[severity]}m{severity}\x1b[0m" if colour else severity
        lines += [
            f"  {mark}{' ' * (8 - len(severity))}{finding['rule']}  at {', '.join(group.wheres)}",
            f"          {finding['message']}",
            *([f"          the same for {', '.join(group.also)}"] if group.also else []),
            f"          -> {finding['remedy']}",
        ]
    return lines or ["  none"]


def render(stack_report: StackReport, colour: bool = False) -> str:
    """Return the report as aligned lines; `colour` marks severities with ANSI codes."""
    report = stack_report.document
    title = f"Stack {report['stack']}: {stack_report.config.domain}"
    where = f" in {report['region']}" if report["region"] else ""
    sections = [
        (f"{title}{where}", []),
        ("Ports", _ports(report)),
        ("Capacity", _capacity(report)),
        *([("When a zone is lost", _zones(report))] if "zones" in report else []),
        ("Leaving", _leaving(report)),
        ("Cost per month, EUR without tax", _cost(report)),
        (_counted(report["findings"]), _findings(report["findings"], shard_names(report), colour)),
    ]
    return "\n\n".join("\n".join([head, *lines]) for head, lines in sections) + "\n"
