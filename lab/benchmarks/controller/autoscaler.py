"""The stack's autoscalers, with windows and periods divided by the compression."""

from __future__ import annotations

import copy
import json
from typing import Any

from lab.benchmarks.controller.scenario import CAPACITY, COMPRESSION
from plan.evaluate import evaluate
from plan.render import manifest

STACK: dict[str, Any] = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:bridges": {
        "layout": "hostPort",
        "nodeType": "COMPUTE3-X4C-8G",
        "participants": CAPACITY,
        "min": 2,
        "max": 32,
        "scaling": {"stress": 0.75, "participants": 80, "scaleDownWindow": "15m", "bootTime": "4m"},
        "schedule": [
            {"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Paris", "participants": 1000},
        ],
    },
    "jitsi:shards": [
        {"name": "deployment", "zone": "fr-par-1"},
        {"name": "statefulset", "zone": "fr-par-2", "bridges": {"layout": "nodePort"}},
    ],
}
"""A school's scaling, with bridges of both layouts."""

# Defaults of `behavior` (pkg/apis/autoscaling/v2/defaults.go), before compression.
_GROW = {
    "stabilizationWindowSeconds": 0,
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SHRINK = {
    "stabilizationWindowSeconds": 300,
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def deployed_specs() -> dict[str, dict[str, Any]]:
    """The `spec` of the HorizontalPodAutoscaler of each kind of workload, as the program deploys it."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in STACK.items()}
    specs = [
        manifest(resource)["spec"]
        for resource in evaluate(values, "controller")
        if resource.type.endswith(":HorizontalPodAutoscaler") and "behavior" in resource.properties["spec"]
    ]
    return {spec["scaleTargetRef"]["kind"]: spec for spec in specs}


def compressed(behavior: dict[str, Any]) -> dict[str, Any]:
    """`behavior` with every window and period divided, defaults included.

    Raises:
        ValueError: a time is not divisible by the compression.
    """
    result: dict[str, Any] = {}
    for direction, defaults in (("scaleUp", _GROW), ("scaleDown", _SHRINK)):
        rules: dict[str, Any] = {**defaults, **copy.deepcopy(behavior.get(direction) or {})}
        rules["stabilizationWindowSeconds"] = _divided(rules["stabilizationWindowSeconds"])
        rules["policies"] = [
            {**policy, "periodSeconds": _divided(policy["periodSeconds"])} for policy in rules["policies"]
        ]
        result[direction] = rules
    return result


def _divided(seconds: int) -> int:
    if seconds % COMPRESSION:
        raise ValueError(f"{seconds} s cannot be divided by {COMPRESSION}; take a window or period that can")
    return seconds // COMPRESSION
