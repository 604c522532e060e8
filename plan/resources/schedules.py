"""ScalingSchedule objects, read as kube-metrics-adapter reads them: today's entries, in their time zone, for some minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plan.diff.fleet import object_name
from plan.diff.paths import at
from plan.promql.nodes import PromqlError
from plan.resources.custom_metrics import Asked
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.selection import namespace_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def schedule_values(
    stack: Resources, asked: Asked, namespace: str, times: Sequence[float]
) -> list[float | None] | None:
    """Return what a ScalingSchedule asks for at instants; None if it is not known yet.

    Raises:
        PromqlError: there is no such object, or one of its entries is of a kind that is not known here.
    """
    if asked.kind != "Object" or asked.described.get("kind") != "ScalingSchedule":
        raise PromqlError("is no metric of a ScalingSchedule, which is what kube-metrics-adapter serves")
    name = asked.described.get("name")
    if asked.name != name:
        raise PromqlError(f"is not the name of its ScalingSchedule {name}")
    for resource in stack.of("ScalingSchedule"):
        if (object_name(resource), namespace_of(resource)) == (name, namespace):
            entries = at(resource.properties, "spec", "schedules") or []
            window = at(resource.properties, "spec", "scalingWindowDurationMinutes")
            if any(is_unknown(text) for entry in entries for text in _texts(entry)):
                return None
            if window != 0:
                raise PromqlError(f"ramps over {window} minutes (scalingWindowDurationMinutes), where 0 is due")
            return [float(max((_value(entry, time) for entry in entries), default=0)) for time in times]
    raise PromqlError(f"describes the ScalingSchedule {name}, which is not in {namespace}")


def _texts(entry: dict[str, Any]) -> list[Any]:
    period = entry.get("period") or {}
    return [entry.get("type"), period.get("startTime"), period.get("timezone"), *(period.get("days") or [])]


def _value(entry: dict[str, Any], instant: float) -> int:
    """Return the entry's value while it lasts, else 0."""
    period = entry.get("period") or {}
    if entry.get("type") != "Repeating" or "endTime" in period:
        raise PromqlError(f"has an entry of {entry.get('type')} that is not known here")
    try:
        zone = ZoneInfo(str(period.get("timezone")))
        now = datetime.fromtimestamp(instant, zone)
        hour, minute = map(int, str(period.get("startTime")).split(":"))
        begin = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise PromqlError(f"has an entry that cannot be read: {error}") from None
    lasts = timedelta(minutes=int(entry.get("durationMinutes") or 0))
    on = WEEKDAYS[now.weekday()] in (period.get("days") or ()) and begin <= now < begin + lasts
    return int(entry.get("value") or 0) if on else 0
