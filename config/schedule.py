"""The schedule: capacity that is ready before people join."""

import difflib
import zoneinfo
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from config.boot import LEAD_SECONDS
from config.limits import MAX_BRIDGES, MAX_PARTICIPANTS
from config.model import Duration, Model, between

_MIDNIGHT = " 00:00:00 +0000 UTC"

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        hours, minutes = str(value).split(":")
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f'a time of day is written "08:00", in quotes; got {value!r}') from None


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda value: value.strftime("%H:%M")),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]


def _day(value: object) -> date:
    """Parse a date; the engine turns one without quotes into the text of that midnight."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).removesuffix(_MIDNIGHT))
    except ValueError:
        raise ValueError(f'a date is written "2040-07-01"; got {value!r}') from None


Date = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


@cache
def _time_zones() -> frozenset[str]:
    """Names of the time zone database, read from disk once."""
    return frozenset(zoneinfo.available_timezones())


def _near_zone(name: str) -> str:
    close = difflib.get_close_matches(name, sorted(_time_zones()), n=1)
    return f"did you mean {close[0]}?" if close else "use an IANA name such as Europe/Paris"


def _known_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError(f"unknown time zone {name}; {_near_zone(name)}")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ScheduleEntry(Model):
    """One entry of the schedule: capacity that is ready before `start` on each of `days`."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    """Days on which the entry starts."""
    start: ClockTime
    """When people join, `"08:00"`."""
    end: Annotated[ClockTime, Field(examples=["12:00"])]
    """When they have left; a time before `start` is on the next day."""
    timezone: TimeZone
    """IANA name, such as Europe/Paris; follows daylight saving time."""
    participants: Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS)] | None = None
    """Participants expected in each shard."""
    participants_of_stack: Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS)] | None = None
    """Participants expected in all shards together, instead of participants. Active shards share them by weight, each at most what its
    bridges are scaled for."""
    bridges: Annotated[int, Field(ge=1, le=MAX_BRIDGES)] | None = None
    """Bridges required in each shard, instead of participants."""
    lead: Annotated[Duration, between("0s", "1d")] = LEAD_SECONDS
    """How long before `start` the capacity is asked for. Default: boot (165 s), deciding (75 s) and early joiners (300 s)."""
    until: Date | None = None
    """Last day on which the entry applies."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield an entry without a capacity or a duration."""
        if [self.participants, self.participants_of_stack, self.bridges].count(None) != 2:  # noqa: PLR2004
            yield (
                "participants",
                "a schedule entry needs exactly one of participants, participantsOfStack and bridges; set one",
            )
        if self.start == self.end:
            yield "end", f"start and end are both {self.start:%H:%M}; an entry lasts at least one minute"
