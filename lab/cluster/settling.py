"""Wait for controllers after an update: autoscalers at their minimum, every pod ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from lab.cluster.api import has_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.cluster.api import Api

PART_OF = "app.kubernetes.io/part-of=jitsi"
SETTLE_SECONDS = (
    120.0  # nodes that were away count as such for up to 50 s; then an autoscaler syncs within 15 s, and nodes boot
)
PAUSE_SECONDS = 1.0


def settled(autoscalers: Sequence[dict[str, Any]], pods: Sequence[dict[str, Any]]) -> bool:
    """Whether every autoscaler has its minimum of pods, and every pod is ready."""
    for autoscaler in autoscalers:
        if autoscaler.get("status", {}).get("currentReplicas", 0) < autoscaler["spec"].get("minReplicas", 1):
            return False
    return all(has_condition(pod) for pod in pods)


def wait(api: Api, now: Callable[[], float] = time.monotonic) -> bool:
    """Wait for at most two minutes; False if some pod is not ready then, or the API server does not answer."""
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
