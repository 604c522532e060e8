"""Results of the suite: one file (JSON), into which each test that was run puts its own, also if it was run alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Results = dict[str, Any]
"""`versions`: program -> version. `measured`: test -> `day` and `figures`. All were measured with these versions."""


def merged(
    before: Results, test: str, figures: Mapping[str, Any] | None, versions: Mapping[str, str], day: str
) -> Results:
    """The results with one more; `figures` are None if the test failed, which then has none.

    What was measured with another version of any program says nothing about this one, and goes.
    """
    known: Mapping[str, str] = before.get("versions", {})
    same = all(versions.get(name, version) == version for name, version in known.items())
    kept = {name: each for name, each in before.get("measured", {}).items() if same and name != test}
    if figures is not None:
        kept[test] = {"day": day, "figures": dict(figures)}
    return {"versions": {**(known if same else {}), **versions}, "measured": kept}


def keep(file: Path, test: str, figures: Mapping[str, Any] | None, versions: Mapping[str, str], day: str) -> None:
    """Put a test's result into the file."""
    before: Results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    text = json.dumps(merged(before, test, figures, versions, day), indent=1, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")
