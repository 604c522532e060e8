"""A zone lost at peak and given back: on real HAProxies, and with a deployed stack (`python -m benchmarks --zone`). Some eight minutes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.benchmarks import machine
from lab.paths import PROJECT
from lab.rehearsal.zone.page import page as story_page

sys.path.insert(0, str(PROJECT / "tests"))

from edge.zone_play import KEPT, KEPT_PROXIES, LOST, LOST_PROXIES, Seen, play

from components.ingress import room_routing
from config.browser import ZONES_PING
from plan.zone_loss import PROMISED_SECONDS, wait

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOMS, PEOPLE = 80, 3
DOCUMENT = PROJECT / "docs" / "zone-loss.md"


def measure(folder: Path, say: Callable[[str], None]) -> None:
    """Play the loss and write `zone.json` and `zone.md`."""
    say("A lost zone …")
    seen = asyncio.run(play(ROOMS, PEOPLE))
    found = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": machine.revision(),
        "load": machine.load(),
        **asdict(seen),
        "split": sorted(seen.split),
    }
    (folder / "zone.json").write_text(json.dumps(found) + "\n")
    (folder / "zone.md").write_text(page(found, seen))


def rehearse(folder: Path, say: Callable[[str], None], document: Path = DOCUMENT) -> None:
    """Play the loss with a deployed stack; write `zone-loss.json` and the document.

    Raises:
        RuntimeError: the story broke off, or a promise was broken.
    """
    say("A lost zone of a deployed stack …")
    file = folder / "zone-loss.json"
    about = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "commit": machine.revision(), "load": machine.load()}
    line = [sys.executable, "-m", "lab.rehearsal", "--story", "zone-full", "--out", str(file)]
    if status := subprocess.run(line, cwd=PROJECT, check=False).returncode:
        raise RuntimeError(f"the rehearsal of a lost zone ended with status {status}; see its output above")
    figures = {**about, **{key: value for key, value in json.loads(file.read_text()).items() if key != "events"}}
    file.write_text(json.dumps(figures, indent=1) + "\n")
    document.write_text(story_page(figures))


def page(found: dict[str, Any], seen: Seen) -> str:
    """The document: what was lost, who noticed, when they were back, and what happened when the zone returned."""
    back = seen.back
    waited = wait(ZONES_PING, room_routing.dead_seconds(), door=False)
    rows = [
        (
            "people of lost shards whose signalling is on another shard: half of them",
            f"after {back[len(back) // 2]:.0f} s",
        ),
        (
            "the last of them",
            f"after {back[-1]:.0f} s; by the report {waited['signalling']:.0f} s, and {PROMISED_SECONDS} s with the page's countdown and joining",
        ),
        ("rooms on two shards, at any time", str(len(seen.split))),
        ("people of the other zone who were cut although their HAProxy lives", str(seen.cut_elsewhere)),
        (
            "people of the other zone whose HAProxy was lost, and who connected again to the same shard",
            str(seen.reconnected),
        ),
        ("rooms of the other zone that changed their shard", str(seen.moved_elsewhere)),
        (
            "rooms that two people opened at once through different HAProxies, from the loss until the zone was back",
            str(seen.opened),
        ),
        ("rooms that changed their shard when the zone came back", str(seen.swung)),
        ("people who were cut when it came back", str(seen.cut_at_return)),
    ]
    return "\n".join(
        [
            "# A zone lost at peak",
            "",
            f"Written by `.venv/bin/python -m benchmarks --zone` on {found['date']} at {found['commit']}, with a load of "
            f"{found['load']:.1f} on the machine.",
            "",
            f"{seen.rooms} rooms with {seen.people} people, four shards and four HAProxies with the program's own configuration. "
            f"{', '.join(LOST)} and {len(LOST_PROXIES)} HAProxies lose power: nothing answers, and nothing is reset. {', '.join(KEPT)} and "
            f"{len(KEPT_PROXIES)} HAProxies stay. HAProxy is real; shards are doubles, and people are websockets that ping as Jitsi's do, behind a "
            "load balancer that leaves a node after its checks.",
            "",
            "| what | measured |",
            "| --- | --- |",
            *(f"| {what} | {value} |" for what, value in rows),
            "",
            "Bridges, kubelets and Scaleway's API are not part of it: whether enough bridges run in the other zones says `plan report`.",
            "",
        ]
    )
