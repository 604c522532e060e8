"""The embedded world of a stack: control plane, Scaleway emulator and engine, in one state folder."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from lab import files, ports
from lab.cluster.api import Api
from lab.cluster.plane import STAGES, ControlPlane, StartError, environment, stop
from lab.cluster.seed import seed
from lab.engine import plugins
from lab.engine.engine import Engine
from lab.engine.language_host.install import install
from lab.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.paths import Paths
    from lab.toolchain.prepare import Toolchain

EMULATOR = "scaleway"
STORAGE = "object-storage"
PROVIDER = "pulumi-resource-scaleway"
EMULATOR_SECONDS = 30.0


@dataclass
class Embedded:
    """Starts and stops the world of a state folder, and gives its engine; the state outlives the process."""

    paths: Paths
    toolchain: Toolchain
    controller_arguments: tuple[str, ...] = ()
    """Extra flags of kube-controller-manager."""
    emulator_arguments: tuple[str, ...] = ()
    """Extra flags of the Scaleway emulator (`python -m scaleway_emulator --help`)."""
    stages: Path | None = None
    """kwok's stages; None for `lab/cluster/stages.yaml`."""
    checkpoints: bool = True
    """As `Engine.checkpoints`."""
    say: Callable[[str], None] = print
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.paths.processes, self.paths.logs)

    def start(self) -> list[str]:
        """Start what does not run yet, and return its names.

        Raises:
            StartError: a process did not come up; the message names it and its log.
        """
        self.paths.root.mkdir(parents=True, exist_ok=True)
        with files.locked(
            self.paths.lock, lambda who: self.say(f"waiting for {who}, which works in {self.paths.root}")
        ):
            started = self.plane.start()
            with Api(self.paths.kubeconfig) as api:
                seed(api, self.toolchain.cert_manager)
            started += self._start_emulator()
            plugins.link(self.paths.pulumi_home, self.toolchain.paths, {PROVIDER: self.storage_settings})
            install(self.paths, self.toolchain.tools["pulumi"])
        return started

    def stop(self) -> list[str]:
        """Stop what was started, newest first, and return the names."""
        if not self.paths.root.exists():
            return []
        with files.locked(
            self.paths.lock, lambda who: self.say(f"waiting for {who}, which works in {self.paths.root}")
        ):
            return stop(self.paths)

    @property
    def plane(self) -> ControlPlane:
        """The control plane."""
        return ControlPlane(
            self.paths, self.toolchain.paths, self.controller_arguments, self.stages or STAGES, self.say
        )

    def api(self) -> Api:
        """A client of the API server, as administrator; the caller closes it."""
        return Api(self.paths.kubeconfig)

    @property
    def scaleway_url(self) -> str:
        """URL of the Scaleway emulator."""
        return f"http://127.0.0.1:{ports.remembered(self.paths.ports)[EMULATOR]}"

    def lose_zone(self, zone: str) -> None:
        """Take the power from a zone: no heartbeats of its nodes, no answers of its API, until `return_zone`.

        Without processes, its pods are kwok's. `Kubelet.lose_nodes` ends those that are processes.
        """
        self._outage("PUT", zone)

    def return_zone(self, zone: str) -> None:
        """End the outage of a zone; its nodes are Ready again some seconds later."""
        self._outage("DELETE", zone)

    def _outage(self, method: str, zone: str) -> None:
        answer = httpx.request(method, f"{self.scaleway_url}/emulator/lost-zones/{zone}", timeout=10.0, trust_env=False)
        answer.raise_for_status()

    @property
    def storage_settings(self) -> dict[str, str]:
        """Environment variables that lead `https://s3.REGION.scw.cloud` to the emulated Object Storage."""
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{ports.remembered(self.paths.ports)[STORAGE]}",
            "SSL_CERT_FILE": str(self.paths.storage_authority),
        }

    @property
    def engine(self) -> Engine:
        """The engine, with this control plane and this account."""
        pulumi = install(self.paths, self.toolchain.tools["pulumi"])
        return Engine(
            self.paths,
            pulumi,
            self.scaleway_url,
            self.paths.kubeconfig,
            checkpoints=self.checkpoints,
            say=self.say,
        )

    def _start_emulator(self) -> list[str]:
        record = self.processes.running().get(EMULATOR)
        names = [EMULATOR, STORAGE]
        assigned = ports.assign(self.paths.ports, names, names if record else [])
        port = assigned[EMULATOR]
        argv = (
            sys.executable,
            *("-m", "scaleway_emulator"),
            *("--port", str(port)),
            *("--state", str(self.paths.scaleway)),
            *("--kubeconfig", str(self.paths.kubeconfig)),
            *("--port-file", str(self.paths.root / "scaleway.port")),
            *("--storage-port", str(assigned[STORAGE])),
            *("--storage-authority", str(self.paths.storage_authority)),
            *self.emulator_arguments,
        )
        if record is not None and record.argv == argv:
            return []
        if record is not None:
            self.processes.stop([EMULATOR])
        child = self.processes.start(EMULATOR, argv, environment(self.paths))
        deadline = time.monotonic() + EMULATOR_SECONDS
        while not _healthy(f"http://127.0.0.1:{port}/healthz"):
            if child.poll() is not None or time.monotonic() > deadline:
                raise StartError(
                    f"the Scaleway emulator did not come up. Its last log lines ({self.paths.logs / EMULATOR}.log):\n"
                    f"{self.processes.tail(EMULATOR)}"
                )
            time.sleep(0.1)
        return [EMULATOR]


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
