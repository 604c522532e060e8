"""What a bridge's process uses: CPU and memory from /proc and its JVM, packets from its own metrics."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from lab.live.jvm import heap_used_mib, jcmd
from probe.call.kubectl import Used, parsed
from sizing.parts import JVB

if TYPE_CHECKING:
    from lab.live.world import World

PRIVATE_PORT = JVB.port("rest")
SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(stat: str) -> float:
    """User and system time in the text of /proc/PID/stat, whose second field may hold blanks and brackets."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(status: str) -> float:
    """Resident memory in the text of /proc/PID/status."""
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return round(int(line.split()[1]) / 1024, 1)


def descendants(pid: int) -> list[int]:
    """A process and all that it has started, directly or not."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            waiting += map(int, task.read_text().split())
    return found


def metrics(address: str, port: int) -> str:
    """The metrics of a bridge or a jicofo, by its pod's address and the TCP port of its private HTTP interface."""
    answer = httpx.get(f"http://{address}:{port}/metrics", headers={"Accept": "text/plain"}, timeout=SECONDS)
    return answer.raise_for_status().text


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a bridge, in MiB."""

    resident: float
    live_heap: float
    """Of the heap after a full collection."""


@dataclass(frozen=True, slots=True)
class BridgeProcess:
    """The Java process of a bridge's pod."""

    pid: int
    address: str
    """The pod's."""

    @classmethod
    def of(cls, world: World, pod: str) -> BridgeProcess:
        """The process of a pod of `jvb`."""
        worker = world.worker(pod)
        container = worker.container("jvb")
        init = container.init_pid() if container else None
        if init is None:
            raise ProcessLookupError(f"{pod} does not run")
        java = next(pid for pid in descendants(init) if Path(f"/proc/{pid}/comm").read_text().strip() == "java")
        return cls(java, worker.pod["status"]["podIP"])

    def used(self) -> Used:
        """Its counters now."""
        told = metrics(self.address, PRIVATE_PORT)
        cpu = cpu_seconds(Path(f"/proc/{self.pid}/stat").read_text())
        return parsed(f"usage_usec {cpu * 1e6:.0f}\nuptime {time.monotonic()}\n{told}")

    def memory(self) -> Memory:
        """Its memory, after a full collection."""
        jcmd(self.pid, "GC.run")
        live = heap_used_mib(jcmd(self.pid, "GC.heap_info"))
        return Memory(resident_mib(Path(f"/proc/{self.pid}/status").read_text()), live)
