"""The embedded stack's ground: a control plane, an emulated Scaleway account and the engine, in one state folder."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from local import files, plugins, ports
from local.control_plane.api import Api
from local.control_plane.plane import STAGES, ControlPlane, StartError, environment, stop
from local.control_plane.seed import seed
from local.engine import Engine
from local.language_host.install import install
from local.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.places import Places
    from local.toolchain.prepare import Toolchain

EMULATOR = "scaleway"
STORAGE = "object-storage"
PROVIDER = "pulumi-resource-scaleway"
EMULATOR_SECONDS = 30.0


@dataclass
class Embedded:
    """Start it, use its engine, stop it; what is in the folder is found again by the next one."""

    places: Places
    toolchain: Toolchain
    controller_arguments: tuple[str, ...] = ()
    """Extra flags of kube-controller-manager."""
    emulator_arguments: tuple[str, ...] = ()
    """Extra flags of the Scaleway emulator (`python -m local.scaleway --help`)."""
    stages: Path | None = None
    """What kwok plays, when it is not `control_plane/stages.yaml`."""
    say: Callable[[str], None] = print
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.places.processes, self.places.logs)

    def start(self) -> list[str]:
        """Bring everything up and return what had to be started; what runs already stays.

        Raises:
            StartError: something did not come up; the message says what and where to look.
        """
        self.places.root.mkdir(parents=True, exist_ok=True)
        with files.locked(self.places.lock, lambda who: self.say(f"{who} works in {self.places.root}; waiting for it")):
            started = self.plane.start()
            with Api(self.places.kubeconfig) as api:
                seed(api, self.toolchain.cert_manager)
            started += self._start_emulator()
            plugins.link(self.places.pulumi_home, self.toolchain.paths, {PROVIDER: self.storage_settings})
            install(self.places, self.toolchain.tools["pulumi"])
        return started

    def stop(self) -> list[str]:
        """End what was started, newest first, and nothing else; return the names."""
        if not self.places.root.exists():
            return []
        with files.locked(self.places.lock, lambda who: self.say(f"{who} works in {self.places.root}; waiting for it")):
            return stop(self.places)

    @property
    def plane(self) -> ControlPlane:
        """The control plane."""
        return ControlPlane(
            self.places, self.toolchain.paths, self.controller_arguments, self.stages or STAGES, self.say
        )

    def api(self) -> Api:
        """A client of the API server, as administrator. Close it, or use it in a `with`."""
        return Api(self.places.kubeconfig)

    @property
    def scaleway_url(self) -> str:
        """Where the emulated Scaleway API listens."""
        return f"http://127.0.0.1:{ports.remembered(self.places.ports)[EMULATOR]}"

    @property
    def storage_settings(self) -> dict[str, str]:
        """What a process runs with for which `https://s3.REGION.scw.cloud` is the emulated Object Storage."""
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{ports.remembered(self.places.ports)[STORAGE]}",
            "SSL_CERT_FILE": str(self.places.storage_authority),
        }

    @property
    def engine(self) -> Engine:
        """The engine, pointed at this control plane and this account."""
        pulumi = install(self.places, self.toolchain.tools["pulumi"])
        return Engine(self.places, pulumi, self.scaleway_url, self.places.kubeconfig, say=self.say)

    def _start_emulator(self) -> list[str]:
        record = self.processes.running().get(EMULATOR)
        both = [EMULATOR, STORAGE]
        assigned = ports.assign(self.places.ports, both, both if record else [])
        port = assigned[EMULATOR]
        argv = (
            sys.executable,
            *("-m", "local.scaleway"),
            *("--port", str(port)),
            *("--state", str(self.places.scaleway)),
            *("--kubeconfig", str(self.places.kubeconfig)),
            *("--port-file", str(self.places.root / "scaleway.port")),
            *("--storage-port", str(assigned[STORAGE])),
            *("--storage-authority", str(self.places.storage_authority)),
            *self.emulator_arguments,
        )
        if record is not None and record.argv == argv:
            return []
        if record is not None:
            self.processes.stop([EMULATOR])
        child = self.processes.start(EMULATOR, argv, environment(self.places))
        deadline = time.monotonic() + EMULATOR_SECONDS
        while not _healthy(f"http://127.0.0.1:{port}/healthz"):
            if child.poll() is not None or time.monotonic() > deadline:
                raise StartError(
                    f"the Scaleway emulator did not come up. Its last words ({self.places.logs / EMULATOR}.log):\n"
                    f"{self.processes.tail(EMULATOR)}"
                )
            time.sleep(0.1)
        return [EMULATOR]


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
