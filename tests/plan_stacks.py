"""Stacks for the tests of `plan`: the smallest valid one, with changes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from config.read import parse
from config.stack import StackConfig
from plan.findings.rule import Subject

TODAY = date(2026, 3, 18)  # a Wednesday; the week after next changes the clocks in Europe

REGION = "fr-par"
SHARDS: list[dict[str, Any]] = [{"name": "s0", "zone": "fr-par-1"}]


def values_of(region: str | None = REGION, **keys: Any) -> dict[str, str]:
    """Return config as the engine passes it; None removes a key."""
    settings: dict[str, Any] = {"domain": "meet.example.org", "shards": SHARDS} | keys
    values = {
        f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in settings.items()
        if value is not None
    }
    return values | ({"scaleway:region": region} if region else {})


def stack_of(region: str | None = REGION, **keys: Any) -> StackConfig:
    return parse(values_of(region, **keys))


def subject_of(
    region: str | None = REGION,
    plain_secrets: tuple[str, ...] = (),
    missing_secrets: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    **keys: Any,
) -> Subject:
    return Subject("test", stack_of(region, **keys), TODAY, plain_secrets, missing_secrets, environment or {})


def write_stack(path: Path, region: str | None = REGION, **keys: Any) -> Path:
    """Return the same config as a stack file."""
    config: dict[str, Any] = {"scaleway:region": region} if region else {}
    settings: dict[str, Any] = {"domain": "meet.example.org", "shards": SHARDS} | keys
    config |= {f"jitsi:{key}": value for key, value in settings.items() if value is not None}
    path.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return path


def lesson(**keys: Any) -> dict[str, Any]:
    """Return a schedule entry: Mondays, 08:00 to 12:00 in Paris, four bridges."""
    return {"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Paris", "bridges": 4} | keys
