"""Another Jitsi release while people meet, and the way back (`python -m benchmarks --release`). Some ten minutes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab.benchmarks import machine
from lab.network_namespace import isolated, why_no_forwarding
from lab.paths import PROJECT
from lab.progress import Progress
from lab.toolchain.prepare import ensure

sys.path.insert(0, str(PROJECT / "tests"))

from release_page import rows

if TYPE_CHECKING:
    from collections.abc import Callable


def measure(folder: Path, say: Callable[[str], None]) -> None:
    """Play the long form of the story and write `release.json` and `release.md`; where it cannot be played, existing results stay."""
    if reason := why_no_forwarding():
        say(f"another release is not played: {reason}")
        return
    say("Another release …")
    ensure("loop", Progress())
    with tempfile.TemporaryDirectory() as place:
        command = isolated(["env", "PYTHONPATH=.:tests", sys.executable, "-m", "e2e.release_story", place, "--long"])
        subprocess.run(command, cwd=PROJECT, check=True)
        seen = json.loads((Path(place) / "seen.json").read_text())
    seen |= {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "commit": machine.revision(), "load": machine.load()}
    (folder / "release.json").write_text(json.dumps(seen) + "\n")
    head = f"Written by `.venv/bin/python -m benchmarks --release` on {seen['date']} at {seen['commit']}, with a load of {seen['load']:.1f}."
    about = "What is real and what is played says [release-change.md](../../docs/release-change.md#what-was-seen)."
    (folder / "release.md").write_text(f"# Another Jitsi release while people meet\n\n{head} {about}\n\n{rows(seen)}")
