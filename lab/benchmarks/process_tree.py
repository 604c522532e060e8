"""CPU and memory of child processes, by their role. Linux only; elsewhere there are no figures."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTERVAL = 0.05  # seconds between two samples; a process' time after its last sample is not counted
TICK = os.sysconf("SC_CLK_TCK")

ENGINE = ("engine", "language host", "program", "provider kubernetes", "provider scaleway", "secrets and plugins")
"""Roles of processes that end with an operation of the engine."""
CLUSTER = ("API server", "etcd", "controllers", "scheduler", "kwok", "Scaleway emulator")
"""Roles of processes that keep running."""

_BY_NAME = {
    "pulumi-resource-kubernetes": "provider kubernetes",
    "pulumi-resource-scaleway": "provider scaleway",
    "pulumi-language-python": "language host",
    "pulumi": "engine",
    "kube-apiserver": "API server",
    "etcd": "etcd",
    "kube-controller-manager": "controllers",
    "kube-scheduler": "scheduler",
    "kwok": "kwok",
}


def part(arguments: Sequence[str]) -> str:
    """The role of a process by its command line; None if it has none. Pure."""
    if any(argument.endswith("language_host/host.py") for argument in arguments):
        return "language host"
    if any(argument.endswith("pulumi-language-python-exec") for argument in arguments):
        return "program"
    if "scaleway_emulator" in arguments:
        return "Scaleway emulator"
    return _BY_NAME.get(Path(arguments[0]).name, "other") if arguments else "other"


@dataclass(slots=True)
class Usage:
    """The usage of a process so far."""

    part: str
    ticks_before: int
    """CPU seconds at the start of the watch."""
    ticks: int = 0
    peak_kb: int = 0


class Watch:
    """Samples the process tree during a `with` block."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], Usage] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._look(fresh=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look()
        self._ended.set()
        self._thread.join()

    def summary(self) -> dict[str, dict[str, float]]:
        """By role: CPU seconds within the block, and the peak resident memory in MB of the largest process."""
        result: dict[str, dict[str, float]] = {}
        for usage in self._seen.values():
            entry = result.setdefault(usage.part, {"cpu": 0.0, "peakMb": 0.0})
            entry["cpu"] = round(entry["cpu"] + (usage.ticks - usage.ticks_before) / TICK, 2)
            entry["peakMb"] = max(entry["peakMb"], round(usage.peak_kb / 1024, 1))
        return result

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._look()

    def _look(self, fresh: bool = True) -> None:
        for pid, (started, ticks) in _below(os.getpid()).items():
            usage = self._seen.setdefault((pid, started), Usage("other", 0 if fresh else ticks))
            usage.ticks = max(usage.ticks, ticks)
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            if arguments[0]:  # a zombie has none
                usage.part = part(arguments)
            usage.peak_kb = max(usage.peak_kb, peak_kb(status.splitlines()))


def peak_kb(status: Iterable[str]) -> int:
    """VmHWM of /proc/PID/status, in kB; 0 for a process that has ended. Pure."""
    return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def _below(root: int) -> dict[int, tuple[str, int]]:
    """Start time and CPU ticks of every descendant of `root`."""
    parents: dict[int, int] = {}
    stats: dict[int, tuple[str, int]] = {}
    for entry in os.scandir("/proc") if Path("/proc/self/stat").exists() else ():
        if not entry.name.isdigit():
            continue
        try:
            # The command name may contain spaces and parentheses: fields follow the last one (proc(5)).
            fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        stats[int(entry.name)] = (fields[19], int(fields[11]) + int(fields[12]))
    return {pid: stats[pid] for pid in descendants(parents, root)}


def descendants(parents: dict[int, int], root: int) -> set[int]:
    """The descendants of `root`. Pure."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    descendants: set[int] = set()
    ahead = [root]
    while ahead:
        for child in children.get(ahead.pop(), []):
            if child not in descendants:
                descendants.add(child)
                ahead.append(child)
    return descendants
