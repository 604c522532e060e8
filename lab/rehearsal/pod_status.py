"""The status that a kubelet writes to a pod. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.kubernetes.document import Document
    from lab.rehearsal.container import Container
    from lab.rehearsal.probes import Probes

INITIALIZING: Document = {"waiting": {"reason": "PodInitializing"}}


@dataclass(slots=True)
class PodContainer:
    """A container of a pod with its probes."""

    container: Container
    probes: Probes
    sidecar: bool
    next_start: float = 0.0
    """Time of the next restart, in seconds since the epoch; 0 while none is due."""
    failed: int = 0

    @property
    def ready(self) -> bool:
        """Whether the container runs and its readiness probe succeeds."""
        return self.container.running and self.probes.ready


def pod_status(
    spec: Document, containers: Sequence[PodContainer], inits: Mapping[str, Document], *, initialized: bool
) -> Document:
    """The pod's status; `inits` are the states of init containers that have run."""
    ready = "True" if initialized and containers and all(entry.ready for entry in containers) else "False"
    by_name = {entry.container.name: entry for entry in containers}
    init_statuses: list[Document] = []
    for container in spec.get("initContainers") or []:
        if container["name"] in by_name:
            init_statuses.append(_container_status(by_name[container["name"]]))
        else:
            state = inits.get(container["name"], INITIALIZING)
            init_statuses.append(
                {**_common(container), "ready": "terminated" in state, "restartCount": 0, "state": state}
            )
    statuses: list[Document] = []
    for container in spec["containers"]:
        if container["name"] in by_name:
            statuses.append(_container_status(by_name[container["name"]]))
        else:
            waiting = {"ready": False, "started": False, "restartCount": 0, "state": INITIALIZING}
            statuses.append({**_common(container), **waiting})
    return {
        "phase": "Running" if initialized and containers else "Pending",
        "conditions": [
            {"type": "PodReadyToStartContainers", "status": "True"},
            {"type": "Initialized", "status": "True" if initialized else "False"},
            {"type": "ContainersReady", "status": ready},
            {"type": "Ready", "status": ready},
        ],
        "initContainerStatuses": init_statuses,
        "containerStatuses": statuses,
    }


def with_times(conditions: Sequence[Document], before: Sequence[Document]) -> list[Document]:
    """The conditions with the time of their last change; `before` are those of the pod so far."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    times = {(each["type"], each["status"]): each.get("lastTransitionTime", now) for each in before}
    return [{**each, "lastTransitionTime": times.get((each["type"], each["status"]), now)} for each in conditions]


def _common(spec: Document) -> Document:
    return {"name": spec["name"], "image": spec["image"], "imageID": spec["image"]}


def _container_status(entry: PodContainer) -> Document:
    container = entry.container
    started = datetime.fromtimestamp(container.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    code = container.status
    if code is None:
        state: Document = {"running": {"startedAt": started}}
    else:
        ended = datetime.fromtimestamp(container.ended_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        reason = "Completed" if code == 0 else "Error"
        state = {"terminated": {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": ended}}
    return {
        **_common(container.spec),
        "ready": entry.ready,
        "started": code is None and entry.probes.started,
        "restartCount": container.restarts,
        "state": state,
    }
