"""Another Jitsi release while people meet, the way back, and signalling that moves to its zone (`python -m benchmarks --release`)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.benchmarks import machine
from lab.paths import PROJECT
from lab.rehearsal.release import page

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = PROJECT / "docs" / "release-change.md"


def measure(folder: Path, say: Callable[[str], None], document: Path = DOCUMENT) -> None:
    """Play both stories; write `release-change.json` and what was seen in the document.

    Raises:
        RuntimeError: a story broke off, or a meeting was cut.
    """
    say("Another release …")
    about = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), "commit": machine.revision(), "load": machine.load()}
    zones = _played("release-zones")
    seen = {**about, **_played("release-full"), "zones": zones}
    (folder / "release-change.json").write_text(json.dumps(seen, indent=1) + "\n")
    document.write_text(page.document(document.read_text(), seen))


def _played(story: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "seen.json"
        line = [sys.executable, "-m", "lab.rehearsal", "--story", story, "--out", str(file)]
        if status := subprocess.run(line, cwd=PROJECT, check=False).returncode:
            raise RuntimeError(f"the story {story} ended with status {status}; see its output above")
        return json.loads(file.read_text())
