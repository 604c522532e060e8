"""Writes of the engine's provider, from the API server's audit log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHANGING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
ENGINE = "pulumi"  # in the User-Agent of the engine's provider


@dataclass(frozen=True, slots=True)
class Writes:
    """Requests of the engine's provider."""

    real: int
    """Requests that write."""
    dry: int
    """Dry runs (`dryRun=All`)."""


def count(lines: Iterable[str]) -> Writes:
    """The writes among audit events, one JSON document per line. Pure."""
    real = dry = 0
    for line in lines:
        event = json.loads(line)
        if event["verb"] not in CHANGING or ENGINE not in event.get("userAgent", "").lower():
            continue
        if "dryRun=All" in event["requestURI"]:
            dry += 1
        else:
            real += 1
    return Writes(real, dry)


class Log:
    """Reads the log from its last position."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = path.stat().st_size if path.exists() else 0

    def since(self) -> Writes:
        """The writes since the last call."""
        if not self.path.exists():
            return Writes(0, 0)
        with self.path.open("rb") as log:
            log.seek(self.offset)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        return count(whole.decode(errors="replace").splitlines())
