"""The schedule as PromQL: at every second the same number as `sizing.timetable.needed_at`.

PromQL only has UTC. A zone's clock is `time()` plus its offset, generated from the time zone database
(`sizing.clock_changes`): exact from its first to its last year, without clock changes afterwards. Two clocks never go
back, so that an edge in a repeated hour counts once: the *opening* clock stops for the hour after the change, the *closing*
clock for the hour before it.
"""

from collections.abc import Callable

from config.bridges import Bridges
from config.schedule import ScheduleEntry
from sizing.clock_changes import clocks_of
from sizing.timetable import DAYS

DAY = 86400
SLACK = 7200  # seconds by which clock changes may extend a window
EPOCH = 719163  # date.toordinal() of 1970-01-01

Clock = Callable[[str, int | None], str]
"""PromQL of a zone's clock in seconds since 1970, without labels: the opening clock, `lead` seconds ahead, or with None the closing one."""


def clock(zone: str, lead: int | None) -> str:
    """Return the clock as an expression that reads no series, so it always has a result."""
    clocks = clocks_of(zone)
    ahead = lead or 0
    parts = [f"vector(time() + {ahead + clocks.offset})"]
    for change in clocks.changes:
        if change.forward > 0:
            parts.append(f"{change.forward} * (time() >= bool {change.at - ahead})")
        else:
            back = -change.forward
            begins = change.at - ahead if lead is not None else change.at - back
            parts.append(f"-1 * clamp(vector(time() - {begins}), 0, {back})")
    return "(" + " + ".join(parts) + ")"


def _days(entry: ScheduleEntry) -> int:
    """Return the entry's days as bits; bit 0 is Sunday, as in PromQL's `day_of_week`."""
    return sum(1 << (DAYS.index(day) + 1) % 7 for day in set(entry.days))


def _terms(entry: ScheduleEntry, bridges: int, read: Clock) -> list[str]:
    """Return expressions for `bridges` or 0, one for each day on which a current entry may have started."""
    start, end = (edge.hour * 3600 + edge.minute * 60 for edge in (entry.start, entry.end))
    if end < start:
        end += DAY
    ended = read(entry.timezone, None)
    found: list[str] = []
    for ago in range((end - start + entry.lead + SLACK) // DAY + 1):
        since = f"({read(entry.timezone, entry.lead)} - {start + ago * DAY})"
        conditions = [
            f"(floor({_days(entry)} / 2 ^ day_of_week({since})) % 2)",
            f"({ended} < bool floor({since} / {DAY}) * {DAY} + {end})",
        ]
        if entry.until is not None:
            conditions.append(f"({since} < bool {(entry.until.toordinal() - EPOCH + 1) * DAY})")
        found.append(f"{bridges} * " + " * ".join(conditions))
    return found


def needed_bridges(bridges: Bridges, read: Clock = clock) -> str:
    """Return the bridges that the schedule requires now as one sample without labels; 0 outside all entries.

    `read` may return recorded clocks instead of full expressions (`components.metrics.rules`).
    """
    terms = [term for entry in bridges.schedule for term in _terms(entry, bridges.bridges_for(entry), read)]
    listed = "\n  or ".join(f'label_replace({term}, "entry", "{number}", "", "")' for number, term in enumerate(terms))
    return f"max(\n  {listed}\n)"
