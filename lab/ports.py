"""Free loopback ports, kept across runs."""

from __future__ import annotations

import json
import random
import socket
from typing import TYPE_CHECKING

from lab import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CANDIDATES = range(20000, 29000)
"""Below the ephemeral range (32768 on Linux, 49152 elsewhere) and below NodePorts (30000): none is assigned by chance."""


def free(port: int) -> bool:
    """Whether TCP `port` of 127.0.0.1 is free."""
    with socket.socket() as probe:
        # As servers do, so that connections in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered(path: Path) -> dict[str, int]:
    """The ports of the last run; empty if the file is missing or damaged."""
    return {name: port for name, port in files.read_json(path).items() if isinstance(port, int) and 0 < port < 65536}


def assign(path: Path, names: Sequence[str], in_use: Sequence[str] = ()) -> dict[str, int]:
    """Assign a port to every name and store them in `path`.

    A stored port is kept if it is free, or if its name is in `in_use` (our own process listens there). Other names get a
    random free port, so that stacks that start at the same time rarely collide.
    """
    before = remembered(path)
    chosen: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        if port is None or port in chosen.values() or not (name in in_use or free(port)):
            port = _another({*chosen.values(), *before.values()})
        chosen[name] = port
    if not chosen.items() <= before.items():
        files.write(path, json.dumps({**before, **chosen}, indent=2) + "\n")
    return chosen


def _another(taken: set[int]) -> int:
    for port in random.sample(CANDIDATES, len(CANDIDATES)):
        if port not in taken and free(port):
            return port
    raise OSError(
        f"no free TCP port on 127.0.0.1 between {CANDIDATES.start} and {CANDIDATES.stop - 1}; stop what listens there"
    )
