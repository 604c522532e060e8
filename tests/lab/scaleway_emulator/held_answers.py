"""Holds an answer of the emulator against the official SDK's type of it, and against recorded answers of the real API.

`recorded.json` holds facts of the Terraform provider's recordings: for each request the status, and the fields with the kinds of value
that they had. Each names its recording.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from scaleway_emulator.api.routes import ROUTES

from tests.lab.scaleway_emulator.sdk_types import NULL, UNKNOWN, answers, faults, plain

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))
MAPS = ("available_kubelet_args", "labels", "kubelet_args", "user_data", "servers")
"""Objects whose keys are names, not fields."""
_NUMBER = re.compile(r".*\.(\w+): -?[\d.]+ is no str")
MASKED = {("GET /cockpit/v1/regions/{region}/tokens/{id}", "secret_key: recorded, and missing")}
"""Faults that are none: the recorder masks a key, so it is unknown what the API answers after its creation."""
seen: set[str] = set()
"""Requests whose answers were held."""


@cache
def _every_name() -> frozenset[str]:
    """Every field's name in any recorded answer: the SDK forgets fields that the API still answers."""
    return frozenset(name.rpartition(".")[2] for each in RECORDED["answers"].values() for name in each["fields"])


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", route)), route) for route in ROUTES]


def request_of(method: str, path: str) -> str | None:
    """The request as `ROUTES` has it: `GET /k8s/v1/regions/{region}/versions`. None for paths that are no API's."""
    route = next((route for pattern, route in _routes() if pattern.fullmatch(path)), None)
    return f"{method} {route}" if route else None


def _field_of(fault: str, before: str) -> str:
    return fault.partition(before)[0].rpartition(".")[2]


def answer_faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with a successful answer."""
    request = request_of(method, path)
    if request is None:
        return []
    seen.add(request)
    recorded = RECORDED["answers"].get(request)
    kind = answers().get((method, plain(request.partition(" ")[2])))  # the endpoints of the autoscaler are not public
    found = faults(body, kind) if kind else []
    if recorded is None:
        return [fault for fault in found if not (UNKNOWN in fault and _field_of(fault, UNKNOWN) in _every_name())]
    known = {field.rpartition(".")[2]: kinds for field, kinds in recorded["fields"].items()}
    newer = [
        fault
        for fault in found  # what was recorded is true, whatever the SDK says
        if (UNKNOWN in fault and _field_of(fault, UNKNOWN) in _every_name())
        or (NULL in fault and "null" in known.get(_field_of(fault, NULL), ""))
        or ((number := _NUMBER.fullmatch(fault)) and known.get(number[1]) == "number")
    ]
    states = RECORDED["statuses"].get(request)
    if states and isinstance(body, dict) and body["status"] not in states:
        found.append(f"status {body['status']} was recorded as {' or '.join(states)} only")
    if status not in recorded["status"]:
        found.append(f"status {status} instead of {recorded['status']}")
    against = [fault for fault in _against(body, recorded["fields"]) if (request, fault) not in MASKED]
    return [*(fault for fault in found if fault not in newer), *against]


def _against(body: Any, recorded: dict[str, str]) -> list[str]:
    """Which recorded fields an answer lacks where it has their object, and which have a kind of value that was never recorded."""
    fields: dict[str, set[str]] = {}
    objects: set[str] = {""}
    _flatten(body, "", fields, objects)
    lacking = [
        name
        for name, kinds in recorded.items()
        if name.rpartition(".")[0] in objects and name not in fields and "absent" not in kinds and "*" not in name
    ]
    other = [
        f"{name}: {' '.join(sorted(kinds))} instead of {recorded[name]}"
        for name, kinds in fields.items()
        if name in recorded
        and not kinds <= {*recorded[name].split(), "list", "object"}
        and not {*recorded[name].split()} <= {"null", "absent"}  # never set where it was recorded
    ]
    return [*(f"{name}: recorded, and missing" for name in lacking if not name.endswith("[]")), *other]


def _flatten(value: Any, path: str, fields: dict[str, set[str]], objects: set[str]) -> None:
    kinds = {
        type(None): "null",
        bool: "boolean",
        int: "number",
        float: "number",
        str: "text",
        list: "list",
        dict: "object",
    }
    fields.setdefault(path, set()).add(kinds[type(value)])
    if isinstance(value, dict):
        objects.add(path)
        for name, each in value.items():
            inside = "*" if path.rpartition(".")[2].removesuffix("[]") in MAPS else name
            _flatten(each, f"{path}.{inside}" if path else inside, fields, objects)
    elif isinstance(value, list):
        for each in value:
            _flatten(each, f"{path}[]", fields, objects)
