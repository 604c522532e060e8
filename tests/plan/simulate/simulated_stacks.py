"""Stacks to simulate: a school's, with the timetable that the school trace keeps to."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from config.read import parse
from plan.simulate.from_stack import settings_of
from plan.simulate.settings import Settings

FIGURES = (
    "degradedPercent",
    "gapParticipantMinutes",
    "cutConferences",
    "movedParticipants",
    "nodeHours",
    "billedHours",
    "oracleNodeHours",
    "timeToCapacitySeconds",
    "peakBridges",
    "series",
)
"""Keys of the simulation's JSON; it may have more."""

WEDNESDAY = date(2026, 3, 18)
SUNDAY = date(2026, 3, 22)

LESSONS = (
    ("08:00", "08:45", 1000),
    ("08:50", "09:35", 1500),
    ("09:55", "10:40", 1500),
    ("10:45", "11:30", 1500),
    ("11:45", "12:30", 1250),
    ("12:35", "13:20", 750),
)
SCHOOL: dict[str, Any] = {
    "layout": "hostPort",
    "nodeType": "COMPUTE3-X4C-8G",
    "participants": 100,
    "min": 2,
    "max": 32,
    "scaling": {"stress": 0.75, "participants": 80, "scaleDownWindow": "15m", "spares": 1, "bootTime": "4m"},
    "schedule": [
        {
            "days": ["mon", "tue", "wed", "thu", "fri"],
            "start": start,
            "end": end,
            "timezone": "Europe/Paris",
            "participants": people,
            "lead": "10m",
        }
        for start, end, people in LESSONS
    ],
    "drain": {"deadline": "1h", "migrateAfter": "10m"},
}


def keys_of(bridges: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    shards = [{"name": "s0", "zone": "fr-par-1"}]
    return {"domain": "meet.example.org", "shards": shards, "bridges": SCHOOL | (bridges or {})} | keys


def school_settings(bridges: dict[str, Any] | None = None, day: date = WEDNESDAY, **keys: Any) -> Settings:
    values = {
        f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in keys_of(bridges, **keys).items()
    }
    config = parse(values | {"scaleway:region": "fr-par"})
    return settings_of(config.resolved[0], config.metrics, day)


def write_stack(path: Path, bridges: dict[str, Any] | None = None, **keys: Any) -> Path:
    config = {f"jitsi:{key}": value for key, value in keys_of(bridges, **keys).items()}
    path.write_text(yaml.safe_dump({"config": {"scaleway:region": "fr-par"} | config}), encoding="utf-8")
    return path
