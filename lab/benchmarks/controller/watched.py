"""Watches of a run: the pods of each namespace, and the scale of its workload."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from lab.cluster.api import has_condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.cluster.api import Api

PODS = "/api/v1/pods"
WORKLOADS = ("/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets")


@dataclass(slots=True)
class Pod:
    """A pod, as of its last event; times on the monotonic clock."""

    name: str
    created: str
    """creationTimestamp, whole seconds."""
    first_seen: float
    pending: bool = True
    ready_since: float | None = None
    leaving: bool = False


@dataclass(slots=True)
class WatchedNamespace:
    """The pods and the workload of a namespace, and their changes."""

    pods: dict[str, Pod] = field(default_factory=dict)
    replicas: int = 0
    """spec.replicas."""
    status_replicas: int = 0
    scale: list[tuple[float, int]] = field(default_factory=list)
    """(monotonic time, spec.replicas) for each change."""
    there: list[tuple[float, int]] = field(default_factory=list)
    """(monotonic time, pods that exist) for each change; each of them holds a node."""
    starts: list[float] = field(default_factory=list)
    """Seconds from a pod to its bridge."""

    def ready(self) -> list[tuple[str, float]]:
        """Ready pods that are not terminating, oldest first, with the time at which they became ready."""
        known = sorted(self.pods.values(), key=lambda pod: (pod.created, pod.name))
        return [(pod.name, pod.ready_since) for pod in known if pod.ready_since is not None and not pod.leaving]


class Cluster:
    """The watches of a run, each in its own thread; `lock` guards their data."""

    def __init__(self, client: Callable[[], Api], namespaces: list[str], seconds: int) -> None:
        self.lock = threading.Lock()
        self.of = {namespace: WatchedNamespace() for namespace in namespaces}
        self.failed: str | None = None
        """The error of a watch that ended early; later data is invalid."""
        self._client = client
        self._seconds = seconds
        for path in (PODS, *WORKLOADS):
            threading.Thread(target=self._follow, args=(path,), daemon=True).start()

    def _follow(self, path: str) -> None:
        try:
            with self._client() as api:
                for event in api.watch(path, self._seconds):
                    watched = self.of.get(event["object"]["metadata"]["namespace"])
                    if watched:
                        with self.lock:
                            (_pod if path == PODS else _scale)(watched, event)
            self.failed = self.failed or f"the watch of {path} ended after its {self._seconds} s"
        except (httpx.HTTPError, KeyError) as error:
            self.failed = f"the watch of {path} broke off: {error!r}"


def _pod(watched: WatchedNamespace, event: dict[str, Any]) -> None:
    now = time.monotonic()
    meta, status = event["object"]["metadata"], event["object"].get("status", {})
    before = len(watched.pods)
    if event["type"] == "DELETED":
        watched.pods.pop(meta["name"], None)
    else:
        pod = watched.pods.get(meta["name"])
        if pod is None or pod.created != meta["creationTimestamp"]:
            pod = watched.pods[meta["name"]] = Pod(meta["name"], meta["creationTimestamp"], now)
        pod.pending = status.get("phase", "Pending") == "Pending"
        pod.leaving = "deletionTimestamp" in meta
        if has_condition(event["object"]) and pod.ready_since is None:
            pod.ready_since = now
            watched.starts.append(now - pod.first_seen)
    if len(watched.pods) != before:
        watched.there.append((now, len(watched.pods)))


def _scale(watched: WatchedNamespace, event: dict[str, Any]) -> None:
    if event["type"] == "DELETED":
        return
    replicas = event["object"]["spec"]["replicas"]
    watched.status_replicas = event["object"].get("status", {}).get("replicas", 0)
    if replicas != watched.replicas or not watched.scale:
        watched.replicas = replicas
        watched.scale.append((time.monotonic(), replicas))
