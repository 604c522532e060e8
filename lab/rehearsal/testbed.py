"""The testbed of a rehearsal: cluster, emulator, kubelet, bridges and participants, started and stopped together."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.rehearsal.bridge_process import CHANNEL
from lab.rehearsal.bridges import CHANNEL as SOCKET
from lab.rehearsal.bridges import Bridges
from lab.rehearsal.container import PYTHON, PYTHON_FILES, Image
from lab.rehearsal.media import People
from lab.rehearsal.meetings import Meetings
from lab.rehearsal.pod_testbed import PodTestbed
from lab.rehearsal.stack import CAPACITY

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.toolchain.prepare import Toolchain
    from plan.simulate.settings import JicofoSettings

JAVA_SPEED = 6.0
"""Shortens the bridge's minute of SHUTTING_DOWN to 10 s."""
TICK = 0.25
CONTROLLERS = (
    "--horizontal-pod-autoscaler-sync-period=5s",  # default 15 s
    "--horizontal-pod-autoscaler-initial-readiness-delay=5s",  # default 30 s
)
CLOUD = ("--boot-seconds", "8", "--unneeded-seconds", "15", "--time-scale", "60")
"""Nodes boot in 8 s instead of about a minute; the autoscaler's minutes are seconds."""


class Testbed(PodTestbed):
    """Bridges, Prometheus and its adapter as processes, and participants."""

    closed = ("people", "kubelet", "bridges", "forwarder")

    def __init__(self, folder: Path, toolchain: Toolchain, jicofo: JicofoSettings, note: Callable[..., None]) -> None:
        components = ("jvb", "prometheus", "prometheus-adapter")
        super().__init__(folder, toolchain, note, components, cloud=CLOUD, controllers=CONTROLLERS)
        self.meetings = Meetings(CAPACITY, jicofo)
        self._closing = threading.Event()

    def _start(self) -> None:
        self.bridges = Bridges(self.folder / "bridges", self.meetings, self.note, java_speed=JAVA_SPEED)
        self.people = People(self.meetings, self.note)
        self._run_pods(self._images())
        threading.Thread(target=self._tick, name="time", daemon=True).start()

    def _images(self) -> dict[str, Image]:
        init = self.folder / "bridges" / "init"
        program = Path(__file__).with_name("bridge_process.py")
        init.write_text(f"#!/bin/sh\nexec {' '.join(PYTHON)} {CHANNEL.rpartition('/')[0]}/{program.name}\n")
        init.chmod(0o755)
        jvb = {
            "/init": init,
            CHANNEL: self.folder / "bridges" / SOCKET,
            f"{CHANNEL.rpartition('/')[0]}/{program.name}": program,
            **PYTHON_FILES,
        }
        tools = {name: ("/image/" + name, self._tools[name]) for name in ("prometheus", "prometheus-adapter")}
        return {
            "jvb": Image(jvb),
            **{name: Image({path: tool}, (path,)) for name, (path, tool) in tools.items()},
        }

    def _tick(self) -> None:
        while not self._closing.wait(TICK):
            now = time.time()
            try:
                self.bridges.tick(now)
                self.meetings.tick(now)
            except Exception as error:  # noqa: BLE001 - a stopped clock must be reported
                self.note("failed", component="people", error=f"{type(error).__name__}: {error}")

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        super().__exit__()
