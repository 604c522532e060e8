"""A small kubelet for some pods of a cluster whose nodes kwok plays: it runs what they say, as processes of this machine."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from local.control_plane.api import Api
from local.rehearsal.pod_life import PodLife
from local.rehearsal.stages import COMPONENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local.rehearsal.container import Image

Document = dict[str, Any]
PODS = "/api/v1/pods"
REFRESH_SECONDS = 5.0
"""Between two looks at ConfigMaps; a kubelet takes up to a minute, and a day here is minutes long."""
_HOSTS = "127.0.0.1 localhost\n"


class Kubelet:
    """Runs the pods of `images` (by `app.kubernetes.io/name`); all of them live in one process, each in its own thread."""

    def __init__(self, kubeconfig: Path, folder: Path, images: Mapping[str, Image], note: Callable[..., None]) -> None:
        self.api = Api(kubeconfig, timeout=30)
        self.folder = folder
        self.images = images
        self.hosts = folder / "hosts"
        self.probes = ThreadPoolExecutor(max_workers=16, thread_name_prefix="probe")
        self._note = note
        self._lives: dict[str, PodLife] = {}
        self._held: set[str] = set()
        self._made = 0
        self._closing = False
        folder.mkdir(parents=True, exist_ok=True)
        self.hosts.write_text(_HOSTS)
        self._thread = threading.Thread(target=self._watch, name="kubelet", daemon=True)
        self._thread.start()
        threading.Thread(target=self._refresh, name="kubelet-refresh", daemon=True).start()

    def image(self, pod: Document, container: Document) -> Image:
        """What stands for the image of any container of a component's pods."""
        del container
        return self.images[_component(pod)]

    def note(self, what: str, pod: Document, **more: Any) -> None:
        """Hand on what happened to a pod."""
        metadata = pod["metadata"]
        self._note(what, pod=metadata["name"], component=_component(pod), **more, uid=metadata["uid"])

    def held(self, pod: Document) -> bool:
        """Whether the component's containers may not restart."""
        return _component(pod) in self._held

    def lives(self, component: str) -> list[PodLife]:
        """The component's pods that have not ended."""
        return [life for life in list(self._lives.values()) if not life.ended and _component(life.pod) == component]

    def hold(self, component: str) -> None:
        """An outage: the component's containers are killed and do not come back until `release`."""
        self._held.add(component)
        for life in self.lives(component):
            for spec in life.pod["spec"]["containers"]:
                if container := life.container(spec["name"]):
                    container.kill()

    def release(self, component: str) -> None:
        """The outage is over."""
        self._held.discard(component)

    def close(self) -> None:
        """End every process at once; the pods' objects stay."""
        self._closing = True
        for life in list(self._lives.values()):
            life.vanished()
        deadline = time.monotonic() + 10
        while any(not life.ended for life in self._lives.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.probes.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        selector = f"{COMPONENT} in ({','.join(self.images)})"
        while not self._closing:
            try:
                listed = self.api.get(PODS, labelSelector=selector)
                present = {item["metadata"]["uid"]: item for item in listed["items"]}
                for item in present.values():
                    self._seen(item)
                for uid in self._lives.keys() - present.keys():
                    self._lives[uid].vanished()
                self._follow(selector, listed["metadata"]["resourceVersion"])
            except (httpx.HTTPError, json.JSONDecodeError) as error:
                self._note("API server is away", error=str(error))
                time.sleep(0.5)

    def _refresh(self) -> None:
        while not self._closing:
            time.sleep(REFRESH_SECONDS)
            lives = [life for life in list(self._lives.values()) if not life.ended]
            try:
                for namespace in {life.namespace for life in lives}:
                    found = self.api.items(f"/api/v1/namespaces/{namespace}/configmaps")
                    config_maps = {item["metadata"]["name"]: item for item in found}
                    for life in lives:
                        if life.namespace == namespace and not life.deleted:
                            life.refresh(config_maps)
            except (httpx.HTTPError, OSError, KeyError) as error:  # it goes, or its pod does: seen again next time
                self._note("refresh failed", error=str(error))

    def _follow(self, selector: str, version: str) -> None:
        params = {"watch": "true", "timeoutSeconds": "300", "labelSelector": selector, "resourceVersion": version}
        with self.api.http.stream("GET", PODS, params=params, timeout=httpx.Timeout(10, read=310)) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if self._closing:
                    return
                event = json.loads(line)
                if event["type"] == "DELETED":
                    if life := self._lives.get(event["object"]["metadata"]["uid"]):
                        life.vanished()
                elif event["type"] == "ERROR":
                    return
                else:
                    self._seen(event["object"])

    def _seen(self, pod: Document) -> None:
        if not pod["spec"].get("nodeName"):
            return
        uid = pod["metadata"]["uid"]
        if life := self._lives.get(uid):
            life.seen(pod)
        else:
            self._made += 1
            life = self._lives[uid] = PodLife({"status": {}, **pod}, self._made, self)
            life.begin()
        if _component(pod) != "jvb":
            self._name_services()

    def _name_services(self) -> None:
        """`<service>.<namespace>.svc` resolves to a pod of it: what cluster DNS and kube-proxy do together."""
        lines = [_HOSTS]
        namespaces = {life.namespace for life in self._lives.values()}
        for namespace in namespaces:
            for service in self.api.items(f"/api/v1/namespaces/{namespace}/services"):
                wanted = (service["spec"].get("selector") or {}).items()
                for life in self._lives.values():
                    address = life.pod["status"].get("podIP")
                    if address and wanted and not life.deleted and wanted <= life.pod["metadata"]["labels"].items():
                        name = service["metadata"]["name"]
                        lines.append(f"{address} {name}.{namespace}.svc {name}.{namespace}.svc.cluster.local\n")
                        break
        text = "".join(lines)
        if text != self.hosts.read_text():
            self.hosts.write_text(text)  # in place: containers have this very file mounted


def _component(pod: Document) -> str:
    return pod["metadata"].get("labels", {}).get(COMPONENT, "")
