"""The timetable as kube-metrics-adapter reads it: a ScalingSchedule per shard, and the kind of object it is.

Written after kube-metrics-adapter's published collector and CRD; the adapter itself has not been run with it here. It looks
at today's entries only, so what runs into the next day is cut at midnight; an entry that lasts over a change of clocks ends
an hour early or late, for its length is in minutes. It knows no `until`.
"""

from collections.abc import Iterator
from typing import Any

from components.labels import labels, manifest
from components.metrics.names import TIMETABLE_OBJECT
from config.bridges import Lesson
from config.shard import Shard
from plan.timetable import DAYS

Document = dict[str, Any]

GROUP = "zalando.org"
API_VERSION = f"{GROUP}/v1"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = 24 * 60


def object_name(shard: Shard) -> str:
    """The shard's ScalingSchedule, and the metric that the adapter makes of it."""
    return f"{TIMETABLE_OBJECT}-{shard.name}"


def target(shard: Shard, divided: int) -> Document:
    """The autoscaler's question for it; `divided` workloads share the answer."""
    name = object_name(shard)
    return {
        "type": "Object",
        "object": {
            "describedObject": {"apiVersion": API_VERSION, "kind": "ScalingSchedule", "name": name},
            "metric": {"name": name},
            "target": {"type": "AverageValue", "averageValue": str(divided)},
        },
    }


def _pieces(lesson: Lesson) -> Iterator[tuple[int, int, int]]:
    """(days after the entry's own, minute of that day, minutes), cut at midnight; a lead of seconds counts as a minute."""
    start, end = (edge.hour * 60 + edge.minute for edge in (lesson.start, lesson.end))
    if end < start:
        end += _DAY
    begin = start - -(-lesson.lead // 60)
    while begin < end:
        day, minute = divmod(begin, _DAY)
        lasts = min(_DAY - minute, end - begin)
        yield day, minute, lasts
        begin += lasts


def _schedules(lesson: Lesson, bridges: int) -> Iterator[Document]:
    for shift, minute, lasts in _pieces(lesson):
        days = sorted((DAYS.index(day) + shift) % len(DAYS) for day in set(lesson.days))
        yield {
            "type": "Repeating",
            "value": bridges,
            "durationMinutes": lasts,
            "period": {
                "days": [DAYS[day].capitalize() for day in days],
                "startTime": f"{minute // 60:02d}:{minute % 60:02d}",
                "timezone": lesson.timezone,
            },
        }


def scaling_schedule(shard: Shard, namespace: str) -> Document:
    """The shard's timetable, lead included and without a ramp; where entries overlap the adapter takes the largest."""
    bridges = shard.bridges
    return manifest(
        API_VERSION,
        "ScalingSchedule",
        object_name(shard),
        namespace,
        labels(TIMETABLE_OBJECT, shard.name),
        spec={
            "scalingWindowDurationMinutes": 0,
            "schedules": [
                entry for lesson in bridges.schedule for entry in _schedules(lesson, bridges.needed_for(lesson))
            ],
        },
    )


def definition(instance: str) -> Document:
    """The kind ScalingSchedule, as far as it is written here and as the adapter reports on it."""
    period = {
        "type": "object",
        "required": ["days", "startTime", "timezone"],
        "properties": {
            "days": {"type": "array", "items": {"type": "string", "enum": [day.capitalize() for day in DAYS]}},
            "startTime": {"type": "string", "pattern": f"^{CLOCK}$"},
            "endTime": {"type": "string", "pattern": f"^{CLOCK}$"},
            "timezone": {"type": "string", "minLength": 1},
        },
    }
    schedule = {
        "type": "object",
        "required": ["type", "value"],
        "properties": {
            "type": {"type": "string", "enum": ["OneTime", "Repeating"]},
            "value": {"type": "integer", "format": "int64"},
            "durationMinutes": {"type": "integer", "minimum": 0},
            "date": {"type": "string", "format": "date-time"},
            "endDate": {"type": "string", "format": "date-time"},
            "period": period,
        },
    }
    spec = {
        "type": "object",
        "required": ["schedules"],
        "properties": {
            "scalingWindowDurationMinutes": {"type": "integer", "format": "int64", "minimum": 0},
            "schedules": {"type": "array", "items": schedule},
        },
    }
    status = {"type": "object", "properties": {"active": {"type": "boolean", "default": False}}}
    return manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"scalingschedules.{GROUP}",
        None,
        labels("kube-metrics-adapter", instance),
        spec={
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": "ScalingSchedule",
                "listKind": "ScalingScheduleList",
                "plural": "scalingschedules",
                "singular": "scalingschedule",
            },
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [{"name": "Active", "type": "boolean", "jsonPath": ".status.active"}],
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "required": ["spec"],
                            "properties": {"spec": spec, "status": status},
                        }
                    },
                }
            ],
        },
    )
