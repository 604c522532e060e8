"""The schedule for kube-metrics-adapter: a ScalingSchedule per shard, and its CustomResourceDefinition.

Based on kube-metrics-adapter's published collector and CRD; not tested with the adapter. The adapter evaluates today's
entries only, so an entry that crosses midnight is split there. Lengths are in minutes, so an entry across a clock change
ends an hour early or late. `until` is not supported.
"""

from collections.abc import Iterator

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from components.metrics.names import TIMETABLE_OBJECT
from config.schedule import ScheduleEntry
from config.shard import Shard
from sizing.timetable import DAYS

GROUP = "zalando.org"
API_VERSION = f"{GROUP}/v1"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = 24 * 60


def object_name(shard: Shard) -> str:
    """Return the name of the shard's ScalingSchedule and of its metric."""
    return f"{TIMETABLE_OBJECT}-{shard.name}"


def target(shard: Shard, divided: int) -> Document:
    """Return the autoscaler's metric; `divided` workloads share its value."""
    name = object_name(shard)
    return {
        "type": "Object",
        "object": {
            "describedObject": {"apiVersion": API_VERSION, "kind": "ScalingSchedule", "name": name},
            "metric": {"name": name},
            "target": {"type": "AverageValue", "averageValue": str(divided)},
        },
    }


def _pieces(entry: ScheduleEntry) -> Iterator[tuple[int, int, int]]:
    """Split an entry at midnight: (days after its own, minute of that day, minutes); a lead is rounded up to minutes."""
    start, end = (edge.hour * 60 + edge.minute for edge in (entry.start, entry.end))
    if end < start:
        end += _DAY
    begin = start - -(-entry.lead // 60)
    while begin < end:
        day, minute = divmod(begin, _DAY)
        lasts = min(_DAY - minute, end - begin)
        yield day, minute, lasts
        begin += lasts


def _schedules(entry: ScheduleEntry, bridges: int) -> Iterator[Document]:
    for shift, minute, lasts in _pieces(entry):
        days = sorted((DAYS.index(day) + shift) % len(DAYS) for day in set(entry.days))
        yield {
            "type": "Repeating",
            "value": bridges,
            "durationMinutes": lasts,
            "period": {
                "days": [DAYS[day].capitalize() for day in days],
                "startTime": f"{minute // 60:02d}:{minute % 60:02d}",
                "timezone": entry.timezone,
            },
        }


def scaling_schedule(shard: Shard, namespace: str) -> Document:
    """Return the shard's schedule with its lead, without a ramp; if entries overlap, the adapter uses the largest."""
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
                document for entry in bridges.schedule for document in _schedules(entry, bridges.bridges_for(entry))
            ],
        },
    )


def definition(instance: str) -> Document:
    """Return the CustomResourceDefinition of ScalingSchedule."""
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
