"""The long rehearsal, in both layouts: two lessons and every misfortune, against the real loop; half an hour."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from local.places import PROJECT
from local.rehearsal.__main__ import LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

KEPT = ("events", "samples")
"""Left out of the results: the picture shows them."""


def measure(out: Path, say: Callable[[str], None], layouts: Sequence[str] = LAYOUTS) -> list[dict[str, Any]]:
    """Play it once for each layout; figures, pictures and a table land in `out`."""
    results: list[dict[str, Any]] = []
    for layout in layouts:
        file = out / f"rehearsal-{layout}.json"
        file.unlink(missing_ok=True)
        say(f"A long day in miniature, layout {layout} …")
        line = [sys.executable, "-m", "local.rehearsal", "--story", "long", "--layout", layout, "--out", str(file)]
        played = subprocess.run(line, cwd=PROJECT, check=False)
        if not file.exists():
            raise RuntimeError(f"the rehearsal broke off with status {played.returncode}; what it said is above")
        figures = {key: value for key, value in json.loads(file.read_text()).items() if key not in KEPT}
        file.write_text(json.dumps(figures, indent=1) + "\n")
        results.append(figures)
    (out / "rehearsal.md").write_text(page(results))
    return results


def page(results: Sequence[dict[str, Any]]) -> str:
    """The table, and the pictures below it."""
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
