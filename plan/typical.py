"""Nodes of a shard over a typical week, which is what the middle column of the cost is made of.

Arithmetic, since a simulated week would take a report seconds; a test holds it to within a fifth of the simulator's.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from config.bridges import Bridges
from plan.node_idle import UNNEEDED
from plan.pools import pool_bounds
from plan.prices import HOURS_PER_WEEK
from plan.spare_times import spare_windows, spares_stand
from plan.timetable import WEEK, monday_of, started_hours, steps

BUSY_HOURS = 40  # five working days of eight hours, assumed where no timetable says better
BUSY_SHARE = 0.5  # of the way from min to max, assumed likewise

ASSUMED = f"{BUSY_HOURS} h a week half-way from min to max, min otherwise"


@dataclass(frozen=True, slots=True)
class TypicalWeek:
    """Node hours billed in a week, never less than `least` nodes' nor more than `max` nodes'."""

    least: int
    """Nodes that always stand: for `min` bridges, and for spares where no timetable sends those away."""
    node_hours: float
    basis: str
    """Where the figure comes from, for people: `timetable`, `fixed`, or the assumption in words."""

    @property
    def nodes(self) -> float:
        """Nodes on average."""
        return self.node_hours / HOURS_PER_WEEK


def typical_week(bridges: Bridges, today: date) -> TypicalWeek:
    """The week of `today`: the timetable's bridges for its hours, lead and scale-down included, and spares when they stand.

    Each node is billed by the started hour and stays for the scale-down window and five minutes more once it is not needed.
    """
    bounds = pool_bounds(bridges)
    if not bounds.autoscaled or bounds.min == bounds.max:
        return TypicalWeek(bounds.min, bounds.min * HOURS_PER_WEEK, "fixed")
    floor = _nodes(bridges, bridges.min, bounds.max, spares=not spare_windows(bridges))
    if not bridges.schedule:
        busy = round(bridges.min + (bridges.max - bridges.min) * BUSY_SHARE)
        extra = _nodes(bridges, busy, bounds.max, spares=True) - floor
        return TypicalWeek(floor, floor * HOURS_PER_WEEK + extra * BUSY_HOURS, ASSUMED)
    start = monday_of(today)
    profile = steps(bridges, start, start + WEEK)
    ends = [step.start for step in profile[1:]] + [start + WEEK]
    spans = [
        (
            step.start,
            end,
            _nodes(bridges, max(step.bridges, bridges.min), bounds.max, spares=spares_stand(bridges, step.start)),
        )
        for step, end in zip(profile, ends, strict=True)
    ]
    hold = timedelta(seconds=bridges.scaling.scale_down_window) + timedelta(seconds=UNNEEDED)
    hours = floor * HOURS_PER_WEEK
    for level in range(floor + 1, bounds.max + 1):
        needed = [(begin, end) for begin, end, nodes in spans if nodes >= level]
        hours += min(HOURS_PER_WEEK, started_hours(needed, hold))
    return TypicalWeek(floor, hours, "timetable")


def _nodes(bridges: Bridges, running: int, most: int, *, spares: bool) -> int:
    return min(most, -(-(running + bridges.scaling.spares * spares) // bridges.per_node))
