"""When the clocks of a time zone change, as numbers for PromQL, which knows UTC only.

The span is fixed, so that the same stack gives the same text on every day; before it the first offset holds, after it the
last. The source is the machine's zone database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

FIRST_YEAR = 2025
LAST_YEAR = 2045
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Change:
    """At the instant `at` (seconds since 1970, UTC) the clocks go forward by `forward` seconds, or back where negative."""

    at: int
    forward: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """A zone's seconds ahead of UTC at the start of the span, and every change in it, earliest first."""

    offset: int
    changes: tuple[Change, ...]


def _offset(zone: ZoneInfo, instant: int) -> int:
    moved = datetime.fromtimestamp(instant, zone).utcoffset()
    return int(moved.total_seconds()) if moved else 0


def change_between(zone: ZoneInfo, earlier: int, later: int) -> int:
    """The instant of the one change after `earlier` and not after `later`."""
    before = _offset(zone, earlier)
    while later - earlier > 1:
        middle = (earlier + later) // 2
        earlier, later = (middle, later) if _offset(zone, middle) == before else (earlier, middle)
    return later


@cache
def clocks_of(name: str) -> Clocks:
    """The clocks of an IANA time zone from FIRST_YEAR to LAST_YEAR. Two changes are distinct if a day lies between them."""
    zone = ZoneInfo(name)
    first, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (FIRST_YEAR, LAST_YEAR + 1))
    changes = [
        Change(change_between(zone, earlier, later), _offset(zone, later) - _offset(zone, earlier))
        for earlier, later in pairwise(range(first, end + 1, _DAY))
        if _offset(zone, earlier) != _offset(zone, later)
    ]
    return Clocks(_offset(zone, first), tuple(changes))
