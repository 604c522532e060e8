"""The arithmetic of the results. Pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the middle two."""
    return statistics.median(values)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Slope of the least-squares line through `(x, y)`; 0 for a single x."""
    x_mean = statistics.fmean(x for x, _ in points)
    y_mean = statistics.fmean(y for _, y in points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def ratio(value: float, peer: float) -> float:
    """`value` as a multiple of `peer`; infinite for a peer of 0."""
    return value / peer if peer else float("inf")
