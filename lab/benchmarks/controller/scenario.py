"""The scenarios: participants, scheduled bridges, and lost metrics over time. Pure.

Times are minutes of the stack's time; a run is `COMPRESSION` times as fast. Both sides read metrics from here, the real controller
through the custom metrics API, the model directly, each for its own pods.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from components.metrics.names import EXPECTED, PARTICIPANTS, STRESS, TIMETABLE
from plan.simulate.settings import STRESS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

COMPRESSION = 15
"""Seconds of the stack per second of a run: the controller syncs every second instead of every 15."""
MINUTE = 60 / COMPRESSION
CAPACITY = 100  # `bridges.participants`
BOOT = 240 / COMPRESSION
"""Seconds until a pod is ready: `scaling.bootTime`, without a node autoscaler."""
FIRST_READING = 30 / COMPRESSION
"""Seconds until a ready bridge has metrics."""
DRAIN = 150 / COMPRESSION
"""Seconds from a bridge's deletion to its end."""
LOOK_AHEAD = 120 / COMPRESSION
LOOK_BACK = 60 / COMPRESSION
LEFT_OUT = 3  # every n-th pod, where single pods are lost

Curve = tuple[tuple[float, float], ...]
Kind = Literal["Deployment", "StatefulSet"]
POD_METRICS = (STRESS, PARTICIPANTS)
ALL = (STRESS, PARTICIPANTS, EXPECTED, TIMETABLE)


@dataclass(frozen=True, slots=True)
class Loss:
    """From minute `begins` to `ends`, `metrics` are missing: of every third pod, as an error, or as an empty list."""

    begins: float
    ends: float
    metrics: tuple[str, ...]
    how: Literal["pods", "error", "empty"]

    def at(self, seconds: float) -> bool:
        """Whether the loss applies at a second of the run."""
        return self.begins * MINUTE <= seconds < self.ends * MINUTE


@dataclass(frozen=True, slots=True)
class Scenario:
    """One workload's day in short. `people` are corners of a line, `timetable` steps: (minute, value)."""

    name: str
    kind: Kind
    minutes: float
    people: Curve
    timetable: Curve = ((0, 0),)
    losses: tuple[Loss, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """Duration of the run in seconds."""
        return self.minutes * MINUTE

    def people_at(self, seconds: float) -> int:
        """Participants at a second of the run."""
        minute = seconds / MINUTE
        if minute <= self.people[0][0]:
            return int(self.people[0][1])
        for (begins, before), (ends, after) in pairwise(self.people):
            if minute < ends:
                return int(before + (after - before) * (minute - begins) / (ends - begins))
        return int(self.people[-1][1])

    def expected_at(self, seconds: float) -> int:
        """Participants with the last minute's growth extrapolated by two minutes, as in `jvb_expected`."""
        now, before = self.people_at(seconds), self.people_at(seconds - LOOK_BACK)
        return int(now + max(0, now - before) * LOOK_AHEAD / LOOK_BACK)

    def timetable_at(self, seconds: float) -> int:
        """Bridges requested by the schedule."""
        return int(max((step for step in self.timetable if step[0] * MINUTE <= seconds), default=(0, 0))[1])

    def lost(self, metric: str, seconds: float) -> str | None:
        """The way in which a metric is lost; None if it is not."""
        return next((loss.how for loss in self.losses if metric in loss.metrics and loss.at(seconds)), None)

    def total(self, metric: str, seconds: float) -> int | None:
        """A metric of the namespace in milli-units; None while it is lost.

        Raises:
            LookupError: there is no such metric.
        """
        known: dict[str, Callable[[float], int]] = {EXPECTED: self.expected_at, TIMETABLE: self.timetable_at}
        if metric not in known:
            raise LookupError(f"the namespace has no metric {metric}; known are {', '.join(known)}")
        return None if self.lost(metric, seconds) else known[metric](seconds) * 1000

    def of_pods(self, metric: str, seconds: float, ready: Sequence[tuple[str, float]]) -> dict[str, int] | None:
        """A metric of the ready pods (each with the time it became so, oldest pod first), milli-units; None while lost.

        People spread evenly over the ready bridges.

        Raises:
            LookupError: there is no such metric.
        """
        if metric not in POD_METRICS:
            raise LookupError(f"pods have no metric {metric}; known are {', '.join(POD_METRICS)}")
        how = self.lost(metric, seconds)
        if how in ("error", "empty") or not ready:
            return None
        each, more = divmod(self.people_at(seconds), len(ready))
        values: dict[str, int] = {}
        for rank, (pod, since) in enumerate(ready):
            load = each + (rank < more)
            if seconds < since + FIRST_READING or (how == "pods" and rank % LEFT_OUT == LEFT_OUT - 1):
                continue
            values[pod] = load * 1000 if metric == PARTICIPANTS else int(min(load / CAPACITY, 1) / STRESS_LIMIT * 1000)
        return values or None


def scenario_of(written: Mapping[str, Any]) -> Scenario:
    """The scenario of a written result."""
    corners = {key: tuple((minute, value) for minute, value in written[key]) for key in ("people", "timetable")}
    listed: Iterable[dict[str, Any]] = ({**loss, "metrics": tuple(loss["metrics"])} for loss in written["losses"])
    losses = tuple(Loss(**loss) for loss in listed)
    return Scenario(written["name"], written["kind"], written["minutes"], **corners, losses=losses)


MORNING = Scenario(
    name="a morning with an outage",
    kind="Deployment",
    minutes=64,
    people=(
        *((0, 80), (8, 80), (14, 700), (21, 1000), (22, 1000), (24, 1700)),  # lessons, more of them, a flash crowd
        *((30, 1700), (46, 100), (64, 60)),  # everyone leaves
    ),
    timetable=((0, 0), (2, 10), (29, 0)),
    losses=(
        Loss(15, 18, (STRESS,), "error"),
        Loss(26, 29, POD_METRICS, "pods"),
        Loss(31, 37, ALL, "error"),
        Loss(54, 56, (PARTICIPANTS,), "empty"),
    ),
)
"""The scenario of test runs."""

ORDINALS = replace(
    MORNING,
    name="the same with ordinals",
    kind="StatefulSet",
    people=((0, 60), (5, 60), (12, 900), (16, 500), (22, 1500), (30, 1400), (40, 90), (64, 60)),
    timetable=((0, 0), (8, 6), (20, 0)),
    losses=(Loss(33, 36, POD_METRICS, "empty"), Loss(24, 27, (EXPECTED, TIMETABLE), "error")),
)
"""The same with a StatefulSet, whose scale counts terminating bridges."""

SHORT = (MORNING, ORDINALS)

SCHOOL = Scenario(
    name="a school's morning",
    kind="Deployment",
    minutes=180,
    people=(
        *((0, 20), (18, 30), (24, 900), (65, 900), (68, 150), (74, 1450), (112, 1450), (116, 300), (123, 1400)),
        *((150, 1400), (154, 100), (180, 20)),
    ),
    timetable=((0, 0), (10, 13), (60, 19), (158, 0)),
)
FLASH = Scenario(
    name="a flash crowd nobody announced",
    kind="Deployment",
    minutes=180,
    people=((0, 100), (30, 100), (33, 1500), (90, 1500), (100, 100), (140, 100), (143, 2500), (150, 200), (180, 100)),
)
OUTAGES = Scenario(
    name="an evening of outages",
    kind="Deployment",
    minutes=180,
    people=((0, 1600), (60, 1200), (120, 600), (165, 100), (180, 60)),
    losses=(
        *(Loss(begins, begins + 6, ALL, "error") for begins in (15, 70, 125)),
        *(Loss(begins, begins + 5, POD_METRICS, "pods") for begins in (30, 90)),
        *(Loss(begins, begins + 8, (STRESS,), "empty") for begins in (45, 105)),
        Loss(140, 146, (EXPECTED,), "error"),
    ),
)
LONG = (SCHOOL, FLASH, OUTAGES, replace(ORDINALS, minutes=180))
"""The scenarios of `python -m benchmarks --controller`, run in parallel."""
