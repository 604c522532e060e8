"""A small kubelet for some pods of a cluster with kwok nodes: it runs their containers as processes."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from lab.cluster.api import Api
from lab.rehearsal.kwok_stages import COMPONENT
from lab.rehearsal.node_network import Nodes
from lab.rehearsal.pod_worker import PodWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from components.kubernetes.document import Document
    from lab.rehearsal.container import Image

PODS = "/api/v1/pods"
SLICES = "/apis/discovery.k8s.io/v1/namespaces"
REFRESH_SECONDS = 5.0
"""Period of ConfigMap refreshes; a real kubelet takes up to a minute."""
_HOSTS = "127.0.0.1 localhost\n"


class Kubelet:
    """Runs the pods of the components in `images` (by `app.kubernetes.io/name`), each in its own thread."""

    def __init__(
        self, kubeconfig: Path, folder: Path, images: Mapping[str, Image], note: Callable[..., None], *, proxy: Path
    ) -> None:
        self.api = Api(kubeconfig, timeout=30)
        self.nodes = Nodes(self.api, proxy, folder / "nodes", kubeconfig.read_text())
        self.folder = folder
        self.images = images
        self.hosts = folder / "hosts"
        self.probes = ThreadPoolExecutor(max_workers=16, thread_name_prefix="probe")
        self._note = note
        self._workers: dict[str, PodWorker] = {}
        self._held: set[str] = set()
        self._closing = False
        folder.mkdir(parents=True, exist_ok=True)
        self.hosts.write_text(_HOSTS)
        self._thread = threading.Thread(target=self._watch, name="kubelet", daemon=True)
        self._thread.start()
        threading.Thread(target=self._refresh, name="kubelet-refresh", daemon=True).start()

    def image(self, pod: Document, container: Document) -> Image:
        """The replacement of the image of a component's containers."""
        del container
        return self.images[_component(pod)]

    def note(self, what: str, pod: Document, **more: Any) -> None:
        """Record an event of a pod."""
        metadata = pod["metadata"]
        self._note(what, pod=metadata["name"], component=_component(pod), **more, uid=metadata["uid"])

    def held(self, pod: Document) -> bool:
        """Whether the component's containers are kept from restarting."""
        return _component(pod) in self._held

    def workers(self, component: str) -> list[PodWorker]:
        """The workers of the component's pods that have not ended."""
        return [
            worker
            for worker in list(self._workers.values())
            if not worker.ended and _component(worker.pod) == component
        ]

    def hold(self, component: str) -> None:
        """Start an outage: kill the component's containers and keep them stopped until `release`."""
        self._held.add(component)
        for worker in self.workers(component):
            for spec in worker.pod["spec"]["containers"]:
                if container := worker.container(spec["name"]):
                    container.kill()

    def release(self, component: str) -> None:
        """End an outage."""
        self._held.discard(component)

    def lose_zone(self, zone: str, beside: Collection[str] = ()) -> None:
        """Take the power from the nodes of a zone: no packet, no process, no status, until `return_zone`.

        Packets of the addresses `beside` vanish, too: those of the zone's load balancers.
        """
        names = self._nodes_of(zone)
        self.nodes.lose_power(names, beside)
        for worker in list(self._workers.values()):
            if worker.pod["spec"].get("nodeName") in names:
                worker.lose_power()

    def return_zone(self, zone: str, beside: Collection[str] = ()) -> None:
        """End the outage of a zone: pods that still exist start again, others are cleaned up."""
        self.nodes.return_power(self._nodes_of(zone), beside)

    def _nodes_of(self, zone: str) -> list[str]:
        nodes = self.api.items("/api/v1/nodes", labelSelector=f"topology.kubernetes.io/zone={zone}")
        return [node["metadata"]["name"] for node in nodes]

    def close(self) -> None:
        """Kill every process; the pods' objects stay."""
        self._closing = True
        for worker in list(self._workers.values()):
            worker.removed()
        deadline = time.monotonic() + 10
        while any(not worker.ended for worker in self._workers.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.nodes.close()
        self.probes.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        selector = f"{COMPONENT} in ({','.join(self.images)})"
        while not self._closing:
            try:
                listed = self.api.get(PODS, labelSelector=selector)
                present = {item["metadata"]["uid"]: item for item in listed["items"]}
                for item in present.values():
                    self._seen(item)
                for uid in self._workers.keys() - present.keys():
                    self._workers[uid].removed()
                self._follow(selector, listed["metadata"]["resourceVersion"])
            except (httpx.HTTPError, json.JSONDecodeError) as error:
                self._note("API server is away", error=str(error))
                time.sleep(0.5)

    def _refresh(self) -> None:
        while not self._closing:
            time.sleep(REFRESH_SECONDS)
            workers = [worker for worker in list(self._workers.values()) if not worker.ended]
            try:
                for namespace in {worker.namespace for worker in workers}:
                    items = self.api.items(f"/api/v1/namespaces/{namespace}/configmaps")
                    config_maps = {item["metadata"]["name"]: item for item in items}
                    for worker in workers:
                        if worker.namespace == namespace and not worker.deleted:
                            worker.refresh(config_maps)
                self._name_services()
            except (
                httpx.HTTPError,
                OSError,
                KeyError,
            ) as error:  # it or its pod is being deleted; the next round tries again
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
                    if worker := self._workers.get(event["object"]["metadata"]["uid"]):
                        worker.removed()
                elif event["type"] == "ERROR":
                    return
                else:
                    self._seen(event["object"])

    def _seen(self, pod: Document) -> None:
        if not pod["spec"].get("nodeName"):
            return
        uid = pod["metadata"]["uid"]
        if worker := self._workers.get(uid):
            worker.update(pod)
        else:
            worker = self._workers[uid] = PodWorker({"status": {}, **pod}, self)
            worker.start()
        if _component(pod) != "jvb":
            self._name_services()

    def _name_services(self) -> None:
        """Let names of Services and, behind headless ones, of pods resolve, in place of cluster DNS."""
        text = _HOSTS
        for namespace in {worker.namespace for worker in self._workers.values()}:
            services = self.api.items(f"/api/v1/namespaces/{namespace}/services")
            headless = any(service["spec"]["clusterIP"] == "None" for service in services)
            slices = self.api.items(f"{SLICES}/{namespace}/endpointslices") if headless else ()
            text += "".join(named(namespace, services, slices))
        if text != self.hosts.read_text():
            self.hosts.write_text(text)  # in place, since containers have this file mounted


def named(namespace: str, services: Sequence[Document], slices: Sequence[Document]) -> Iterator[str]:
    """Lines of a hosts file: Services, and the pods behind headless ones (`<hostname>.<service>.<namespace>.svc`)."""
    headless = set()
    for service in services:
        name, address = service["metadata"]["name"], service["spec"]["clusterIP"]
        if address == "None":
            headless.add(name)
        else:
            yield f"{address} {name}.{namespace}.svc {name}.{namespace}.svc.cluster.local\n"
    for part in slices:
        service = part["metadata"]["labels"].get("kubernetes.io/service-name")
        for endpoint in (part.get("endpoints") or ()) if service in headless else ():
            if host := endpoint.get("hostname"):
                name = f"{host}.{service}.{namespace}.svc"
                yield f"{endpoint['addresses'][0]} {name} {name}.cluster.local\n"


def _component(pod: Document) -> str:
    return pod["metadata"].get("labels", {}).get(COMPONENT, "")
