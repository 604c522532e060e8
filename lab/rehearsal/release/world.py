"""A stack whose edge is real: engine, API server, controllers, kube-proxy and HAProxies; web, prosody and jicofo are played as processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import stack_file
from lab.cluster.api import has_condition
from lab.engine.engine import EngineError
from lab.live.names import Names
from lab.processes import command_lines
from lab.rehearsal.container import PYTHON, PYTHON_FILES, Image
from lab.rehearsal.pod_network import ROUTER
from lab.rehearsal.pod_testbed import PodTestbed
from lab.rehearsal.release import shard_process
from lab.rehearsal.release.meeting import DOMAIN, Meeting

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.toolchain.prepare import Toolchain

PLAYED = ("web", "prosody", "jicofo")
CLOUD = ("--boot-seconds", "3", "--time-scale", "60")
NAMESPACE = "jitsi"
OLD = "stable-11146-2"
END_SECONDS = 600.0
"""How long an update may take once nothing keeps it."""
ROOMS_TRIED = 6
"""New rooms that are opened to see where they go: more than HAProxies."""


class ReleaseWorld(PodTestbed):
    """The edge and every shard's signalling as processes; bridges are kwok's."""

    closed = ("kubelet", "names", "forwarder")

    def __init__(self, folder: Path, toolchain: Toolchain, note: Callable[..., None]) -> None:
        super().__init__(folder, toolchain, note, (*PLAYED, "haproxy"), cloud=CLOUD)
        self.file = folder / "Pulumi.release.yaml"
        self.events: list[dict[str, Any]] = []
        self.failure = ""
        self._turns = count()

    def _start(self) -> None:
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {ROUTER}\n")
        adds = {"/etc/resolv.conf": resolver, "/rehearsal/shard.py": Path(shard_process.__file__), **PYTHON_FILES}
        images = {name: Image(adds, (*PYTHON, "/rehearsal/shard.py", name)) for name in PLAYED}
        images["haproxy"] = Image({"/etc/resolv.conf": resolver})
        self._run_pods(images)
        self.names = Names(ROUTER, self.kubelet.hosts, {})

    def up(self, **keys: Any) -> threading.Thread:
        """Run `pulumi up` of a stack of one shard, with these keys, in a thread; `events` and `failure` are the engine's."""
        stack = {
            "bridges": {"nodeType": "BASIC3-X4C-8G", "min": 2, "max": 3, "scaling": {"spares": 0}},
            "shards": [{"name": "s0", "zone": "fr-par-1"}],
            **keys,
        }
        stack_file.write(self.file, stack_file.document(DOMAIN, stack))
        self.events, self.failure = [], ""

        def run() -> None:
            try:
                self.embedded.engine.up(self.file, follow=self.events.append)
            except EngineError as error:
                self.failure = str(error)

        running = threading.Thread(target=run, daemon=True)
        running.start()
        return running

    def deploy(self, **keys: Any) -> None:
        """Deploy the stack for the first time.

        Raises:
            RuntimeError: the update failed.
        """
        self.up(**keys).join()
        if self.failure:
            raise RuntimeError(self.failure)

    def finish(self, update: threading.Thread) -> None:
        """Wait until an update has ended.

        Raises:
            TimeoutError: it has not.
        """
        update.join(END_SECONDS)
        if update.is_alive():
            raise TimeoutError(f"the update has not ended within {END_SECONDS:.0f} s; said: {self.said()[-5:]}")

    def said(self) -> list[str]:
        """What the program said in the update."""
        found = (event.get("diagnosticEvent", {}).get("message", "").strip() for event in list(self.events))
        return [text for text in found if text]

    def is_waiting(self) -> bool:
        """Whether the update counts rooms of a shard that leaves."""
        return any("removed once the last has ended" in text for text in self.said())

    def order(self) -> list[tuple[str, str]]:
        """Operation and logical name of what changed, in the order in which it ended."""
        ended = [event["resOutputsEvent"]["metadata"] for event in list(self.events) if "resOutputsEvent" in event]
        return [(step["op"], step["urn"].rpartition("::")[2]) for step in ended if step["op"] != "same"]

    def deleted(self) -> list[str]:
        """Logical names of what the update deleted."""
        return [name for operation, name in self.order() if operation.startswith("delete")]

    def kill(self) -> None:
        """Kill the engine of the running update."""
        pulumi = str(self.embedded.engine.pulumi)
        for pid in [pid for pid, argv in command_lines() if argv[0] == pulumi]:
            os.kill(pid, signal.SIGKILL)

    def enter(self, room: str, seconds: float = 60.0) -> Meeting:
        """Open a room or join it, as a browser that tries again; HAProxies take turns."""
        deadline = time.monotonic() + seconds
        while True:
            haproxies = [pod["status"]["podIP"] for pod in self.pods("haproxy") if has_condition(pod)]
            try:
                return Meeting(room, haproxies[next(self._turns) % len(haproxies)])
            except (OSError, ZeroDivisionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def new_rooms(self) -> set[str]:
        """The shards on which new rooms open."""
        rooms = [self.enter(f"room-{time.monotonic()}-{number}") for number in range(ROOMS_TRIED)]
        for room in rooms:
            room.end()
        return {room.shard for room in rooms}

    def pods(self, component: str) -> list[dict[str, Any]]:
        """The pods of a component that have an address."""
        selector = f"app.kubernetes.io/name={component}"
        found = self.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=selector)
        return [pod for pod in found if pod["status"].get("podIP")]

    def shards(self) -> set[str]:
        """The shards of which a prosody runs."""
        return {pod["metadata"]["labels"]["app.kubernetes.io/instance"] for pod in self.pods("prosody")}

    def zones(self) -> dict[str, list[str]]:
        """Zones of the nodes on which the signalling of each shard runs."""
        nodes = {
            node["metadata"]["name"]: node["metadata"]["labels"]["topology.kubernetes.io/zone"]
            for node in self.api.items("/api/v1/nodes")
        }
        found: dict[str, set[str]] = {}
        for pod in [pod for component in PLAYED for pod in self.pods(component)]:
            found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/instance"], set()).add(
                nodes[pod["spec"]["nodeName"]]
            )
        return {shard: sorted(zones) for shard, zones in sorted(found.items())}

    def haproxy_cfg(self) -> str:
        """HAProxy's configuration."""
        return self.api.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/haproxy")["data"]["haproxy.cfg"]

    def until(self, what: str, holds: Callable[[], Any], seconds: float = 240.0) -> None:
        """Wait for a condition.

        Raises:
            TimeoutError: it did not hold in time.
        """
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; said: {self.said()[-5:]}; {self.failure}")
            time.sleep(0.5)
