"""When spares stand: while the timetable asks for bridges, lead included, as weekly windows of one time zone.

Windows never touch, so no start coincides with an end: gaps below an hour are bridged, since a node is billed by the started
hour, and entries of other time zones are converted to the first entry's, with every difference that the two clocks have over
a year.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from config.bridges import Bridges
from config.schedule import Day, ScheduleEntry
from sizing.timetable import DAYS

DAY = 24 * 60
WEEK = 7 * DAY
BRIDGED = 60  # minutes; a shorter gap is no gap
SAMPLE_YEAR = 2026  # any: differences of two clocks repeat every year


@dataclass(frozen=True, slots=True)
class SpareWindow:
    """Spares run for `minutes` from `start` on each of `days`, in local time of `timezone`."""

    days: tuple[Day, ...]
    start: time
    minutes: int
    timezone: str
    until: date | None = None
    """The last day on which it starts, if all entries in it have one."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Minutes of the week; the end may be beyond the week's."""

    start: int
    minutes: int
    until: date | None


def _differences(zone: str, home: str) -> set[int]:
    """Minutes by which `home`'s clock is ahead of `zone`'s, over a year."""
    if zone == home:
        return {0}
    noon = datetime(SAMPLE_YEAR, 1, 1, 12, tzinfo=UTC)
    instants = (noon + timedelta(days=day) for day in range(365))
    offsets = ((instant.astimezone(ZoneInfo(name)).utcoffset() for name in (home, zone)) for instant in instants)
    return {int(((ahead or timedelta()) - (own or timedelta())).total_seconds()) // 60 for ahead, own in offsets}


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _spans(entry: ScheduleEntry, home: str) -> list[_Span]:
    lead = -(-entry.lead // 60)
    lasts = min(WEEK, (_minute(entry.end) - _minute(entry.start)) % DAY + lead)
    shifts = _differences(entry.timezone, home)
    starts = (
        DAYS.index(day) * DAY + _minute(entry.start) - lead + shift for day in set(entry.days) for shift in shifts
    )
    return [_Span(start % WEEK, lasts, entry.until) for start in starts]


def _merged(spans: list[_Span]) -> list[_Span]:
    """Spans that do not touch, on the circle of the week; empty if they leave no gap of an hour."""
    covered = bytearray(WEEK)
    for span in spans:
        for minute in range(span.start, span.start + span.minutes):
            covered[minute % WEEK] = 1
    begins = [minute for minute in range(WEEK) if covered[minute] and not covered[minute - 1]]
    ends = [minute + 1 for minute in range(WEEK) if covered[minute] and not covered[(minute + 1) % WEEK]]
    starts = [start for start in begins if all((start - end) % WEEK >= BRIDGED for end in ends)]
    closes = [end for end in ends if all((start - end) % WEEK >= BRIDGED for start in begins)]
    merged: list[_Span] = []
    for start in starts:
        minutes = min((end - start) % WEEK or WEEK for end in closes)
        inside = [span.until for span in spans if (span.start - start) % WEEK < minutes]
        dates = [until for until in inside if until]
        merged.append(_Span(start, minutes, max(dates) if len(dates) == len(inside) else None))
    return merged


@lru_cache(maxsize=64)  # asked again for every step of a timetable
def _windows(schedule: tuple[ScheduleEntry, ...]) -> tuple[SpareWindow, ...]:
    home = schedule[0].timezone
    runs = _merged([span for entry in schedule for span in _spans(entry, home)])
    alike: dict[tuple[int, int, date | None], list[int]] = {}
    for run in runs:
        day, minute = divmod(run.start, DAY)
        alike.setdefault((minute, run.minutes, run.until), []).append(day)
    return tuple(
        SpareWindow(tuple(DAYS[day] for day in days), time(*divmod(minute, 60)), minutes, home, until)
        for (minute, minutes, until), days in alike.items()
    )


def spare_windows(bridges: Bridges) -> tuple[SpareWindow, ...]:
    """Weekly windows, earliest in the week first; empty if spares always stand.

    They do without a schedule, with `sparesWhen: always`, and if the schedule leaves no gap of an hour.
    """
    if not bridges.schedule or bridges.scaling.spares_when == "always":
        return ()
    return _windows(bridges.schedule)


def spares_stand(bridges: Bridges, instant: datetime) -> bool:
    """Whether spares run at an instant with a time zone."""
    weekly = spare_windows(bridges)
    return not weekly or any(_open(window, instant.astimezone(ZoneInfo(window.timezone))) for window in weekly)


def _open(window: SpareWindow, local: datetime) -> bool:
    face = local.replace(tzinfo=None)
    for ago in range(window.minutes // DAY + 2):
        day = face.date() - timedelta(days=ago)
        opens = datetime.combine(day, window.start)
        if (
            DAYS[day.weekday()] in window.days
            and opens <= face < opens + timedelta(minutes=window.minutes)
            and not (window.until and day > window.until)
        ):
            return True
    return False
