"""Built-in traces of participants, generated from a seed.

Sizes and times follow published figures: classes of 25 that start within minutes, small meetings, and webinars that no
schedule announces. Seconds count from midnight, local time of the schedule.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

HOUR = 3600
MINUTE = 60
LESSON = 45 * MINUTE
LESSONS = ((480, 40), (530, 60), (595, 60), (645, 60), (705, 50), (755, 30))
"""(start in minutes after midnight, classes): 8:00, 8:50, 9:55, 10:45, 11:45, 12:35."""


class Event(NamedTuple):
    """Participants join or leave a room, or the room ends."""

    time: float
    what: Literal["join", "leave", "end"]
    room: str
    people: int = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """Events between two times of a day."""

    name: str
    begins: int
    ends: int
    events: tuple[Event, ...]
    """In order of time."""
    standing: int = 0
    """Participants for whom bridges already run when the trace begins."""
    crowd: tuple[int, int] | None = None
    """(time, seconds): when an unscheduled crowd arrives, and how long it takes to join."""


class _Day:
    """Collects events of rooms."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.events: list[Event] = []

    def room(self, name: str, people: int, joins: Callable[[], float], ends: float) -> None:
        """Add a room: each participant joins at a time from `joins` and stays to the end."""
        self.events += (Event(joins(), "join", name) for _ in range(people))
        self.events.append(Event(ends, "end", name))

    def meetings(self, name: str, since: float, until: float, *, hourly: float, people: float, lasts: float) -> None:
        """Add random rooms: `hourly` per hour, with exponential sizes and durations (seconds) around their means."""
        draw, time, number = self.random, since, 0
        while (time := time + draw.expovariate(hourly / HOUR)) < until:
            number += 1
            size = max(2, int(draw.expovariate(1 / people)))
            begins = time
            ends = begins + max(5 * MINUTE, draw.expovariate(1 / lasts))
            self.room(f"{name}-{number}", size, lambda begins=begins: begins + draw.uniform(0, 2 * MINUTE), ends)

    def around(self, time: float, spread: float, latest: float, mean: float = 0) -> Callable[[], float]:
        """Return a generator of join times around `time`, at most five minutes early."""
        draw = self.random
        return lambda: time + min(latest, max(-5 * MINUTE, draw.gauss(mean, spread)))

    def trace(self, name: str, begins: int, ends: int, **more: Any) -> Trace:
        """Return the trace with sorted events."""
        return Trace(name, begins, ends, tuple(sorted(self.events)), **more)


def school(seed: int) -> Trace:
    """Return 24 h: 300 classes in six lessons, meetings in the afternoon, and 240 unscheduled parents at 19:00."""
    day = _Day(seed)
    for minutes, classes in LESSONS:
        start = minutes * MINUTE
        for number in range(classes):
            size = max(8, int(day.random.gauss(25, 4)))
            ends = start + LESSON + day.random.uniform(-60, 120)
            day.room(f"lesson-{minutes}-{number}", size, day.around(start, 90, 6 * MINUTE, mean=-30), ends)
    day.meetings("afternoon", 14 * HOUR, 18 * HOUR, hourly=12, people=6, lasts=2400)
    for number in range(12):
        day.room(f"parents-{number}", 20, day.around(19 * HOUR, 120, 10 * MINUTE), 20.25 * HOUR)
    day.meetings("any", 0, 24 * HOUR, hourly=3, people=4, lasts=1800)
    return day.trace("school", 0, 24 * HOUR)


def flash(seed: int) -> Trace:
    """Return 3 h: 100 participants, then 1400 more within three minutes, for one hour."""
    begins = 14 * HOUR
    day = _Day(seed)
    for number in range(10):
        day.room(f"any-{number}", 10, lambda: begins + day.random.uniform(0, MINUTE), begins + 3 * HOUR)
    comes = begins + HOUR
    for number in range(56):
        day.room(f"crowd-{number}", 25, lambda: comes + day.random.uniform(0, 3 * MINUTE), comes + HOUR)
    return day.trace("flash", begins, begins + 3 * HOUR, crowd=(comes, 3 * MINUTE))


def evening(seed: int) -> Trace:
    """Return 7 h: 1600 participants on running bridges, and a decreasing number of new meetings."""
    begins = 17 * HOUR
    day = _Day(seed)
    for number in range(100):
        size = max(2, int(day.random.expovariate(1 / 15)))
        ends = begins + 10 * MINUTE + day.random.expovariate(1 / 3000)
        day.room(f"early-{number}", size, lambda: begins + day.random.uniform(0, 5 * MINUTE), ends)
    for hour in range(6):
        since = begins + hour * HOUR
        day.meetings(f"hour-{hour}", since, since + HOUR, hourly=60 * 0.5**hour, people=12, lasts=2700)
    return day.trace("evening", begins, begins + 7 * HOUR, standing=1600)


def webinar(seed: int) -> Trace:
    """Return 12 h: 40 meetings an hour, and three unscheduled rooms of 400."""
    begins = 8 * HOUR
    day = _Day(seed)
    day.meetings("any", begins, begins + 12 * HOUR, hourly=40, people=8, lasts=2700)
    for number in range(3):
        start = begins + day.random.uniform(1, 10.5) * HOUR
        day.room(f"webinar-{number}", 400, day.around(start, 150, HOUR), start + HOUR)
    return day.trace("webinar", begins, begins + 12 * HOUR)


TRACES: dict[str, Callable[[int], Trace]] = {
    "school": school,
    "flash": flash,
    "evening": evening,
    "webinar": webinar,
}
