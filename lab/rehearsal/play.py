"""A rehearsal in progress, and what a step can do: let participants join, act as an operator, break parts, wait."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from lab.cluster.api import has_condition
from lab.rehearsal import stack
from lab.rehearsal.bridge import State
from lab.rehearsal.meetings import Join
from lab.rehearsal.record import BRIDGE_NODES, HPAS, JVB
from lab.rehearsal.stack import CAPACITY, NAMESPACE
from plan.diff.fleet import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.rehearsal.bridge import SimulatedBridge
    from lab.rehearsal.record import Record
    from lab.rehearsal.testbed import Testbed

REPLACING = ("create-replacement", "delete-replaced", "update")
"""Operations of the engine on what exists already."""
EVICTION_RETRY = 2.0  # kubectl drain retries a refused eviction after 5 s


class StoryError(Exception):
    """A condition that the story waits for did not hold in time; the message names it and the last sample."""


@dataclass
class Play:
    """A rehearsal in progress."""

    testbed: Testbed
    record: Record
    folder: Path
    jvb: dict[str, Any]
    """`jitsi:bridges` as deployed last."""
    images: dict[str, Any] = field(default_factory=dict)
    deadline: int = 0
    """Drain deadline in seconds, which the rolling update changes."""

    def until(self, what: str, condition: Callable[[], bool], seconds: float, *, needed: bool = True) -> bool:
        """Wait for a condition.

        Raises:
            StoryError: it is `needed` and did not hold within `seconds`.
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
        """Whether the condition holds; False if the API server does not answer."""
        try:
            return condition()
        except httpx.TransportError:
            return False

    def deploy(self, **changes: Any) -> None:
        """Run `pulumi up` with these keys of `jitsi:bridges` changed."""
        self.jvb = {**self.jvb, **changes}
        file = stack.write(self.folder, self.jvb, self.images)
        began = time.time()
        outcome = self.testbed.embedded.engine.up(file, follow=self._step)
        self.record.note("pulumi up", seconds=round(time.time() - began, 1), changes=outcome.changes)

    def _step(self, event: dict[str, Any]) -> None:
        """Record what the engine does to a pool, to the bridges' workloads or their placeholders that exist already."""
        step = event.get("resOutputsEvent", {}).get("metadata", {})
        if step.get("op") in REPLACING and step["type"].rpartition(":")[2] in ("Pool", *WORKLOADS):
            self.record.note("engine", op=step["op"], name=step["urn"].rpartition("::")[2])

    def seated(self) -> int:
        """Number of participants on a bridge."""
        meetings = self.testbed.meetings
        with meetings.lock:
            return meetings.participants - meetings.waiting

    @property
    def open(self) -> int:
        """Number of bridges that accept participants."""
        with self.testbed.meetings.lock:
            return len(self.testbed.meetings.open)

    def come(self, name: str, meetings: int, people: int, *, at: float, over: float) -> None:
        """Let `people` join each of `meetings` meetings, within `over` seconds from `at`."""
        joins = [
            Join(at + over * number / people, f"{name}-{meeting}", 1)
            for meeting in range(meetings)
            for number in range(people)
        ]
        self.testbed.meetings.plan(joins)

    def end(self, name: str, *, over: float = 5.0) -> None:
        """End the meetings of that name, one after another."""
        with self.testbed.meetings.lock:
            rooms = [m.name for m in self.testbed.meetings.meetings.values() if m.name.startswith(name) and not m.ended]
        self.testbed.meetings.plan(
            Join(time.time() + over * number / len(rooms), room, None) for number, room in enumerate(rooms)
        )

    def capacity(self) -> bool:
        """Whether the open bridges have capacity for all participants."""
        meetings = self.testbed.meetings
        with meetings.lock:
            return len(meetings.open) * CAPACITY >= meetings.participants and not meetings.waiting

    def metrics_flow(self) -> bool:
        """Whether every autoscaler has read its metrics."""
        hpas = self.testbed.api.items(HPAS, labelSelector=JVB)
        return bool(hpas) and all(has_condition(hpa, "ScalingActive") for hpa in hpas)

    def busiest(self) -> SimulatedBridge:
        """The open bridge with the most participants.

        Raises:
            StoryError: there is no open bridge.
        """
        self.until("a bridge that stays", lambda: self.open > 0, 120)
        with self.testbed.meetings.lock:
            return max(self.testbed.meetings.open, key=lambda bridge: bridge.seat.load)

    def node_of(self, bridge: SimulatedBridge) -> str:
        """The bridge's node."""
        return self.testbed.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods/{bridge.pod}")["spec"]["nodeName"]

    def drain_node(self, name: str, seconds: float) -> bool:
        """Drain a node as `kubectl drain` does: cordon, evict until no bridge is left; then uncordon. True if it is empty."""
        api = self.testbed.api
        self._cordon(name, on=True)
        deadline = time.time() + seconds
        reported: set[str] = set()
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
                    if pod_name not in reported or answer.is_success:
                        reported.add(pod_name)
                        self.record.note("eviction", pod=pod_name, status=answer.status_code)
            time.sleep(EVICTION_RETRY)
        empty = time.time() < deadline
        self.record.note("node drained" if empty else "node not drained", node=name)
        self._cordon(name, on=False)
        return empty

    def _cordon(self, name: str, *, on: bool) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        path = f"/api/v1/nodes/{name}"
        answer = self.testbed.api.http.patch(path, headers=headers, json={"spec": {"unschedulable": on or None}})
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()

    def kill(self, bridge: SimulatedBridge) -> None:
        """Kill a bridge's container; its meetings are counted separately."""
        bridge.on_purpose = True
        for worker in self.testbed.kubelet.workers("jvb"):
            if worker.name == bridge.pod and (container := worker.container("jvb")):
                container.kill()

    def settled(self, bridges: int) -> bool:
        """Whether exactly so many bridges exist and all of them are open."""
        pods = self.testbed.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB)
        with self.testbed.meetings.lock:
            alive = [b for b in self.testbed.meetings.bridges if b.state is not State.ENDED]
            taking = self.testbed.meetings.open
        return len(pods) == len(alive) == len(taking) == bridges

    def updated(self) -> bool:
        """Whether every bridge has the settings deployed last."""
        pods = self.testbed.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=JVB)
        return all(pod["spec"]["terminationGracePeriodSeconds"] == self.deadline for pod in pods)

    def node_types(self) -> set[str]:
        """Types of the nodes in the bridges' pools."""
        nodes = self.testbed.api.items("/api/v1/nodes", labelSelector=BRIDGE_NODES)
        return {node["metadata"]["labels"]["node.kubernetes.io/instance-type"] for node in nodes}

    def nodes(self) -> int:
        """Number of nodes in the bridges' pool."""
        return len(self.testbed.api.items("/api/v1/nodes", labelSelector=BRIDGE_NODES))
