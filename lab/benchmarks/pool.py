"""The change of a node type under calls (`python -m benchmarks --pool`): the full story for each layout, and the document of what it saw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.benchmarks.rehearsal import played
from lab.paths import PROJECT
from lab.rehearsal.__main__ import LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PAGE = PROJECT / "docs" / "node-type-change.md"
NAME = "pool-{layout}.json"
WORDS = {
    "create-replacement": "the engine has created the new pool `{name}`",
    "update": "the engine has updated `{name}`",
    "delete-replaced": "the engine has deleted the former pool `{name}`",
}


def measure(folder: Path, say: Callable[[str], None], date: str, layouts: Sequence[str] = LAYOUTS) -> None:
    """Play the story for each layout; writes its figures to `folder`, and the page."""
    results = []
    for layout in layouts:
        say(f"Another node type under calls, layout {layout} …")
        file = folder / NAME.format(layout=layout)
        results.append(played(file, {"date": date}, "--story", "pools", "--layout", layout))
    PAGE.write_text(page(results))


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the recorded figures of each layout."""
    files = (folder / NAME.format(layout=layout) for layout in LAYOUTS)
    return [json.loads(file.read_text()) for file in files if file.exists()]


def timeline(pool: dict[str, Any]) -> list[tuple[float, str]]:
    """What happened after the change, in order: seconds and words."""
    happened = [(step["at"], WORDS[step["op"]].format(name=step["name"])) for step in pool["steps"]]
    happened += [(at, "a bridge begins to leave") for at in pool["left"]]
    happened += [(at, "a bridge is gone") for at in pool["gone"]]
    return sorted(happened)


def page(results: Sequence[dict[str, Any]]) -> str:
    """Render the document: what changed, when, and who noticed."""
    parts = [
        "# Another node type under calls",
        "",
        "Written by `.venv/bin/python -m benchmarks --pool`, which plays it; [operate.md](operate.md#another-node-type) says what to do and what it costs.",
        "Engine, provider, API server, controllers, scheduler, cluster autoscaler's rules, the pods' scripts and the nodes' packet filters are real;",
        "Scaleway's API, bridges and people are played ([rehearsal.md](rehearsal.md)). A bridge waits 10 s for its meetings here and 10 minutes by default,",
        "and nodes boot in 8 s. The next bridge leaves once a replacement has been ready for as long as a drain takes (`hostPort`), or for 30 s (`nodePort`,",
        "where it starts when the former has gone).",
    ]
    for result in results:
        pool = result["pool"]
        parts += [
            "",
            f"## {result['layout']}",
            "",
            f"{result['participants']} people in {result['meetings']} meetings on {pool['bridges']} bridges; `bridges.nodeType` changes from "
            f"{', '.join(pool['from'])} to {', '.join(pool['to'])}. Played on {result['date']} at `{result['commit']}`.",
            "",
            "| second | what |",
            "| --- | --- |",
            *(f"| {at:.0f} | {what} |" for at, what in timeline(pool)),
            f"| {pool['seconds']:.0f} | `pulumi up` ends |",
            "",
            "| who noticed | |",
            "| --- | --- |",
            *(f"| {what} | {value} |" for what, value in noticed(result)),
            "",
            f"![{result['layout']}: people and room for them above, bridges and nodes below](../benchmarks/results/pool-{result['layout']}.svg)",
        ]
    return "\n".join(parts) + "\n"


def noticed(result: dict[str, Any]) -> list[tuple[str, object]]:
    """What people, the bridges and the bill noticed."""
    pool, media = result["pool"], result["media"].get(result["layout"], {})
    leaving, staying = media.get("leaving", {}), media.get("staying", {})
    return [
        ("meetings cut", len(result["cutMeetings"])),
        ("times that jicofo moved somebody to another bridge", result["moved"]),
        ("person-seconds without a bridge", result["waitedPersonSeconds"]),
        ("person-seconds on a bridge whose CPU was full", result["overloadedPersonSeconds"]),
        ("packets lost on the way through nodes while bridges left", f"{leaving.get('lost')} of {leaving.get('packets')}"),
        ("longest silence of somebody whose bridge left, and of others", f"{leaving.get('longest_silence')} s, {staying.get('longest_silence')} s"),
        ("fewest bridges that took people", f"{pool['fewestOpen']} of {pool['bridges']}"),
        ("most nodes at once, of both pools", pool["mostNodes"]),
        ("longest drain of a bridge, and its grace period", "{longest} s, {shortestGrace} s".format(**result["drains"])),
        ("meetings cut by the bridge that the story kills in the end, to show that a cut is seen", len(result["cutOnPurpose"])),
    ]  # fmt: skip
