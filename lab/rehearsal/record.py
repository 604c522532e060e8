"""The record of a rehearsal: events, and a sample of the stack every second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from lab.rehearsal.bridge import State
from lab.rehearsal.stack import NAMESPACE, SHARD

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.rehearsal.testbed import Testbed

HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
JVB = f"app.kubernetes.io/name=jvb,app.kubernetes.io/instance={SHARD}"
BRIDGE_NODES = f"jitsi.org/bridges={SHARD}"
QUIET = ("embedded", "started", "waits")


@dataclass(slots=True)
class Record:
    """Times are seconds from `began`."""

    say: Callable[[str], None] = print
    began: float = field(default_factory=time.time)
    events: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _sampler: threading.Thread | None = None

    def note(self, what: str, **more: Any) -> None:
        """Record an event."""
        event = {"t": round(time.time() - self.began, 2), "what": what, **more}
        with self._lock:
            self.events.append(event)
        if what not in QUIET:
            details = " ".join(f"{key}={value}" for key, value in more.items() if key not in ("uid", "component"))
            self.say(f"{event['t']:7.1f}  {what}  {details}"[:220])

    def act(self, name: str, /, **more: Any) -> float:
        """Record an action of the story; returns its time in seconds from `began`."""
        self.note("act", act=name, **more)
        return time.time() - self.began

    def at(self, what: str, **values: Any) -> list[dict[str, Any]]:
        """The events of a kind with these values."""
        with self._lock:
            return [e for e in self.events if e["what"] == what and all(e.get(k) == v for k, v in values.items())]

    def begin(self, testbed: Testbed) -> None:
        """Start sampling."""
        self._sampler = threading.Thread(target=self._sample, args=(testbed,), name="sampler", daemon=True)
        self._sampler.start()

    def end(self) -> None:
        """Stop sampling."""
        self._closing.set()
        if self._sampler is not None:
            self._sampler.join(timeout=15)

    def _sample(self, testbed: Testbed) -> None:
        with testbed.embedded.api() as api:
            last = False
            while not last:
                last = self._closing.wait(1.0)  # with a last sample
                try:
                    hpas = api.items(HPAS, labelSelector=JVB)
                    pods = api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB)
                    nodes = api.items("/api/v1/nodes", labelSelector=BRIDGE_NODES)
                except httpx.HTTPError as error:
                    self.note("sample failed", error=str(error))
                    continue
                self.samples.append(
                    {"t": round(time.time() - self.began, 1), **_of_cluster(hpas, pods, nodes), **_of_people(testbed)}
                )


def _of_cluster(hpas: list[dict[str, Any]], pods: list[dict[str, Any]], nodes: list[dict[str, Any]]) -> dict[str, int]:
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    conditions = [{c["type"]: c["status"] for c in pod["status"].get("conditions") or []} for pod in staying]
    return {
        "wanted": sum(hpa.get("status", {}).get("desiredReplicas", 0) for hpa in hpas),
        "size": len(staying),
        "ready": sum(condition.get("Ready") == "True" for condition in conditions),
        "leaving": len(pods) - len(staying),
        "nodes": len(nodes),
    }


def _of_people(testbed: Testbed) -> dict[str, int]:
    meetings = testbed.meetings
    with meetings.lock:
        alive = [bridge for bridge in meetings.bridges if bridge.state is not State.ENDED]
        return {
            "participants": meetings.participants,
            "waiting": meetings.waiting,
            "open": len(meetings.open),
            "draining": sum(bridge.drain or bridge.state is not State.RUNNING for bridge in alive),
            "full": sum(bridge.seat.load > meetings.capacity for bridge in alive),
        }
