"""The timetable as PromQL: for every instant the number that `plan.timetable.needed_at` gives, to the second.

PromQL knows UTC only. A zone's clock is `time()` with its offset, written out from the zone database
(`plan.clock_changes`): exact from its first to its last year, afterwards as if the clocks did not change any more.
Two clocks never go back, so an edge in the hour that comes twice counts once: the *opening* clock stands still for that
hour after the change, the *closing* one for the hour before it.
"""

from collections.abc import Callable

from config.bridges import Bridges, Lesson
from plan.clock_changes import clocks_of
from plan.timetable import DAYS

DAY = 86400
SLACK = 7200  # seconds by which changes of clocks may stretch a window
EPOCH = 719163  # date.toordinal() of 1970-01-01

Clock = Callable[[str, int | None], str]
"""PromQL for a zone's clock in seconds since 1970, with no label: the opening one `lead` seconds ahead; none: the closing."""


def clock(zone: str, lead: int | None) -> str:
    """The clock itself: no series is read, so it never goes missing."""
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


def _days(lesson: Lesson) -> int:
    """The entry's days as bits, bit 0 for Sunday as in PromQL's `day_of_week`."""
    return sum(1 << (DAYS.index(day) + 1) % 7 for day in set(lesson.days))


def _entry(lesson: Lesson, bridges: int, read: Clock) -> list[str]:
    """`bridges` or 0, once for each day on which the entry may have started and still be on."""
    start, end = (edge.hour * 3600 + edge.minute * 60 for edge in (lesson.start, lesson.end))
    if end < start:
        end += DAY
    ended = read(lesson.timezone, None)
    found: list[str] = []
    for ago in range((end - start + lesson.lead + SLACK) // DAY + 1):
        since = f"({read(lesson.timezone, lesson.lead)} - {start + ago * DAY})"
        conditions = [
            f"(floor({_days(lesson)} / 2 ^ day_of_week({since})) % 2)",
            f"({ended} < bool floor({since} / {DAY}) * {DAY} + {end})",
        ]
        if lesson.until is not None:
            conditions.append(f"({since} < bool {(lesson.until.toordinal() - EPOCH + 1) * DAY})")
        found.append(f"{bridges} * " + " * ".join(conditions))
    return found


def needed_bridges(bridges: Bridges, read: Clock = clock) -> str:
    """Bridges that the schedule asks for now, one sample without labels; 0 outside every entry.

    `read` may name recorded clocks in place of written-out ones, where someone records them (`components.metrics.rules`).
    """
    entries = [entry for lesson in bridges.schedule for entry in _entry(lesson, bridges.needed_for(lesson), read)]
    listed = "\n  or ".join(
        f'label_replace({entry}, "entry", "{number}", "", "")' for number, entry in enumerate(entries)
    )
    return f"max(\n  {listed}\n)"
