"""What a story is made of: people who come and go, an operator, and misfortunes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from local.rehearsal import stack
from local.rehearsal.bridge import State
from local.rehearsal.meetings import Join
from local.rehearsal.record import BRIDGE_NODES, HPAS, JVB
from local.rehearsal.stack import CAPACITY, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.rehearsal.bridge import PlayedBridge
    from local.rehearsal.ground import Ground
    from local.rehearsal.record import Record

EVICTION_RETRY = 2.0  # kubectl drain retries a refused eviction after 5 s


class StoryError(Exception):
    """Something that the story waits for did not come; the message says what and what was there instead."""


@dataclass
class Play:
    """One rehearsal that is under way."""

    ground: Ground
    record: Record
    folder: Path
    jvb: dict[str, Any]
    """`jitsi:bridges` as deployed last."""
    images: dict[str, Any] = field(default_factory=dict)
    deadline: int = 0
    """Of the drain, seconds: the setting that the update changes."""

    def until(self, what: str, condition: Callable[[], bool], seconds: float, *, needed: bool = True) -> bool:
        """Wait for something.

        Raises:
            StoryError: it is `needed` and did not come.
        """
        deadline = time.time() + seconds
        while not self._holds(condition):
            if time.time() > deadline:
                if needed:
                    last = self.record.samples[-1] if self.record.samples else "nothing"
                    raise StoryError(f"{what} did not come within {seconds:.0f} s; last sample: {last}")
                self.record.note("did not come", text=what, seconds=seconds)
                return False
            time.sleep(0.25)
        self.record.note("came", text=what)
        return True

    def _holds(self, condition: Callable[[], bool]) -> bool:
        """A slow API server has no answer yet."""
        try:
            return condition()
        except httpx.TransportError:
            return False

    def deploy(self, **changes: Any) -> None:
        """`pulumi up` with these keys of `jitsi:bridges` changed."""
        self.jvb = {**self.jvb, **changes}
        file = stack.write(self.folder, self.jvb, self.images)
        began = time.time()
        outcome = self.ground.embedded.engine.up(file)
        self.record.note("pulumi up", seconds=round(time.time() - began, 1), changes=outcome.changes)

    @property
    def open(self) -> int:
        """Bridges that take people."""
        with self.ground.meetings.lock:
            return len(self.ground.meetings.open)

    def come(self, name: str, meetings: int, people: int, *, at: float, over: float) -> None:
        """So many people come to each of so many meetings, within `over` seconds from `at`."""
        joins = [
            Join(at + over * number / people, f"{name}-{meeting}", 1)
            for meeting in range(meetings)
            for number in range(people)
        ]
        self.ground.meetings.plan(joins)

    def end(self, name: str, *, over: float = 5.0) -> None:
        """The meetings of that name end, one after the other."""
        with self.ground.meetings.lock:
            rooms = [m.name for m in self.ground.meetings.meetings.values() if m.name.startswith(name) and not m.ended]
        self.ground.meetings.plan(
            Join(time.time() + over * number / len(rooms), room, None) for number, room in enumerate(rooms)
        )

    def capacity(self) -> bool:
        """Whether the bridges that take people carry everybody."""
        meetings = self.ground.meetings
        with meetings.lock:
            return len(meetings.open) * CAPACITY >= meetings.participants and not meetings.waiting

    def metrics_flow(self) -> bool:
        """Whether every autoscaler has read its metrics."""
        hpas = self.ground.api.items(HPAS, labelSelector=JVB)
        return bool(hpas) and all(
            any(c["type"] == "ScalingActive" and c["status"] == "True" for c in hpa["status"].get("conditions") or [])
            for hpa in hpas
        )

    def busiest(self) -> PlayedBridge:
        """The bridge with the most people that does not leave.

        Raises:
            StoryError: all of them leave, and none comes.
        """
        self.until("a bridge that stays", lambda: self.open > 0, 120)
        with self.ground.meetings.lock:
            return max(self.ground.meetings.open, key=lambda bridge: bridge.seat.load)

    def node_of(self, bridge: PlayedBridge) -> str:
        """Where it runs."""
        return self.ground.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods/{bridge.pod}")["spec"]["nodeName"]

    def drain_node(self, name: str, seconds: float) -> bool:
        """`kubectl drain` for the bridges of a node: cordon, then evictions until none is left; then uncordon."""
        api = self.ground.api
        self._cordon(name, on=True)
        deadline = time.time() + seconds
        asked: set[str] = set()
        while time.time() < deadline:
            pods = api.items(
                f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB, fieldSelector=f"spec.nodeName={name}"
            )
            if not pods:
                break
            for pod in pods:
                if "deletionTimestamp" not in pod["metadata"]:
                    pod_name = pod["metadata"]["name"]
                    answer = api.http.post(
                        f"/api/v1/namespaces/{NAMESPACE}/pods/{pod_name}/eviction",
                        json={"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod_name}},
                    )
                    if pod_name not in asked or answer.is_success:
                        asked.add(pod_name)
                        self.record.note("eviction", pod=pod_name, status=answer.status_code)
            time.sleep(EVICTION_RETRY)
        empty = time.time() < deadline
        self.record.note("node drained" if empty else "node not drained", node=name)
        self._cordon(name, on=False)
        return empty

    def _cordon(self, name: str, *, on: bool) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        path = f"/api/v1/nodes/{name}"
        answer = self.ground.api.http.patch(path, headers=headers, json={"spec": {"unschedulable": on or None}})
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()

    def kill(self, bridge: PlayedBridge) -> None:
        """A bridge's process dies outright; its meetings are counted apart."""
        bridge.on_purpose = True
        for life in self.ground.kubelet.lives("jvb"):
            if life.name == bridge.pod and (container := life.container("jvb")):
                container.kill()

    def settled(self, bridges: int) -> bool:
        """Whether so many bridges stand, and none leaves or comes."""
        pods = self.ground.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB)
        with self.ground.meetings.lock:
            alive = [b for b in self.ground.meetings.bridges if b.state is not State.ENDED]
            taking = self.ground.meetings.open
        return len(pods) == len(alive) == len(taking) == bridges

    def updated(self) -> bool:
        """Whether every bridge runs with the settings that were deployed last."""
        pods = self.ground.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB)
        return all(pod["spec"]["terminationGracePeriodSeconds"] == self.deadline for pod in pods)

    def nodes(self) -> int:
        """Nodes of the bridges' pool."""
        return len(self.ground.api.items("/api/v1/nodes", labelSelector=BRIDGE_NODES))
