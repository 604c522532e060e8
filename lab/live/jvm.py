"""Asks a running JVM as `jcmd` does, over the socket that HotSpot opens for tools, without a JDK on the machine."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from pathlib import Path

PROC = Path("/proc")
ATTACH_SECONDS = 20.0
PROTOCOL = b"1"
"""Of HotSpot's attach listener since JDK 6; four more strings follow: a command and three arguments, each ended by a zero."""


def request(command: str) -> bytes:
    """The bytes that ask for a command of `jcmd`."""
    return b"".join(part + b"\0" for part in (PROTOCOL, b"jcmd", command.encode(), b"", b""))


def heap_used_mib(answer: str) -> float:
    """Used heap in the answer to `GC.heap_info`.

    Raises:
        ValueError: the answer has no used heap.
    """
    if (found := re.search(r"\bused (\d+)K", answer)) is None:
        raise ValueError(f"no used heap in {answer!r}")
    return round(int(found[1]) / 1024, 1)


def inner_pid(status: str) -> int:
    """The pid in the innermost namespace, of the text of /proc/PID/status."""
    line = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return int(line.split()[-1])


def jcmd(pid: int, command: str) -> str:
    """The answer of the JVM with this pid; only root may ask one of another user.

    Raises:
        TimeoutError: the JVM opens no socket.
        RuntimeError: it refuses the command.
    """
    inner = inner_pid((PROC / str(pid) / "status").read_text())
    folder = PROC / str(pid) / "root" / "tmp"
    door = folder / f".java_pid{inner}"
    if not door.exists():
        wish = folder / f".attach_pid{inner}"
        wish.touch()
        os.kill(pid, signal.SIGQUIT)  # only with the file beside it; alone, it prints threads
        deadline = time.monotonic() + ATTACH_SECONDS
        while not door.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the JVM {pid} opens no socket for tools within {ATTACH_SECONDS:.0f} s")
            time.sleep(0.1)
        wish.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(ATTACH_SECONDS)
        asked.connect(str(door))
        asked.sendall(request(command))
        answer = b""
        while part := asked.recv(65536):
            answer += part
    status, _, text = answer.decode().partition("\n")
    if status != "0":
        raise RuntimeError(f"jcmd {command}: {status} {text.strip()}")
    return text
