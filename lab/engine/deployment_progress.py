"""Progress of an update, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.engine.events import violation
from lab.progress import Progress, clock

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = 3  # resources named in the live line


class DeploymentProgress:
    """Counts the events of an update in the live line; prints errors and policy violations."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.done = 0
        self.under_way: dict[str, str] = {}
        self._printed: set[str] = set()

    def __call__(self, event: dict[str, Any]) -> None:
        """Handle one event of the engine."""
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "resourcePreEvent": self._started,
            "resOutputsEvent": self._finished,
            "resOpFailedEvent": self._finished,
            "diagnosticEvent": self._diagnostic,
            "policyEvent": self._policy,
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

    def _started(self, event: dict[str, Any]) -> None:
        metadata = event["metadata"]
        if metadata["op"] != "same":
            self.under_way[metadata["urn"]] = (
                f"{metadata['type'].rpartition(':')[2]} {metadata['urn'].rpartition('::')[2]}"
            )

    def _finished(self, event: dict[str, Any]) -> None:
        self.under_way.pop(event["metadata"]["urn"], None)
        self.done += 1

    def _policy(self, event: dict[str, Any]) -> None:
        problem = violation(event)
        if problem.level == "mandatory":
            return  # the update fails with it, and reports it at its end
        self.progress.line(f"  {problem.rule}: {problem.message.splitlines()[0]}")

    def _diagnostic(self, event: dict[str, Any]) -> None:
        message = event["message"].strip()
        # While a Deployment starts, its provider warns of missing pods; failures are errors.
        if event["severity"] != "error" or not message or message in self._printed:
            return
        self._printed.add(message)
        self.progress.line(f"  {message}")
