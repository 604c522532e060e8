"""Start and stop of the embedded control plane."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab import files, ports
from lab.cluster import certificates, kubeconfig
from lab.cluster.api import Api
from lab.cluster.commands import PORTS, Command, commands
from lab.engine import plugins
from lab.processes import Processes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from lab.paths import Paths

READY_SECONDS = 90.0  # 6 s on two idle cores, several times that on a busy machine
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "lab.cluster.volumes",
    "scaleway_emulator",
)
"""Programs that run on behalf of a state folder."""
HERE = Path(__file__).parent
STAGES = HERE / "stages.yaml"
"""The life cycles of nodes and pods that kwok plays."""


class StartError(Exception):
    """The control plane did not come up; the message names the process, its last log lines and a remedy."""


def stop(paths: Paths) -> list[str]:
    """Stop every process of a state folder, newest first, and return their names."""
    processes = Processes(paths.processes, paths.logs)
    return [*processes.stop(), *processes.stop_strays([*PROGRAMS, *plugins.PROGRAMS])]


def environment(paths: Paths) -> dict[str, str]:
    """The environment of background processes, with this checkout on PYTHONPATH."""
    return {**os.environ, "PYTHONPATH": str(paths.project)}


@dataclass
class ControlPlane:
    """A control plane in a state folder. Callers hold the folder's lock while they start or stop it."""

    paths: Paths
    tools: Mapping[str, Path]
    """Paths of the five executables."""
    controller_arguments: tuple[str, ...] = ()
    """Extra flags of kube-controller-manager, to shorten its periods in tests."""
    stages: Path = STAGES
    say: Callable[[str], None] = print
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.paths.processes, self.paths.logs)

    def start(self) -> list[str]:
        """Start what does not run yet, and return its names.

        It repairs what an earlier run left: a database without a server, a server without its database, stale records,
        processes without a record, ports that others have taken.

        Raises:
            StartError: a process exited or did not become ready.
        """
        if ended := self.processes.stop_strays(PROGRAMS):
            self.say(f"stopped processes of an interrupted start: {', '.join(ended)}")
        plan = self._plan()
        started: dict[str, subprocess.Popen[bytes]] = {}
        for command in plan:
            record = self.processes.running().get(command.name)
            if record is not None and record.argv == command.argv:
                continue
            if record is not None:
                self.processes.stop([command.name])
            started[command.name] = self.processes.start(command.name, command.argv, environment(self.paths))
            if command.name == "kube-apiserver":
                self._wait(started, "the API server", self._api_ready)
        self._wait(started, "the API server", self._api_ready)
        self._wait(started, "the controllers", self._controllers_ready)
        return list(started)

    def _plan(self) -> list[Command]:
        """Write the files that the processes need, and return their command lines."""
        pki = certificates.ensure(self.paths.pki)
        running = self.processes.running()
        in_use = [
            name
            for name in PORTS
            if {"etcd-peer": "etcd", "api": "kube-apiserver"}.get(name, name) in running or f"kube-{name}" in running
        ]
        assigned = ports.assign(self.paths.ports, PORTS, in_use)
        server = f"https://127.0.0.1:{assigned['api']}"
        for who in certificates.USERS:
            target = self.paths.kubeconfig if who == "admin" else self.paths.control_plane / f"{who}.kubeconfig"
            files.write(target, kubeconfig.render(server, pki.ca, pki.token(who)), mode=0o600)
        self.paths.control_plane.mkdir(parents=True, exist_ok=True)
        for file in (self.stages, HERE / "audit-policy.yaml"):
            shutil.copyfile(file, self.paths.control_plane / file.name)
        self.paths.etcd.mkdir(mode=0o700, exist_ok=True)
        return commands(self.paths, self.tools, assigned, pki, self.controller_arguments)

    def _api_ready(self) -> bool:
        with Api(self.paths.kubeconfig, timeout=2.0) as api:
            return api.ready()

    def _controllers_ready(self) -> bool:
        """Whether the default service account exists, which the controller manager creates first."""
        with Api(self.paths.kubeconfig, timeout=5.0) as api:
            accounts = api.items("/api/v1/namespaces/default/serviceaccounts")
            return any(account["metadata"]["name"] == "default" for account in accounts)

    def _wait(self, started: Mapping[str, subprocess.Popen[bytes]], what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            for name, child in started.items():
                if child.poll() is not None:
                    raise StartError(
                        f"{name} exited with status {child.returncode} while starting. Its last log lines "
                        f"({self.paths.logs / name}.log):\n{self.processes.tail(name)}"
                    )
            if time.monotonic() > deadline:
                raise StartError(
                    f"{what} did not become ready within {READY_SECONDS:.0f} s; see {self.paths.logs}, then "
                    f"run `make down` and `make up` again, or `make clean-local` to start with an empty cluster"
                )
            time.sleep(0.1)
