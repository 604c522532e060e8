"""An update as it happens, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.events import violation
from local.progress import Progress, clock

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = 3  # resources named in the live line


class DeploymentProgress:
    """Counts an update's events and keeps the live line current; errors and warnings are printed for good."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.done = 0
        self.under_way: dict[str, str] = {}
        self._told: set[str] = set()

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event of the engine."""
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "resourcePreEvent": self._begun,
            "resOutputsEvent": self._ended,
            "resOpFailedEvent": self._ended,
            "diagnosticEvent": self._said,
            "policyEvent": self._found,
        }
        for kind, handle in handlers.items():
            if kind in event:
                handle(event[kind])
        self.progress.live(f"  {clock(self.progress.elapsed)}  {self}")

    def __str__(self) -> str:
        names = list(self.under_way.values())
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        waiting = f" · under way: {', '.join(names[:SHOWN])}{more}" if names else ""
        return f"{self.done} resources done{waiting}"

    def _begun(self, event: dict[str, Any]) -> None:
        metadata = event["metadata"]
        if metadata["op"] != "same":
            self.under_way[metadata["urn"]] = (
                f"{metadata['type'].rpartition(':')[2]} {metadata['urn'].rpartition('::')[2]}"
            )

    def _ended(self, event: dict[str, Any]) -> None:
        self.under_way.pop(event["metadata"]["urn"], None)
        self.done += 1

    def _found(self, event: dict[str, Any]) -> None:
        found = violation(event)
        if found.level == "mandatory":
            return  # the update fails of it, and its end tells
        self.progress.line(f"  {found.rule}: {found.message.splitlines()[0]}")

    def _said(self, event: dict[str, Any]) -> None:
        message = event["message"].strip()
        # While a Deployment starts, its provider warns of pods that are not there yet; a failure comes as an error.
        if event["severity"] != "error" or not message or message in self._told:
            return
        self._told.add(message)
        self.progress.line(f"  {message}")
