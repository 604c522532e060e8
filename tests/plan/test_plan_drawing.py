"""The picture in the README is the local stack's own."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readmes_picture_shows_the_local_stack_as_it_is(tmp_path):
    drawn = tmp_path / "local.svg"
    command = [sys.executable, "-m", "plan", "report", "--stack", "local", "--svg", str(drawn)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    ET.fromstring(drawn.read_text())  # noqa: S314 - our own file
    kept = ROOT / "docs" / "pictures" / "local.svg"
    assert drawn.read_text() == kept.read_text(), f"stale; run: uv {' '.join(command[1:-1])} {kept.relative_to(ROOT)}"
