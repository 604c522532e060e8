"""The life of one pod as a kubelet leads it: volumes, init containers, sidecars, containers, probes, and the way out."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from local.rehearsal.container import Container, Image, command_line, environment
from local.rehearsal.pod_network import PodNetwork
from local.rehearsal.pod_volumes import UnknownFieldError, materialise, refresh
from local.rehearsal.probes import Probes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from local.control_plane.api import Api

Document = dict[str, Any]
PAUSE = 0.2
BACKOFF = (0.0, 2.0, 4.0, 8.0)
"""Seconds before a restart; a kubelet waits 10 s, 20 s, 40 s from the second on."""
LEAST_GRACE = 2.0  # kuberuntime: minimumGracePeriodInSeconds, also after a preStop hook that took everything


class Surroundings(Protocol):
    """What a pod's life needs of the kubelet."""

    api: Api
    folder: Path
    hosts: Path
    probes: ThreadPoolExecutor

    def image(self, pod: Document, container: Document) -> Image:
        """What stands for the container's image."""
        ...

    def held(self, pod: Document) -> bool:
        """Whether containers that end are kept from restarting, as an outage."""
        ...

    def note(self, what: str, pod: Document, **more: Any) -> None:
        """Something happened to a pod."""
        ...


class _LeavingError(Exception):
    """The pod was deleted before it ran."""


@dataclass(slots=True)
class _Place:
    """A container in its pod."""

    container: Container
    probes: Probes
    sidecar: bool
    next_start: float = 0.0
    failed: int = 0


@dataclass(eq=False)
class PodLife:
    """One pod; runs in a thread of its own from `begin` to the end of the pod's object."""

    pod: Document
    number: int
    around: Surroundings
    gone: bool = False
    """The object has disappeared: everything ends at once."""
    ended: bool = False
    leaving_since: float = 0.0
    _wake: threading.Event = field(default_factory=threading.Event)
    _network: PodNetwork | None = None
    _places: list[_Place] = field(default_factory=list)
    _volumes: dict[str, Path] = field(default_factory=dict)
    _initialised: bool = False
    _inits: dict[str, Document] = field(default_factory=dict)
    _said: Document = field(default_factory=dict)

    def begin(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._live, name=f"pod-{self.name}", daemon=True).start()

    @property
    def name(self) -> str:
        """The pod's name."""
        return self.pod["metadata"]["name"]

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return self.pod["metadata"]["namespace"]

    @property
    def deleted(self) -> bool:
        """Whether the pod is on its way out."""
        return self.gone or "deletionTimestamp" in self.pod["metadata"]

    def seen(self, pod: Document) -> None:
        """The API server has a newer version of it."""
        self.pod = pod
        self._wake.set()

    def vanished(self) -> None:
        """The API server has it no more."""
        self.gone = True
        self._wake.set()

    def refresh(self, config_maps: Mapping[str, Document]) -> None:
        """Bring changed ConfigMaps (of the pod's namespace, by name) into its volumes."""
        if changed := refresh(self.pod, self._volumes, config_maps):
            self.around.note("refreshed", self.pod, volumes=changed)

    def container(self, name: str) -> Container | None:
        """A container that was started."""
        return next((place.container for place in self._places if place.container.name == name), None)

    @property
    def ready(self) -> bool:
        """Whether all containers are ready."""
        return bool(self._places) and self._initialised and all(_ready(place) for place in self._places)

    def _live(self) -> None:
        try:
            self._start()
            while not self.deleted:
                self._look()
                self._publish()
                self._rest()
        except _LeavingError:
            pass
        except Exception as error:  # noqa: BLE001 - a pod whose thread dies would stay for ever
            self.around.note("failed", self.pod, error=f"{type(error).__name__}: {error}")
            while not self.deleted:
                self._rest()
        self._leave()

    def _rest(self, seconds: float = PAUSE) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _check(self) -> None:
        if self.deleted:
            raise _LeavingError

    @property
    def _folder(self) -> Path:
        return self.around.folder / "pods" / self.pod["metadata"]["uid"]

    def _start(self) -> None:
        while not (self.pod["status"].get("podIP") and self.pod["spec"].get("nodeName")):
            self._check()
            self._rest()
        self._network = PodNetwork.make(self.number, self.pod["status"]["podIP"])
        while True:
            try:
                self._volumes = materialise(
                    self.around.api, self.pod, self._folder / "volumes", self.around.folder / "claims"
                )
                break
            except (httpx.HTTPError, KeyError) as error:  # what it mounts is not there yet: a kubelet tries again
                self.around.note("waits", self.pod, error=str(error))
                self._check()
                self._rest(1.0)
        for spec in self.pod["spec"].get("initContainers") or []:
            if spec.get("restartPolicy") == "Always":
                place = self._begin(spec, sidecar=True)
                while not (place.container.running and place.probes.started):
                    self._check()
                    self._keep(place)
                    self._publish()
                    self._rest()
            else:
                self._initialise(spec)
        self._initialised = True
        for spec in self.pod["spec"]["containers"]:
            self._begin(spec, sidecar=False)
        self.around.note("started", self.pod)

    def _make(self, spec: Document) -> Container:
        if self._network is None:
            raise _LeavingError
        image = self.around.image(self.pod, spec)
        values = environment(self.around.api, self.pod, spec, image)
        binds = [(path, target, True) for target, path in image.adds.items()]
        binds.append((self.around.hosts, "/etc/hosts", True))
        for mount in spec.get("volumeMounts") or []:
            source = self._volumes[mount["name"]]
            if mount.get("subPath"):
                source = source / mount["subPath"]
            binds.append((source, mount["mountPath"], mount.get("readOnly", False)))
        logs = self.around.folder / "containers"
        logs.mkdir(exist_ok=True)
        return Container(
            spec,
            self._folder / spec["name"],
            self._network,
            command_line(spec, image, values),
            values,
            binds,
            logs / f"{self.name}-{spec['name']}.log",
        )

    def _begin(self, spec: Document, *, sidecar: bool) -> _Place:
        container = self._make(spec)
        container.start()
        place = _Place(container, Probes(container, self.pod["status"]["podIP"], self.around.probes), sidecar)
        self._places.append(place)
        return place

    def _initialise(self, spec: Document) -> None:
        container = self._make(spec)
        try:
            while True:
                container.start()
                while container.running:
                    self._check()
                    self._publish()
                    self._rest()
                if container.status == 0:
                    break
                self.around.note("init container failed", self.pod, container=spec["name"], status=container.status)
                self._check()
                self._rest(2.0)
        finally:
            container.kill()
        self._inits[spec["name"]] = {"terminated": {"exitCode": 0, "reason": "Completed"}}

    def _look(self) -> None:
        for place in self._places:
            self._keep(place)

    def _keep(self, place: _Place) -> None:
        """Restart what has ended or does not live, ask probes."""
        container = place.container
        if container.running:
            if place.probes.look() or self.deleted:
                return
            self.around.note("liveness failed", self.pod, container=container.name)
            self._stop(place, time.time() + self.pod["spec"].get("terminationGracePeriodSeconds", 30))
        if place.next_start == 0.0:
            self.around.note("container ended", self.pod, container=container.name, status=container.status)
            place.next_start = time.time() + BACKOFF[min(place.failed, len(BACKOFF) - 1)]
            place.failed += 1
        if time.time() >= place.next_start and not self.deleted and not self.around.held(self.pod):
            place.next_start = 0.0
            container.start()
            place.probes.reset()

    def _leave(self) -> None:
        self.leaving_since = time.time()
        end = self._end_of_grace()
        self.around.note("leaving", self.pod, grace=round(end - time.time(), 1))
        mains = [place for place in self._places if not place.sidecar]
        sidecars = [place for place in self._places if place.sidecar]
        stopping = [threading.Thread(target=self._stop, args=(place, None), daemon=True) for place in mains]
        hooks = [threading.Thread(target=self._hook, args=(place, None), daemon=True) for place in sidecars]
        for thread in (*stopping, *hooks):
            thread.start()
        while any(thread.is_alive() for thread in stopping):
            for place in self._places:
                if place.container.running:
                    place.probes.look()
            self._publish()
            self._rest()
        for place in reversed(sidecars):
            self._stop(place, None, hook=False)
        late = round(time.time() - self._end_of_grace(), 1)
        self._close()
        if not self.gone:
            self._forget()
        self.ended = True
        self.around.note("gone", self.pod, after=round(time.time() - self.leaving_since, 1), late=max(0.0, late))

    def _close(self) -> None:
        for place in self._places:
            place.container.kill()
        if self._network is not None:
            self._network.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _forget(self) -> None:
        """The object goes last."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.pod["metadata"]["uid"]}}
        for _ in range(20):
            try:
                answer = self.around.api.http.request("DELETE", path, json=body)
                if answer.status_code in (200, 202, 404, 409):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)

    def _end_of_grace(self) -> float:
        """Seconds since the epoch; the object may be deleted again with less."""
        stamp = self.pod["metadata"].get("deletionTimestamp")
        return datetime.fromisoformat(stamp).astimezone(UTC).timestamp() if stamp else time.time()

    def _hook(self, place: _Place, end: float | None) -> None:
        hook = place.container.spec.get("lifecycle", {}).get("preStop")
        if not hook or self.gone:
            return
        if "exec" not in hook:
            raise UnknownFieldError(f"preStop of {place.container.name} is not played here: {hook}")
        began = time.time()
        command = hook["exec"]["command"]

        def over() -> bool:
            return self.gone or time.time() >= (end or self._end_of_grace())

        place.container.run(command, end or began + 86400, over)
        self.around.note("preStop ended", self.pod, container=place.container.name, after=round(time.time() - began, 1))

    def _stop(self, place: _Place, end: float | None, *, hook: bool = True) -> None:
        """preStop, SIGTERM, and SIGKILL at the end of the grace period."""
        container = place.container
        if hook and container.running:
            self._hook(place, end)
        if container.running and not self.gone:
            container.signal(signal.SIGTERM)
            terminated = time.time()
            while container.running and not self.gone:
                if time.time() >= max(end or self._end_of_grace(), terminated + LEAST_GRACE):
                    self.around.note("killed", self.pod, container=container.name)
                    break
                time.sleep(0.05)
        container.kill()

    def _publish(self) -> None:
        status = self._status()
        if status == self._said or self.gone:
            return
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}/status"
        stamped = {**status, "conditions": [self._stamped(each) for each in status["conditions"]]}
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        try:
            answer = self.around.api.http.patch(path, headers=headers, json={"status": stamped})
        except httpx.HTTPError:
            return  # the next look says it again
        if answer.status_code in (200, 404):
            self._said = status

    def _stamped(self, condition: Document) -> Document:
        """With the time of its last change."""
        before = {each["type"]: each for each in self.pod["status"].get("conditions") or []}.get(condition["type"], {})
        same = before.get("status") == condition["status"] and "lastTransitionTime" in before
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**condition, "lastTransitionTime": before["lastTransitionTime"] if same else now}

    def _status(self) -> Document:
        ready = "True" if self.ready else "False"
        conditions = [
            {"type": "PodReadyToStartContainers", "status": "True"},
            {"type": "Initialized", "status": "True" if self._initialised else "False"},
            {"type": "ContainersReady", "status": ready},
            {"type": "Ready", "status": ready},
        ]
        inits: list[Document] = []
        for spec in self.pod["spec"].get("initContainers") or []:
            place = next((p for p in self._places if p.sidecar and p.container.name == spec["name"]), None)
            if place is not None:
                inits.append(_container_status(place))
            else:
                state = self._inits.get(spec["name"], {"waiting": {"reason": "PodInitializing"}})
                inits.append({**_common(spec), "ready": "terminated" in state, "restartCount": 0, "state": state})
        started = {place.container.name: place for place in self._places if not place.sidecar}
        mains: list[Document] = []
        for spec in self.pod["spec"]["containers"]:
            if spec["name"] in started:
                mains.append(_container_status(started[spec["name"]]))
            else:
                waiting = {"waiting": {"reason": "PodInitializing"}}
                mains.append({**_common(spec), "ready": False, "started": False, "restartCount": 0, "state": waiting})
        running = self._initialised and self._places
        return {
            "phase": "Running" if running else "Pending",
            "conditions": conditions,
            "initContainerStatuses": inits,
            "containerStatuses": mains,
        }


def _common(spec: Document) -> Document:
    return {"name": spec["name"], "image": spec["image"], "imageID": spec["image"]}


def _ready(place: _Place) -> bool:
    return place.container.running and place.probes.ready


def _container_status(place: _Place) -> Document:
    container = place.container
    at = datetime.fromtimestamp(container.started_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    code = container.status
    if code is None:
        state: Document = {"running": {"startedAt": at}}
    else:
        ended = datetime.fromtimestamp(container.ended_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        reason = "Completed" if code == 0 else "Error"
        state = {"terminated": {"exitCode": code, "reason": reason, "startedAt": at, "finishedAt": ended}}
    return {
        **_common(container.spec),
        "ready": _ready(place),
        "started": code is None and place.probes.started,
        "restartCount": container.restarts,
        "state": state,
    }
