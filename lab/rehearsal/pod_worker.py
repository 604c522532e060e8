"""The worker of one pod, as in a kubelet: volumes, init containers, sidecars, containers, probes and termination."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from lab.rehearsal.container import Container, Image, as_user, command_line, environment
from lab.rehearsal.pod_status import PodContainer, pod_status, with_times
from lab.rehearsal.pod_volumes import UnknownFieldError, give_to_group, materialise, refresh
from lab.rehearsal.probes import Probes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from components.kubernetes.document import Document
    from lab.cluster.api import Api
    from lab.rehearsal.node_network import Nodes, PodNetwork

PAUSE = 0.2
BACKOFF = (0.0, 2.0, 4.0, 8.0)
"""Seconds before each restart; a real kubelet waits 10 s, 20 s, 40 s from the second one on."""
MIN_GRACE = 2.0  # minimumGracePeriodInSeconds of kuberuntime, even if a preStop hook used up the grace period


class PodHost(Protocol):
    """The part of the kubelet that a pod needs."""

    api: Api
    folder: Path
    hosts: Path
    nodes: Nodes
    probes: ThreadPoolExecutor

    def image(self, pod: Document, container: Document) -> Image:
        """The replacement of the container's image."""
        ...

    def held(self, pod: Document) -> bool:
        """Whether the pod's containers are kept from restarting."""
        ...

    def note(self, what: str, pod: Document, **more: Any) -> None:
        """Record an event of the pod."""
        ...


class _DeletedError(Exception):
    """The pod was deleted before it ran."""


@dataclass(eq=False)
class PodWorker:
    """Runs one pod in its own thread, from `start` until its object is deleted."""

    pod: Document
    kubelet: PodHost
    gone: bool = False
    """The object no longer exists: everything ends at once."""
    ended: bool = False
    _terminating_since: float = 0.0
    _wake: threading.Event = field(default_factory=threading.Event)
    _network: PodNetwork | None = None
    _containers: list[PodContainer] = field(default_factory=list)
    _volumes: dict[str, Path] = field(default_factory=dict)
    _initialized: bool = False
    _inits: dict[str, Document] = field(default_factory=dict)
    _published: Document = field(default_factory=dict)

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name=f"pod-{self.name}", daemon=True).start()

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
        """Whether the pod is being deleted."""
        return self.gone or "deletionTimestamp" in self.pod["metadata"]

    def update(self, pod: Document) -> None:
        """Take a newer version of the object."""
        self.pod = pod
        self._wake.set()

    def removed(self) -> None:
        """Note that the object no longer exists."""
        self.gone = True
        self._wake.set()

    def refresh(self, config_maps: Mapping[str, Document]) -> None:
        """Update the pod's volumes from the ConfigMaps of its namespace, by name."""
        if changed := refresh(self.pod, self._volumes, config_maps):
            self.kubelet.note("refreshed", self.pod, volumes=changed)

    def container(self, name: str) -> Container | None:
        """The container of this name; None before its start."""
        return next((entry.container for entry in self._containers if entry.container.name == name), None)

    @property
    def dark(self) -> bool:
        """Whether the pod's node has no power; its kubelet then does and says nothing."""
        return self.kubelet.nodes.dark(self.pod["spec"].get("nodeName", ""))

    def lose_power(self) -> None:
        """End every process at once, without a word to anybody."""
        for entry in self._containers:
            entry.container.kill()

    @property
    def ready(self) -> bool:
        """Whether all containers are ready."""
        return bool(self._containers) and self._initialized and all(entry.ready for entry in self._containers)

    def _run(self) -> None:
        try:
            self._start_all()
            while not self.deleted:
                if not self.dark:
                    self._sync()
                    self._publish()
                self._sleep()
        except _DeletedError:
            pass
        except Exception as error:  # noqa: BLE001 - a pod without its thread would never be deleted
            self.kubelet.note("failed", self.pod, error=f"{type(error).__name__}: {error}")
            while not self.deleted:
                self._sleep()
        while self.dark and not self.gone:
            self._sleep()
        self._terminate()

    def _sleep(self, seconds: float = PAUSE) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _check_deleted(self) -> None:
        if self.deleted:
            raise _DeletedError

    @property
    def _folder(self) -> Path:
        return self.kubelet.folder / "pods" / self.pod["metadata"]["uid"]

    def _start_all(self) -> None:
        while not (self.pod["status"].get("podIP") and self.pod["spec"].get("nodeName")) or self.dark:
            self._check_deleted()
            self._sleep()
        self._network = self.kubelet.nodes.attach(self.pod)
        while True:
            try:
                self._volumes = materialise(
                    self.kubelet.api, self.pod, self._folder / "volumes", self.kubelet.folder / "claims"
                )
                break
            except (httpx.HTTPError, KeyError) as error:  # a mounted object does not exist yet; a kubelet retries
                self.kubelet.note("waits", self.pod, error=str(error))
                self._check_deleted()
                self._sleep(1.0)
        for spec in self.pod["spec"].get("initContainers") or []:
            if spec.get("restartPolicy") == "Always":
                entry = self._start_container(spec, sidecar=True)
                while not (entry.container.running and entry.probes.started):
                    self._check_deleted()
                    self._sync_container(entry)
                    self._publish()
                    self._sleep()
            else:
                self._run_init_container(spec)
        self._initialized = True
        for spec in self.pod["spec"]["containers"]:
            self._start_container(spec, sidecar=False)
        self.kubelet.note("started", self.pod)

    def _new_container(self, spec: Document) -> Container:
        if self._network is None:
            raise _DeletedError
        image = self.kubelet.image(self.pod, spec)
        if image.layers:
            give_to_group(self.pod, self._volumes)
        values = environment(self.kubelet.api, self.pod, spec, image)
        binds = [(path, target, True) for target, path in image.adds.items()]
        binds.append((self.kubelet.hosts, "/etc/hosts", True))
        for mount in spec.get("volumeMounts") or []:
            source = self._volumes[mount["name"]]
            if mount.get("subPath"):
                source = source / mount["subPath"]
            binds.append((source, mount["mountPath"], mount.get("readOnly", False)))
        logs = self.kubelet.folder / "containers"
        logs.mkdir(exist_ok=True)
        return Container(
            spec,
            self._folder / spec["name"],
            self._network,
            command_line(spec, image, values),
            values,
            binds,
            logs / f"{self.name}-{spec['name']}.log",
            image.layers,
            as_user(self.pod, spec) if image.layers else (),
            shares_processes=self.pod["spec"].get("shareProcessNamespace", False),
        )

    def _start_container(self, spec: Document, *, sidecar: bool) -> PodContainer:
        container = self._new_container(spec)
        container.start()
        entry = PodContainer(container, Probes(container, self.pod["status"]["podIP"], self.kubelet.probes), sidecar)
        self._containers.append(entry)
        return entry

    def _run_init_container(self, spec: Document) -> None:
        container = self._new_container(spec)
        try:
            while True:
                container.start()
                while container.running:
                    self._check_deleted()
                    self._publish()
                    self._sleep()
                if container.status == 0:
                    break
                self.kubelet.note("init container failed", self.pod, container=spec["name"], status=container.status)
                self._check_deleted()
                self._sleep(2.0)
        finally:
            container.kill()
        self._inits[spec["name"]] = {"terminated": {"exitCode": 0, "reason": "Completed"}}

    def _sync(self) -> None:
        for entry in self._containers:
            self._sync_container(entry)

    def _sync_container(self, entry: PodContainer) -> None:
        """Restart a container that has exited or fails its liveness probe; run probes."""
        container = entry.container
        if container.running:
            if entry.probes.look() or self.deleted:
                return
            self.kubelet.note("liveness failed", self.pod, container=container.name)
            self._stop_container(entry, time.time() + self.pod["spec"].get("terminationGracePeriodSeconds", 30))
        if entry.next_start == 0.0:
            self.kubelet.note("container ended", self.pod, container=container.name, status=container.status)
            entry.next_start = time.time() + BACKOFF[min(entry.failed, len(BACKOFF) - 1)]
            entry.failed += 1
        if time.time() >= entry.next_start and not self.deleted and not self.kubelet.held(self.pod):
            entry.next_start = 0.0
            container.start()
            entry.probes.reset()

    def _terminate(self) -> None:
        self._terminating_since = time.time()
        end = self._deadline()
        self.kubelet.note("leaving", self.pod, grace=round(end - time.time(), 1))
        mains = [entry for entry in self._containers if not entry.sidecar]
        sidecars = [entry for entry in self._containers if entry.sidecar]
        stopping = [threading.Thread(target=self._stop_container, args=(entry, None), daemon=True) for entry in mains]
        hooks = [threading.Thread(target=self._run_pre_stop, args=(entry, None), daemon=True) for entry in sidecars]
        for thread in (*stopping, *hooks):
            thread.start()
        while any(thread.is_alive() for thread in stopping):
            for entry in self._containers:
                if entry.container.running:
                    entry.probes.look()
            self._publish()
            self._sleep()
        for entry in reversed(sidecars):
            self._stop_container(entry, None, hook=False)
        late = round(time.time() - self._deadline(), 1)
        self._clean_up()
        if not self.gone:
            self._delete_object()
        self.ended = True
        self.kubelet.note("gone", self.pod, after=round(time.time() - self._terminating_since, 1), late=max(0.0, late))

    def _clean_up(self) -> None:
        for entry in self._containers:
            entry.container.kill()
        if self._network is not None:
            self._network.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _delete_object(self) -> None:
        """Delete the pod's object, as the last step."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.pod["metadata"]["uid"]}}
        for _ in range(20):
            try:
                answer = self.kubelet.api.http.request("DELETE", path, json=body)
                if answer.status_code in (200, 202, 404, 409):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)

    def _deadline(self) -> float:
        """End of the grace period, in seconds since the epoch; a second deletion can shorten it."""
        stamp = self.pod["metadata"].get("deletionTimestamp")
        return datetime.fromisoformat(stamp).astimezone(UTC).timestamp() if stamp else time.time()

    def _run_pre_stop(self, entry: PodContainer, end: float | None) -> None:
        hook = entry.container.spec.get("lifecycle", {}).get("preStop")
        if not hook or self.gone:
            return
        if "exec" not in hook:
            raise UnknownFieldError(f"preStop of {entry.container.name} is not played here: {hook}")
        began = time.time()
        command = hook["exec"]["command"]

        def over() -> bool:
            return self.gone or time.time() >= (end or self._deadline())

        entry.container.run(command, end or began + 86400, over)
        self.kubelet.note(
            "preStop ended", self.pod, container=entry.container.name, after=round(time.time() - began, 1)
        )

    def _stop_container(self, entry: PodContainer, end: float | None, *, hook: bool = True) -> None:
        """Run preStop, send SIGTERM, and SIGKILL at the end of the grace period."""
        container = entry.container
        if hook and container.running:
            self._run_pre_stop(entry, end)
        if container.running and not self.gone:
            container.signal(signal.SIGTERM)
            terminated = time.time()
            while container.running and not self.gone:
                if time.time() >= max(end or self._deadline(), terminated + MIN_GRACE):
                    self.kubelet.note("killed", self.pod, container=container.name)
                    break
                time.sleep(0.05)
        container.kill()

    def _publish(self) -> None:
        status = pod_status(self.pod["spec"], self._containers, self._inits, initialized=self._initialized)
        if status == self._published or self.gone:
            return
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}/status"
        conditions = with_times(status["conditions"], self.pod["status"].get("conditions") or [])
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        try:
            answer = self.kubelet.api.http.patch(
                path, headers=headers, json={"status": {**status, "conditions": conditions}}
            )
        except httpx.HTTPError:
            return  # retried at the next look
        if answer.status_code in (200, 404):
            self._published = status
