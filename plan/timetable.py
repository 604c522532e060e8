"""Timetable arithmetic: how many bridges the schedule asks for at an instant, and over a week.

Every entry is written in local time; here it becomes intervals of UTC instants. Where entries overlap the largest one
counts. Across a change of clocks an entry keeps its local times: a start or an end in the hour that does not exist falls on
the change itself; in the hour that exists twice an entry starts with the first one and ends with the second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.bridges import Bridges, Lesson
from plan.clock_changes import change_between

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
    """When the zone's clocks show `face`; `fold` 1: for the second time, where they do so twice."""
    found = face.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == face:
        return found
    earlier, later = sorted(
        int(face.replace(tzinfo=zone, fold=either).astimezone(UTC).timestamp()) for either in (0, 1)
    )
    return datetime.fromtimestamp(change_between(zone, earlier, later), UTC)


def _windows(lesson: Lesson, bridges: int, start: datetime, end: datetime) -> Iterator[Window]:
    zone = ZoneInfo(lesson.timezone)
    lead = timedelta(seconds=lesson.lead)
    nights = 1 if lesson.end < lesson.start else 0
    day = start.date() - timedelta(days=2)
    last = end.date() + timedelta(days=2 + lead.days)
    while day <= last and (lesson.until is None or day <= lesson.until):
        if DAYS[day.weekday()] in lesson.days:
            opens = _instant(datetime.combine(day, lesson.start), zone, 0) - lead
            closes = _instant(datetime.combine(day + timedelta(days=nights), lesson.end), zone, 1)
            if opens < end and closes > start and opens < closes:
                yield Window(opens, closes, bridges)
        day += timedelta(days=1)


def windows(bridges: Bridges, start: datetime, end: datetime) -> tuple[Window, ...]:
    """Every entry's intervals that touch `start` to `end`, lead time included, earliest first.

    An entry whose `end` lies before its `start` runs into the next day; `days` and `until` speak of the day it starts on.
    """
    found = (
        window for lesson in bridges.schedule for window in _windows(lesson, bridges.needed_for(lesson), start, end)
    )
    return tuple(sorted(found))


def needed_at(bridges: Bridges, instant: datetime) -> int:
    """Bridges that the timetable asks for at an instant with a time zone; 0 outside every entry."""
    moment = instant.astimezone(UTC)
    active = windows(bridges, moment, moment + timedelta(microseconds=1))
    return max((window.bridges for window in active if window.start <= moment < window.end), default=0)


def most_people(shards: Iterable[Bridges], start: datetime, end: datetime) -> int:
    """The most people whom the timetables of these shards expect at one instant, lead time included; 0 without any.

    Of a shard's entries that overlap the largest counts; one that names bridges is for as many people as these carry well.
    """
    expected = [
        [
            (window.start, window.end, lesson.participants or window.bridges * bridges.participants)
            for lesson in bridges.schedule
            for window in _windows(lesson, bridges.needed_for(lesson), start, end)
        ]
        for bridges in shards
    ]
    instants = {opens for entries in expected for opens, _, _ in entries}
    return max(
        (
            sum(
                max((people for opens, closes, people in entries if opens <= now < closes), default=0)
                for entries in expected
            )
            for now in instants
        ),
        default=0,
    )


def steps(bridges: Bridges, start: datetime, end: datetime) -> tuple[Step, ...]:
    """`needed_at` over `start` to `end`, as the instants at which it changes; the first one is `start` itself."""
    found = windows(bridges, start, end)
    edges = {start} | {edge for window in found for edge in (window.start, window.end) if start < edge < end}
    result: list[Step] = []
    for edge in sorted(edges):
        needed = max((window.bridges for window in found if window.start <= edge < window.end), default=0)
        if not result or result[-1].bridges != needed:
            result.append(Step(edge, needed))
    return tuple(result)


def monday_of(day: date) -> datetime:
    """Midnight UTC that begins the day's week."""
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)


def started_hours(intervals: Iterable[tuple[datetime, datetime]], hold: timedelta) -> int:
    """Hours billed for one node that is needed in `intervals`: it stays for `hold` after each, and a started hour counts.

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
