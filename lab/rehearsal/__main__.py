"""`python -m lab.rehearsal --story short --out FILE`: play a story in its own network namespace and write the verdict.

It writes the figures (JSON), and beside them a picture (.svg) and a summary (.txt).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.network_namespace import isolated, why_no_forwarding
from lab.progress import Progress
from lab.rehearsal.story import STORIES
from lab.toolchain.prepare import ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.toolchain.prepare import Toolchain

LAYOUTS = ("hostPort", "nodePort")
ZONES = ("zone", "zone-full")
"""Stories of a lost zone, with people at HAProxies instead of bridges."""
RELEASES = ("release", "release-full", "release-zones")
"""Stories of another release, the second with the way back, the third with signalling that moves to its zone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a story; 0 if no meeting was cut and nothing failed, 1 otherwise, 2 if it could not run."""
    parser = argparse.ArgumentParser(prog="python -m lab.rehearsal", description=__doc__)
    parser.add_argument(
        "--story", choices=[*sorted(STORIES), *ZONES, *RELEASES], default="short", help="default: %(default)s"
    )
    parser.add_argument("--layout", choices=LAYOUTS, default="hostPort", help="of the bridges (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    parser.add_argument("--isolated", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not given.isolated:
        if reason := why_no_forwarding():
            print(f"cannot be played: {reason}", file=sys.stderr)
            return 2
        ensure("loop", Progress())  # needs the network
        again = [*(sys.argv[1:] if arguments is None else arguments), "--isolated"]
        line = isolated([sys.executable, "-m", "lab.rehearsal", *again])
        os.execvp(line[0], line)  # noqa: S606 - replaces this process, so that a signal ends all of it
    # Needed inside the namespace only.
    from lab.rehearsal.performance import perform  # noqa: PLC0415
    from lab.rehearsal.picture import picture  # noqa: PLC0415
    from lab.rehearsal.verdict import words  # noqa: PLC0415

    if given.story in ZONES:
        return _zone(given)
    if given.story in RELEASES:
        return _release(given)
    figures = _played(given, lambda folder, tools: perform(folder, tools, given.story, given.layout))
    given.out.with_suffix(".svg").write_text(picture(figures))
    given.out.with_suffix(".txt").write_text(words(figures))
    print(words(figures), end="")
    return 1 if figures["cutMeetings"] or figures["failures"] else 0


def _played(given: argparse.Namespace, perform: Callable[[Path, Toolchain], dict[str, Any]]) -> dict[str, Any]:
    """Play in a folder of its own, and write the figures."""
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    try:
        figures = perform(folder, ensure("loop", Progress()))
    finally:
        if given.keep:
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


def _zone(given: argparse.Namespace) -> int:
    """Play the loss of a zone; 1 if a room was split, or somebody of the other zone was cut."""
    from lab.rehearsal.zone import page, story  # noqa: PLC0415

    form = story.FULL if given.story == "zone-full" else story.SHORT
    figures = _played(given, lambda folder, tools: story.perform(folder, tools, form))
    print("\n".join(page.table(figures)))
    return 1 if figures["split"] or figures["elsewhereCut"] or figures["failures"] else 0


def _release(given: argparse.Namespace) -> int:
    """Play another release; 1 if a meeting was cut."""
    from lab.rehearsal.release import page, story, zones  # noqa: PLC0415

    if given.story == "release-zones":
        figures = _played(given, zones.perform)
        print("\n".join(page.moved(figures)))
        return 0 if all(set(homes) == {shard} for shard, homes in figures["homes"].items()) else 1
    figures = _played(given, lambda folder, tools: story.perform(folder, tools, back=given.story == "release-full"))
    print("\n".join(page.noticed(figures)))
    parts = [part for part in figures.values() if isinstance(part, dict)]
    return 0 if all(part.get("meeting goes on", True) for part in parts) else 1


if __name__ == "__main__":
    sys.exit(main())
