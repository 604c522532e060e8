"""Starting, recognising and ending the embedded control plane."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local import files, plugins, ports
from local.control_plane import certificates, kubeconfig
from local.control_plane.api import Api
from local.control_plane.commands import PORTS, Command, commands
from local.processes import Processes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from local.places import Places

READY_SECONDS = 90.0  # 6 s on two idle cores; a machine that compiles at the same time needs several times that
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "local.control_plane.volumes",
    "local.scaleway",
)
"""What may run on behalf of a state folder."""
HERE = Path(__file__).parent
STAGES = HERE / "stages.yaml"
"""What kwok plays in a kubelet's place."""


class StartError(Exception):
    """The control plane did not come up; the message names the process, what it said and what to do."""


def stop(places: Places) -> list[str]:
    """End every process of a state folder, newest first, and return their names."""
    processes = Processes(places.processes, places.logs)
    return [*processes.stop(), *processes.stop_strays([*PROGRAMS, *plugins.PROGRAMS])]


def environment(places: Places) -> dict[str, str]:
    """What background processes run with: ours find their modules in the checkout, whatever folder they start in."""
    return {**os.environ, "PYTHONPATH": str(places.project)}


@dataclass
class ControlPlane:
    """One control plane in one state folder. Callers hold the folder's lock while they start or stop it."""

    places: Places
    tools: Mapping[str, Path]
    """Paths of the five executables."""
    controller_arguments: tuple[str, ...] = ()
    """Extra flags of kube-controller-manager, for tests that cannot wait for its periods."""
    stages: Path = STAGES
    say: Callable[[str], None] = print
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.processes = Processes(self.places.processes, self.places.logs)

    def start(self) -> list[str]:
        """Bring it up and return what had to be started: nothing when all of it ran already.

        Whatever an earlier run left (a database without a server, a server without its database, records of processes
        that are gone, processes without a record, a port that someone else took meanwhile) is put right on the way.

        Raises:
            StartError: a process ended at once or did not become ready.
        """
        if ended := self.processes.stop_strays(PROGRAMS):
            self.say(f"ended what an interrupted start had left: {', '.join(ended)}")
        plan = self._plan()
        started: dict[str, subprocess.Popen[bytes]] = {}
        for command in plan:
            record = self.processes.running().get(command.name)
            if record is not None and record.argv == command.argv:
                continue
            if record is not None:
                self.processes.stop([command.name])
            started[command.name] = self.processes.start(command.name, command.argv, environment(self.places))
            if command.name == "kube-apiserver":
                self._wait(started, "the API server", self._api_ready)
        self._wait(started, "the API server", self._api_ready)
        self._wait(started, "the controllers", self._controllers_ready)
        return list(started)

    def _plan(self) -> list[Command]:
        """The command lines, with every file that they name in place."""
        pki = certificates.ensure(self.places.pki)
        running = self.processes.running()
        in_use = [
            name
            for name in PORTS
            if {"etcd-peer": "etcd", "api": "kube-apiserver"}.get(name, name) in running or f"kube-{name}" in running
        ]
        assigned = ports.assign(self.places.ports, PORTS, in_use)
        server = f"https://127.0.0.1:{assigned['api']}"
        for who in certificates.USERS:
            target = self.places.kubeconfig if who == "admin" else self.places.control_plane / f"{who}.kubeconfig"
            files.write(target, kubeconfig.render(server, pki.ca, pki.token(who)), mode=0o600)
        self.places.control_plane.mkdir(parents=True, exist_ok=True)
        for file in (self.stages, HERE / "audit-policy.yaml"):
            shutil.copyfile(file, self.places.control_plane / file.name)
        self.places.etcd.mkdir(mode=0o700, exist_ok=True)
        return commands(self.places, self.tools, assigned, pki, self.controller_arguments)

    def _api_ready(self) -> bool:
        with Api(self.places.kubeconfig, timeout=2.0) as api:
            return api.ready()

    def _controllers_ready(self) -> bool:
        """The controller manager has made what it makes first in any cluster."""
        with Api(self.places.kubeconfig, timeout=5.0) as api:
            accounts = api.items("/api/v1/namespaces/default/serviceaccounts")
            return any(account["metadata"]["name"] == "default" for account in accounts)

    def _wait(self, started: Mapping[str, subprocess.Popen[bytes]], what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            for name, child in started.items():
                if child.poll() is not None:
                    raise StartError(
                        f"{name} ended with status {child.returncode} while starting. Its last words "
                        f"({self.places.logs / name}.log):\n{self.processes.tail(name)}"
                    )
            if time.monotonic() > deadline:
                raise StartError(
                    f"{what} did not become ready within {READY_SECONDS:.0f} s; see {self.places.logs}, then "
                    f"`make down` and `make up` again, or `make clean-local` to begin with an empty cluster"
                )
            time.sleep(0.1)
