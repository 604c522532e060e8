"""The timetable: how many bridges the schedule asks for at an instant, and over a week.

Entries are written in local time; here they become intervals of UTC instants. If entries overlap, the largest one counts.
Across a change of clocks an entry keeps its local times: a start or an end in the hour that does not exist falls on the change
itself; in the hour that exists twice an entry starts with the first one and ends with the second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.bridges import Bridges
from config.schedule import ScheduleEntry
from sizing.clock_changes import change_between

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """`bridges` are asked for from `start` up to, but not including, `end` (UTC instants)."""

    start: datetime
    end: datetime
    bridges: int


@dataclass(frozen=True, slots=True)
class Step:
    """From `start` on, until the next step, `bridges` are asked for."""

    start: datetime
    bridges: int


def _instant(face: datetime, zone: ZoneInfo, fold: int) -> datetime:
    """When the zone's clocks show `face`; with `fold` 1 for the second time, if they do so twice."""
    instant = face.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) == face:
        return instant
    earlier, later = sorted(
        int(face.replace(tzinfo=zone, fold=either).astimezone(UTC).timestamp()) for either in (0, 1)
    )
    return datetime.fromtimestamp(change_between(zone, earlier, later), UTC)


def _windows(entry: ScheduleEntry, bridges: int, start: datetime, end: datetime) -> Iterator[Window]:
    zone = ZoneInfo(entry.timezone)
    lead = timedelta(seconds=entry.lead)
    nights = 1 if entry.end < entry.start else 0
    day = start.date() - timedelta(days=2)
    last = end.date() + timedelta(days=2 + lead.days)
    while day <= last and (entry.until is None or day <= entry.until):
        if DAYS[day.weekday()] in entry.days:
            opens = _instant(datetime.combine(day, entry.start), zone, 0) - lead
            closes = _instant(datetime.combine(day + timedelta(days=nights), entry.end), zone, 1)
            if opens < end and closes > start and opens < closes:
                yield Window(opens, closes, bridges)
        day += timedelta(days=1)


def windows(bridges: Bridges, start: datetime, end: datetime) -> tuple[Window, ...]:
    """Every entry's intervals that touch `start` to `end`, lead time included, earliest first.

    An entry whose `end` is before its `start` ends on the next day; `days` and `until` refer to the day on which it starts.
    """
    touching = (
        window for entry in bridges.schedule for window in _windows(entry, bridges.bridges_for(entry), start, end)
    )
    return tuple(sorted(touching))


def needed_at(bridges: Bridges, instant: datetime) -> int:
    """Bridges that the timetable asks for at an instant with a time zone; 0 outside every entry."""
    moment = instant.astimezone(UTC)
    active = windows(bridges, moment, moment + timedelta(microseconds=1))
    return max((window.bridges for window in active if window.start <= moment < window.end), default=0)


def max_participants(shards: Iterable[Bridges], start: datetime, end: datetime) -> int:
    """Maximum of participants that these shards' timetables expect at one instant, lead time included; 0 without any.

    Of a shard's overlapping entries the largest counts; an entry that names bridges is for as many as these carry well.
    """
    expected = [
        [
            (window.start, window.end, entry.participants or window.bridges * bridges.participants)
            for entry in bridges.schedule
            for window in _windows(entry, bridges.bridges_for(entry), start, end)
        ]
        for bridges in shards
    ]
    instants = {opens for entries in expected for opens, _, _ in entries}
    return max(
        (
            sum(
                max((count for opens, closes, count in entries if opens <= now < closes), default=0)
                for entries in expected
            )
            for now in instants
        ),
        default=0,
    )


def steps(bridges: Bridges, start: datetime, end: datetime) -> tuple[Step, ...]:
    """`needed_at` over `start` to `end`, as the instants at which it changes; the first one is `start` itself."""
    touching = windows(bridges, start, end)
    edges = {start} | {edge for window in touching for edge in (window.start, window.end) if start < edge < end}
    result: list[Step] = []
    for edge in sorted(edges):
        needed = max((window.bridges for window in touching if window.start <= edge < window.end), default=0)
        if not result or result[-1].bridges != needed:
            result.append(Step(edge, needed))
    return tuple(result)


def monday_of(day: date) -> datetime:
    """Midnight UTC that begins the day's week."""
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)


def started_hours(intervals: Iterable[tuple[datetime, datetime]], hold: timedelta) -> int:
    """Started hours billed for one node that is needed in `intervals` and stays for `hold` after each.

    Intervals that meet within `hold` are one run of the same node.
    """
    hours = 0
    run: tuple[datetime, datetime] | None = None
    for start, end in sorted(intervals):
        held = end + hold
        if run and start <= run[1]:
            run = (run[0], max(run[1], held))
            continue
        hours += _hours(run)
        run = (start, held)
    return hours + _hours(run)


def _hours(run: tuple[datetime, datetime] | None) -> int:
    return -(-(run[1] - run[0]) // timedelta(hours=1)) if run else 0
