"""Use of a stack over a typical week, on which the cost's `typical` column rests: nodes of a shard, and recordings kept.

Arithmetic, since a simulated week would take a report seconds; a test holds it to within a fifth of the simulator's.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from config.bridges import Bridges
from config.recording import BITRATE_KBPS, DAY, Recording
from sizing.pools import NODE_UNNEEDED_SECONDS, min_recorders, pool_bounds
from sizing.prices import HOURS_PER_WEEK
from sizing.spare_times import spare_windows, spares_stand
from sizing.timetable import WEEK, monday_of, started_hours, steps

BUSY_HOURS = 40  # five working days of eight hours, assumed if no timetable says otherwise
BUSY_SHARE = 0.5  # of the way from min to max, assumed likewise
ASSUMED_NODES = f"{BUSY_HOURS} h a week half-way from min to max, min otherwise"

TYPICAL_KBPS = {"1280x720": 2000, "1920x1080": 4500}
"""What a recording of people and slides writes, kbit/s: half of `BITRATE_KBPS`, which is for moving pictures."""
DAYS_WITHOUT_RETENTION = 365  # without retention a bucket grows for ever; the estimate is a year's recordings
ASSUMED_RECORDINGS = f"half of all recorders record {BUSY_HOURS} h a week"
GB = 10**9


@dataclass(frozen=True, slots=True)
class TypicalWeek:
    """Node hours billed in a week, between `min` nodes and the pool's maximum."""

    min: int
    """Nodes that always stand: for `min` bridges, and for spares that no timetable sends away."""
    node_hours: float
    basis: str
    """Source of the figure, for people: `timetable`, `fixed`, or the assumption in words."""

    @property
    def nodes(self) -> float:
        """Nodes on average."""
        return self.node_hours / HOURS_PER_WEEK


def typical_week(bridges: Bridges, today: date) -> TypicalWeek:
    """The week of `today`: the timetable's bridges for its hours, lead and scale-down included, and spares when they stand.

    Each node is billed by the started hour and stays for the scale-down window and `NODE_UNNEEDED_SECONDS` more once it is not
    needed.
    """
    bounds = pool_bounds(bridges)
    if not bounds.autoscaled or bounds.min == bounds.max:
        return TypicalWeek(bounds.min, bounds.min * HOURS_PER_WEEK, "fixed")
    floor = _nodes(bridges, bridges.min, bounds.max, spares=not spare_windows(bridges))
    if not bridges.schedule:
        busy = round(bridges.min + (bridges.max - bridges.min) * BUSY_SHARE)
        extra = _nodes(bridges, busy, bounds.max, spares=True) - floor
        return TypicalWeek(floor, floor * HOURS_PER_WEEK + extra * BUSY_HOURS, ASSUMED_NODES)
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
    hold = timedelta(seconds=bridges.scaling.scale_down_window + NODE_UNNEEDED_SECONDS)
    hours = floor * HOURS_PER_WEEK
    for level in range(floor + 1, bounds.max + 1):
        needed = [(begin, end) for begin, end, nodes in spans if nodes >= level]
        hours += min(HOURS_PER_WEEK, started_hours(needed, hold))
    return TypicalWeek(floor, hours, "timetable")


def _nodes(bridges: Bridges, running: int, max_nodes: int, *, spares: bool) -> int:
    return min(max_nodes, -(-(running + bridges.scaling.spares * spares) // bridges.per_node))


def recorded_share(recording: Recording) -> float:
    """Share of the week with recorders half-way to the maximum; 0 if their number never changes."""
    return 0.0 if min_recorders(recording) == recording.max else BUSY_HOURS / HOURS_PER_WEEK * BUSY_SHARE


def kept_days(recording: Recording) -> int:
    """Days of recordings that are in the bucket."""
    return recording.retention // DAY if recording.retention else DAYS_WITHOUT_RETENTION


def _gigabytes(recording: Recording, recorders: float, hours_a_week: float, kbps: int) -> float:
    seconds = recorders * hours_a_week * 3600 * kept_days(recording) / WEEK.days
    return seconds * kbps * 1000 / 8 / GB


def typical_gigabytes(recording: Recording) -> float:
    """Size of the bucket once the first recordings expire, or after a year (see `ASSUMED_RECORDINGS`)."""
    return _gigabytes(recording, recording.max * BUSY_SHARE, BUSY_HOURS, TYPICAL_KBPS[recording.resolution])


def max_gigabytes(recording: Recording) -> float:
    """The same if every recorder records day and night at the highest bit rate."""
    return _gigabytes(recording, recording.max, HOURS_PER_WEEK, BITRATE_KBPS[recording.resolution])
