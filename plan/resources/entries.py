"""An independent reading of the schedule: when its entries ask for bridges, and at which instants that is worth a look.

It reads the zone database and the entries alone. `sizing.timetable` and the expressions that are rendered follow from the same
words in `docs/config.md`, by other ways.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from config.schedule import ScheduleEntry
from config.shard import Shard
from sizing.clock_changes import FIRST_YEAR, LAST_YEAR

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # date.weekday()
GRID_HOURS = 6
"""Hours between two instants of a sample week, besides the edges of entries."""
EDGES = 4
"""Instants after each change of clocks: both sides of an entry's next start and end."""
DAY_SECONDS = 86400
_LONGEST = 4
"""Days over which one entry may reach: a lead of a day, a night, and two clocks."""


def bridges_of(shard: Shard, entry: ScheduleEntry) -> int:
    """Return the bridges that an entry asks for: its own number, or its participants over the autoscaler's aim per bridge."""
    if entry.bridges is not None:
        return entry.bridges
    aim = min(shard.bridges.participants, shard.bridges.scaling.participants)
    return -(-(entry.participants or 0) // aim)


def needed(shard: Shard, instant: float, *, until: bool = True) -> int:
    """Return the bridges that a shard's schedule asks for at an instant; without `until`, entries never end."""
    return max(
        (
            bridges_of(shard, entry)
            for entry in shard.bridges.schedule
            if any(opens <= instant < closes for opens, closes in windows(entry, instant, until=until))
        ),
        default=0,
    )


def windows(entry: ScheduleEntry, instant: float, *, until: bool = True) -> Iterator[tuple[float, float]]:
    """Yield the entry's windows (instants, lead included) that may contain an instant."""
    local = datetime.fromtimestamp(instant, ZoneInfo(entry.timezone)).date()
    for ago in range(-2, _LONGEST):
        day = local - timedelta(days=ago)
        if WEEKDAYS[day.weekday()] in entry.days and not (until and entry.until and day > entry.until):
            yield _window(entry.timezone, entry.start, entry.end, entry.lead, day)


@lru_cache(maxsize=65536)
def _window(zone: str, start: time, end: time, lead: int, day: date) -> tuple[float, float]:
    last = day + timedelta(days=1) if end < start else day
    opens, closes = _instants(zone, day, start), _instants(zone, last, end)
    return opens[0] - lead, closes[-1]


def _instants(zone: str, day: date, clock: time) -> list[float]:
    """Instants at which a zone's clocks show a time: one, two, or the change that skips it."""
    face = datetime.combine(day, clock)
    both = sorted({face.replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() for fold in (0, 1)})
    shown = [each for each in both if datetime.fromtimestamp(each, ZoneInfo(zone)).replace(tzinfo=None, fold=0) == face]
    return shown or [_change(zone, *both)]


def _offset(zone: str, instant: float) -> timedelta:
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).utcoffset() or timedelta()


def _change(zone: str, before: float, after: float) -> float:
    """Return the second at which the zone's offset changes between two instants."""
    first = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(zone, middle) == first else (before, middle)
    return after


@lru_cache(maxsize=64)
def changes(zone: str) -> tuple[float, ...]:
    """Return the instants at which a zone's clocks change, from the first to the last year that is written out."""
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    days = (datetime(LAST_YEAR, 12, 31, tzinfo=UTC).timestamp() - first) / DAY_SECONDS
    edges = [first + day * DAY_SECONDS for day in range(0, int(days), 7)]
    return tuple(_change(zone, one, two) for one, two in pairwise(edges) if _offset(zone, one) != _offset(zone, two))


def instants(entries: tuple[ScheduleEntry, ...], *, clock_changes: bool = True) -> list[float]:
    """Return instants at which the schedule is compared.

    Around each entry's next edges after every change of clocks; over a week of winter, one of summer, and the week of each
    `until`: every few hours, and both sides of every edge. Without `clock_changes`, no day of one.
    """
    result: set[float] = set()
    for entry in entries:
        if clock_changes:
            for change in changes(entry.timezone):
                result |= set(sorted(_around(entry, change, change + 7 * DAY_SECONDS))[:EDGES])
        monday = datetime(FIRST_YEAR + 2, 1, 4, tzinfo=UTC).timestamp()
        weeks = [monday, monday + 26 * 7 * DAY_SECONDS]
        if entry.until:
            ends = datetime.combine(entry.until, time(12), UTC).timestamp()
            weeks.append(ends - 3.5 * DAY_SECONDS)
        for begin in weeks:
            end = begin + 7 * DAY_SECONDS
            result |= {begin + hour * 3600 for hour in range(0, 7 * 24, GRID_HOURS)} | _around(entry, begin, end)
    return sorted(result)


def _around(entry: ScheduleEntry, begin: float, end: float) -> set[float]:
    """Return both sides of each edge of the entry between two instants, whether or not `until` has passed."""
    days = range(int((end - begin) // DAY_SECONDS) + 1)
    edges = {
        edge for day in days for window in windows(entry, begin + day * DAY_SECONDS, until=False) for edge in window
    }
    return {instant for edge in edges if begin <= edge < end for instant in (edge - 1, edge)}
