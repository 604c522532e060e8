"""Differences between two step functions, and their integrals. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from lab.benchmarks.controller.scenario import COMPRESSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.benchmarks.controller.metrics_api import Sync
    from lab.benchmarks.controller.model import Steps

HOUR = 3600
LOOK = 15 / COMPRESSION
"""Seconds between two syncs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two step functions over the same time."""

    mean: float
    """|difference|, averaged over time."""
    most: int
    """Largest |difference| at any instant, delays of milliseconds included."""
    lasting: int
    """Largest |difference| in an interval longer than a sync of the controller."""
    share: float
    """Share of time in which they differ."""

    def as_dict(self) -> dict[str, Any]:
        """The figures for JSON."""
        return asdict(self)


def at(steps: Steps, seconds: float) -> int:
    """The value at an instant; the first value before the first step."""
    return steps[max(0, bisect_right(steps, seconds, key=lambda step: step[0]) - 1)][1]


def difference(steps: Steps, other: Steps, seconds: float) -> Difference:
    """Compare exactly over `seconds` from zero."""
    edges = sorted({0.0, seconds} | {time for time, _ in (*steps, *other) if 0 < time < seconds})
    pieces = [(abs(at(steps, begin) - at(other, begin)), end - begin) for begin, end in pairwise(edges)]
    return Difference(
        mean=sum(gap * length for gap, length in pieces) / seconds,
        most=max(gap for gap, _ in pieces),
        lasting=_lasting(pieces),
        share=sum(length for gap, length in pieces if gap) / seconds,
    )


def _lasting(pieces: Sequence[tuple[int, float]]) -> int:
    stretches = [list(stretch) for differ, stretch in groupby(pieces, key=lambda piece: piece[0] > 0) if differ]
    return max(
        (max(gap for gap, _ in stretch) for stretch in stretches if sum(length for _, length in stretch) > LOOK),
        default=0,
    )


def stack_hours(steps: Steps, seconds: float) -> float:
    """The integral of a step function, in hours of the stack's time."""
    edges = [*(max(0.0, time) for time, _ in steps), seconds]
    total = sum(value * (end - begin) for (_, value), (begin, end) in zip(steps, pairwise(edges), strict=True))
    return total * COMPRESSION / HOUR


def maximum(steps: Steps) -> int:
    """The maximum."""
    return max(value for _, value in steps)


@dataclass(frozen=True, slots=True)
class Losses:
    """Syncs of the real controller while metrics were lost."""

    partial: int
    """Syncs at which some metrics failed."""
    total: int
    """Syncs at which all metrics failed."""
    shrunk: int
    """Of both, those that scaled down."""
    moved: int
    """Of the total ones, those that scaled at all."""

    def as_dict(self) -> dict[str, Any]:
        """The figures for JSON."""
        return asdict(self)


def losses(syncs: Sequence[Sync]) -> Losses:
    """Count the real controller's syncs without metrics."""
    losses = [
        (all(value is None for value in sync.values), after.replicas - sync.replicas)
        for sync, after in pairwise(syncs)
        if any(value is None for value in sync.values)
    ]
    return Losses(
        partial=sum(not everything for everything, _ in losses),
        total=sum(everything for everything, _ in losses),
        shrunk=sum(change < 0 for _, change in losses),
        moved=sum(bool(change) for everything, change in losses if everything),
    )
