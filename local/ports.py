"""Free loopback ports, remembered between runs."""

from __future__ import annotations

import json
import random
import socket
from typing import TYPE_CHECKING

from local import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CANDIDATES = range(20000, 29000)
"""Below the ephemeral range (32768 on Linux, 49152 elsewhere) and below NodePorts (30000): nobody is handed one by chance."""


def free(port: int) -> bool:
    """Whether a server could listen on TCP `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do: a connection of the last run that is still in TIME_WAIT does not keep a port from its server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered(path: Path) -> dict[str, int]:
    """The ports of the last run; nothing when the file is missing or damaged."""
    return {name: port for name, port in files.read_json(path).items() if isinstance(port, int) and 0 < port < 65536}


def assign(path: Path, names: Sequence[str], in_use: Sequence[str] = ()) -> dict[str, int]:
    """A port for every name, and remember them in `path`.

    A remembered port is kept when it is free, or when its name is in `in_use`: our own process listens there. Anything
    else gets a random free candidate, so that two stacks that start at once rarely ask for the same one.
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
        f"no free TCP port on 127.0.0.1 between {CANDIDATES.start} and {CANDIDATES.stop - 1}; end what listens there"
    )
