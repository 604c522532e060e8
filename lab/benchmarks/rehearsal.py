"""The rehearsal: the long story in both layouts, two lessons and every failure in half an hour; and the short one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from lab.benchmarks import machine
from lab.paths import PROJECT
from lab.rehearsal.__main__ import LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SHORT = "short-day"
KEPT = ("events", "samples")
"""Keys left out of the results, since the picture shows them."""


def measure(out: Path, say: Callable[[str], None], layouts: Sequence[str] = LAYOUTS) -> list[dict[str, Any]]:
    """Run the long story for each layout; writes figures, pictures and a table to `out`."""
    results: list[dict[str, Any]] = []
    for layout in layouts:
        say(f"A long day in miniature, layout {layout} …")
        results.append(played(out / f"rehearsal-{layout}.json", {}, "--story", "long", "--layout", layout))
    (out / "rehearsal.md").write_text(page(results))
    return results


def measure_short(out: Path, say: Callable[[str], None], date: str) -> None:
    """Run the short story, in which bridges leave in both layouts; writes figures and a picture to `out`."""
    say("A short day in miniature …")
    played(out / f"{SHORT}.json", {"date": date}, "--story", "short")


def played(file: Path, about: dict[str, Any], *story: str) -> dict[str, Any]:
    """Play a story; writes its figures to `file`, after those `about` the run, and its picture beside it."""
    file.unlink(missing_ok=True)
    run = subprocess.run([sys.executable, "-m", "lab.rehearsal", *story, "--out", str(file)], cwd=PROJECT, check=False)
    if not file.exists():
        raise RuntimeError(f"the rehearsal failed with status {run.returncode}; see its output above")
    played = json.loads(file.read_text())
    figures = {
        **about,
        "commit": machine.revision(),
        **{key: value for key, value in played.items() if key not in KEPT},
    }
    file.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


def page(results: Sequence[dict[str, Any]]) -> str:
    """Render the table and the pictures as Markdown."""
    rows: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
        ("people in meetings", lambda r: f"{r['participants']} in {r['meetings']}"),
        ("story, seconds", lambda r: r["storySeconds"]),
        ("meetings cut", lambda r: len(r["cutMeetings"])),
        ("meetings cut with a bridge that was killed on purpose", lambda r: len(r["cutOnPurpose"])),
        ("bridges at the lessons' start of those asked for", _lessons),
        ("crowd to capacity, seconds", lambda r: r["crowdToCapacitySeconds"]),
        ("size shrank in an outage", lambda r: sum(outage["shrank"] for outage in r["outages"])),
        ("drains: number, longest, least grace (s)", _drains),
        ("people moved by jicofo", lambda r: r["moved"]),
        ("most bridges leaving at once in the update", lambda r: r["update"] and r["update"]["leavingAtOnce"]),
        ("zombies", lambda r: len(r["zombies"])),
        ("meetings of mixed versions", lambda r: len(r["mixedVersions"])),
        ("not reached", lambda r: len(r["failures"])),
    ]
    lines = ["| | " + " | ".join(result["layout"] for result in results) + " |", "| --- |" + " --- |" * len(results)]
    lines += [f"| {name} | " + " | ".join(str(value(result)) for result in results) + " |" for name, value in rows]
    pictures = [f"![The day in miniature, {r['layout']}](rehearsal-{r['layout']}.svg)" for r in results]
    return "\n\n".join(["\n".join(lines), *pictures]) + "\n"


def _lessons(result: dict[str, Any]) -> str:
    return ", ".join(f"{lesson['standing']} of {lesson['asked']}" for lesson in result["lessons"])


def _drains(result: dict[str, Any]) -> str:
    drains = result["drains"]
    return f"{drains['count']}, {drains['longest']}, {drains['shortestGrace']}"
