"""The gates of scaling: mean and worst of all seeds against limits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.benchmarks.scaling import STACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEGRADED_PERCENT = 0.5
TIMES_ORACLE = 2.3
CAPACITY_SECONDS = 360
DRAIN_SECONDS = 690  # announcement 12 s, migrateAfter 600 s, the move 60 s and the end of the pod, in steps of 5 s


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit, and the mean and the worst day; None for never."""

    what: str
    limit: float
    mean: float | None
    worst: float | None
    unit: str

    @property
    def met(self) -> bool:
        """Whether the worst day stays within the limit."""
        return self.worst is not None and self.worst <= self.limit


def mean_and_worst(runs: Sequence[dict[str, Any]], figure: str) -> tuple[float | None, float | None]:
    """Mean and worst over all seeds; None if one of them has no such figure."""
    values = [run[figure] for run in runs]
    if None in values:
        return None, None
    return sum(values) / len(values), max(values)


def gates(results: dict[str, Any]) -> Iterator[Gate]:
    """The gates of this program's runs."""
    runs = results["runs"][STACK]
    school = runs["school"]
    yield Gate(
        "school day: people's time degraded", DEGRADED_PERCENT, *mean_and_worst(school, "degradedPercent"), unit="%"
    )
    yield Gate(
        "school day: node-hours, times the clairvoyant's",
        TIMES_ORACLE,
        *mean_and_worst(school, "nodeHoursPerOracle"),
        unit="",
    )
    yield Gate(
        "flash crowd: capacity", CAPACITY_SECONDS, *mean_and_worst(runs["flash"], "timeToCapacitySeconds"), unit="s"
    )
    every = [run for days in runs.values() for run in days]
    yield Gate("all days: meetings cut", 0, *mean_and_worst(every, "cutConferences"), unit="")
    yield Gate(
        "all days: a bridge's longest drain", DRAIN_SECONDS, *mean_and_worst(every, "longestDrainSeconds"), unit="s"
    )
