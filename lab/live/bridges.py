"""Bridges of the suite's stack: which pod has an address, what a pod says of itself, and a crash."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from lab.live.bridge_process import descendants, metrics
from lab.live.stacks import NAMESPACE
from sizing.parts import JICOFO, JVB

if TYPE_CHECKING:
    from components.kubernetes.document import Document
    from lab.live.world import World

REST = {JVB.name: JVB.port("rest"), JICOFO.name: JICOFO.port("http")}
"""Component -> TCP port of its private HTTP interface."""
POD_NAME = "statefulset.kubernetes.io/pod-name"


def pod_at(world: World, address: str) -> Document:
    """The bridge's pod behind a node's address and port, which with `nodePort` is that of the pod's own Service.

    Raises:
        LookupError: no bridge has this address.
    """
    host, _, port = address.rpartition(":")
    of_service = {
        str(each["nodePort"]): service["spec"]["selector"].get(POD_NAME)
        for service in world.api.items(f"/api/v1/namespaces/{NAMESPACE}/services")
        for each in service["spec"]["ports"]
        if "nodePort" in each
    }
    for pod in world.pods("jvb"):
        if "nodeName" not in pod["spec"]:
            continue  # it waits for one that leaves
        node = world.api.get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
        here = any(each["address"] == host for each in node["status"]["addresses"])
        if here and of_service.get(port, pod["metadata"]["name"]) == pod["metadata"]["name"]:
            return pod
    raise LookupError(f"no bridge has {address}")


def shard_of(pod: Document) -> str:
    """The shard to which a pod belongs."""
    return pod["metadata"]["labels"]["app.kubernetes.io/instance"]


def figures(pod: Document) -> dict[str, float]:
    """The metrics of a bridge or a jicofo."""
    component = pod["metadata"]["labels"]["app.kubernetes.io/name"]
    return summed(metrics(pod["status"]["podIP"], REST[component]))


def summed(text: str) -> dict[str, float]:
    """Values of metrics by their names; those of a name's series are added up."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.partition("} ") if "{" in line else line.partition(" ")
            name = series.partition("{")[0]
            found[name] = found.get(name, 0.0) + float(value.split()[0])
    return found


def crash(world: World, pod: str) -> int:
    """Kill the Java process of a bridge, as if it had crashed; return its pid.

    Raises:
        LookupError: it does not run.
    """
    container = world.worker(pod).container("jvb")
    first = container.init_pid() if container else None
    for pid in descendants(first) if first else ():
        if Path(f"/proc/{pid}/comm").read_text().strip() == "java":
            os.kill(pid, signal.SIGKILL)
            return pid
    raise LookupError(f"no java runs in {pod}")
