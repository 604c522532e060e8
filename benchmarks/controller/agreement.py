"""How far two staircases lie apart, and what they add up to. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.controller.scenario import COMPRESSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.controller.metrics_api import Sync
    from benchmarks.controller.model import Steps

HOUR = 3600
LOOK = 15 / COMPRESSION
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Two staircases over the same time."""

    mean: float
    """|difference|, averaged over time."""
    most: int
    """Largest |difference| at any instant: a change that one side sees some milliseconds later counts in full."""
    lasting: int
    """Largest |difference| in a stretch of differing that is longer than a look of the controller."""
    share: float
    """Share of time in which they differ at all."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def at(steps: Steps, seconds: float) -> int:
    """The value at an instant; the first one before its time."""
    return steps[max(0, bisect_right(steps, seconds, key=lambda step: step[0]) - 1)][1]


def apart(one: Steps, other: Steps, seconds: float) -> Apart:
    """Compare over `seconds` from zero, exactly: between two changes nothing moves."""
    edges = sorted({0.0, seconds} | {time for time, _ in (*one, *other) if 0 < time < seconds})
    pieces = [(abs(at(one, begin) - at(other, begin)), end - begin) for begin, end in pairwise(edges)]
    return Apart(
        mean=sum(difference * length for difference, length in pieces) / seconds,
        most=max(difference for difference, _ in pieces),
        lasting=_lasting(pieces),
        share=sum(length for difference, length in pieces if difference) / seconds,
    )


def _lasting(pieces: Sequence[tuple[int, float]]) -> int:
    stretches = [list(stretch) for differ, stretch in groupby(pieces, key=lambda piece: piece[0] > 0) if differ]
    return max(
        (
            max(difference for difference, _ in stretch)
            for stretch in stretches
            if sum(length for _, length in stretch) > LOOK
        ),
        default=0,
    )


def stack_hours(steps: Steps, seconds: float) -> float:
    """What a staircase adds up to, in hours of the stack's own time."""
    edges = [*(max(0.0, time) for time, _ in steps), seconds]
    total = sum(value * (end - begin) for (_, value), (begin, end) in zip(steps, pairwise(edges), strict=True))
    return total * COMPRESSION / HOUR


def most(steps: Steps) -> int:
    """The maximum."""
    return max(value for _, value in steps)


@dataclass(frozen=True, slots=True)
class Losses:
    """Looks of the real controller while metrics were lost."""

    partial: int
    """Looks at which some, but not all, failed."""
    total: int
    """Looks at which all failed."""
    shrunk: int
    """Of both, those after which the number was smaller."""
    moved: int
    """Of the total ones, those after which it was another at all."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def losses(syncs: Sequence[Sync]) -> Losses:
    """What the real controller did without its metrics."""
    found = [
        (all(value is None for value in sync.values), after.replicas - sync.replicas)
        for sync, after in pairwise(syncs)
        if any(value is None for value in sync.values)
    ]
    return Losses(
        partial=sum(not everything for everything, _ in found),
        total=sum(everything for everything, _ in found),
        shrunk=sum(change < 0 for _, change in found),
        moved=sum(bool(change) for everything, change in found if everything),
    )
