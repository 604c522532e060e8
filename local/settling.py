"""Waiting until controllers have caught up with an update: autoscalers at their least, every pod ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.control_plane.api import Api

PART_OF = "app.kubernetes.io/part-of=jitsi"
SETTLE_SECONDS = 60.0  # an autoscaler's first look comes within 15 s, a node's boot takes 3 s, twice in a row at most
PAUSE_SECONDS = 1.0


def settled(autoscalers: Sequence[dict[str, Any]], pods: Sequence[dict[str, Any]]) -> bool:
    """Whether every autoscaler has its least number of pods, and no pod waits for anything."""
    for autoscaler in autoscalers:
        if autoscaler.get("status", {}).get("currentReplicas", 0) < autoscaler["spec"].get("minReplicas", 1):
            return False
    return all(_ready(pod) for pod in pods)


def _ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def wait(api: Api, now: Callable[[], float] = time.monotonic) -> bool:
    """Wait for it, a minute at most; False when something still moves then, or nothing answers."""
    deadline = now() + SETTLE_SECONDS
    while True:
        try:
            autoscalers = api.items("/apis/autoscaling/v2/horizontalpodautoscalers", labelSelector=PART_OF)
            pods = api.items("/api/v1/pods", labelSelector=PART_OF)
        except httpx.HTTPError:
            return False
        if settled(autoscalers, pods):
            return True
        if now() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
