"""The picture in the README is the local stack's own."""

import xml.etree.ElementTree as ET
from pathlib import Path

from plan.__main__ import main

ROOT = Path(__file__).parents[2]


def test_the_readmes_picture_shows_the_local_stack_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    drawn, kept = tmp_path / "local.svg", ROOT / "docs" / "pictures" / "local.svg"
    command = ["report", "--stack", "local", "--svg"]
    assert main([*command, str(drawn)]) == 0
    ET.fromstring(drawn.read_text())  # noqa: S314 - our own file
    stale = f"stale; run: .venv/bin/python -m plan {' '.join(command)} {kept.relative_to(ROOT)}"
    assert drawn.read_text() == kept.read_text(), stale
