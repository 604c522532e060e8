"""The state on disk: one JSON file, replaced atomically."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scaleway_emulator.state import State

if TYPE_CHECKING:
    from pathlib import Path


class Store:
    """The state in memory and the file it lives in."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "scaleway.json"
        self.state = State.model_validate_json(self.path.read_bytes()) if self.path.exists() else State()
        self._saved = self.path.read_text() if self.path.exists() else ""

    def save(self) -> None:
        """Write what changed since the last time; nothing when nothing did."""
        text = self.state.model_dump_json(indent=1)
        if text == self._saved:
            return
        temporary = self.path.with_suffix(".new")
        temporary.write_text(text)
        os.replace(temporary, self.path)  # noqa: PTH105 - says that it replaces
        self._saved = text
