"""The stack of a rehearsal: one shard with shortened durations, otherwise as an operator would configure it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lab import stack_file

if TYPE_CHECKING:
    from pathlib import Path

    from components.kubernetes.document import Document

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CAPACITY = 40
"""Participants per bridge; small, so that a few meetings fill several bridges."""
SHARD = "s0"
NAMESPACE = "jitsi"


def lesson(start: datetime, minutes: int, bridges: int, lead: int) -> Document:
    """An entry of `schedule` that starts at a full minute."""
    end = start + timedelta(minutes=minutes)
    return {
        "days": [DAYS[start.weekday()]],
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "timezone": "UTC",
        "bridges": bridges,
        "lead": f"{lead}s",
    }


def full_minute(after: float) -> datetime:
    """The first full minute at or after `after` (seconds since the epoch)."""
    moment = datetime.fromtimestamp(after, UTC)
    return (moment + timedelta(seconds=59.999)).replace(second=0, microsecond=0)


def bridges(layout: str = "hostPort", **more: Any) -> Document:
    """`jitsi:bridges`. The scale-down window is longer than a drain, as the plan advises."""
    return {
        "layout": layout,
        "nodeType": stack_file.NODE_TYPE,
        "participants": CAPACITY,
        "min": 2,
        "max": 8,
        "scaling": {"stress": 0.75, "participants": 30, "scaleDownWindow": "75s", "spares": 1, "bootTime": "10s"},
        "drain": {"deadline": "4m", "migrateAfter": "10s"},
        **more,
    }


def document(jvb: Document, images: Document) -> Document:
    """The stack file."""
    keys = {"metrics": {"interval": "5s"}, "bridges": jvb, "shards": [{"name": SHARD, "zone": "fr-par-1"}]}
    return stack_file.document("rehearsal.example.org", keys | ({"images": images} if images else {}))


def write(folder: Path, jvb: Document, images: Document | None = None) -> Path:
    """Write the stack file into a folder."""
    return stack_file.write(folder / "Pulumi.rehearsal.yaml", document(jvb, images or {}))
