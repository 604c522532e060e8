"""Time that an engine operation waits for slow resources: polls of providers, booting nodes, addresses."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOW = 3.0  # seconds; longer steps wait for something external
COMPONENTS = ("jitsi:", "pulumi:")  # components last as long as their children


@dataclass(frozen=True, slots=True)
class Step:
    """A resource in an operation."""

    name: str
    type: str
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.ended - self.begun


@dataclass
class Steps:
    """Collects steps from events, which arrive every 0.3 s."""

    ended: list[Step] = field(default_factory=list)
    _begun: dict[str, float] = field(default_factory=dict)
    _start: float = field(default_factory=time.monotonic)

    def __call__(self, event: dict[str, Any]) -> None:
        """Handle an event of the engine."""
        self.take(event, time.monotonic() - self._start)

    def take(self, event: dict[str, Any], now: float) -> None:
        """Handle an event that arrived `now` seconds after the start."""
        if "resourcePreEvent" in event:
            self._begun[event["resourcePreEvent"]["metadata"]["urn"]] = now
        if "resOutputsEvent" in event:
            metadata = event["resOutputsEvent"]["metadata"]
            urn = metadata["urn"]
            self.ended.append(Step(urn.rpartition("::")[2], metadata["type"], self._begun.get(urn, now), now))


def slow(steps: Iterable[Step]) -> list[Step]:
    """The steps that waited, longest first. Pure."""
    found = [step for step in steps if step.seconds >= SLOW and not step.type.startswith(COMPONENTS)]
    return sorted(found, key=lambda step: (-step.seconds, step.name))


def standing(steps: Iterable[Step]) -> float:
    """Seconds during which at least one slow step was in progress. Pure."""
    total, until = 0.0, 0.0
    for step in sorted(slow(steps), key=lambda step: step.begun):
        total += max(0.0, step.ended - max(step.begun, until))
        until = max(until, step.ended)
    return total
