"""Network namespaces of nodes and pods, and the links between them; the API server at its Service's address.

The main namespace, where the people are, routes to nodes, and nodes to their pods. The process must run in a namespace of
`lab.network_namespace.isolated`, which it reconfigures.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cluster.certificates import SERVICE_IP
from lab.cluster.commands import POD_RANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUTER = "198.18.0.1"  # RFC 2544, never routed; an endpoint may not have a link-local address
"""Address of the main namespace for nodes."""
PEOPLE = "198.18.0.2"
"""Address of the participants, in the main namespace."""
NODE_GATEWAY = "169.254.1.1"
"""Address of every node for its pods."""
API_PORT = 443  # TCP, TLS: the `kubernetes` Service
FORWARD = "echo 1 > /proc/sys/net/ipv4/ip_forward"
_numbers = itertools.count(1)


def run(*argv: str) -> None:
    """Run a command.

    Raises:
        OSError: it failed; the message has its words.
    """
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(
            f"`{' '.join(argv)}`: {done.stderr.strip()}; this must run inside lab.network_namespace.isolated()"
        )


def prepare() -> None:
    """Replace the local route of the pod range by a router for nodes.

    Raises:
        OSError: the process may not change this network.
    """
    run("ip", "route", "del", "local", POD_RANGE, "dev", "lo")
    for address in (ROUTER, PEOPLE, SERVICE_IP):
        run("ip", "addr", "add", f"{address}/32", "dev", "lo")
    run("sh", "-c", FORWARD)


@dataclass(slots=True)
class Namespace:
    """A network namespace, kept by a process."""

    keeper: subprocess.Popen[bytes]

    @classmethod
    def create(cls) -> Namespace:
        """Create a namespace with loopback."""
        keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
        namespace = cls(keeper)
        own = Path("/proc/self/ns/net").readlink()
        while keeper.poll() is None and namespace.file.readlink() == own:  # `unshare` has not created it yet
            time.sleep(0.005)
        run(*namespace.enter, "ip", "link", "set", "lo", "up")
        return namespace

    @property
    def file(self) -> Path:
        """The namespace's file, for `setns`."""
        return Path(f"/proc/{self.keeper.pid}/ns/net")

    @property
    def enter(self) -> list[str]:
        """Prefix of a command line that runs it in the namespace."""
        return ["nsenter", f"--net={self.file}"]

    def link(self, addresses: Sequence[str], gateway: str, outer: Sequence[str] = ()) -> None:
        """Connect it with the namespace that `outer` enters, by default the main one, whose address is `gateway`."""
        veth = f"link{next(_numbers)}"
        peer = ["type", "veth", "peer", "name", "eth0", "netns", str(self.keeper.pid)]
        run(*outer, "ip", "link", "add", veth, *peer)
        run(*outer, "ip", "link", "set", veth, "up")
        steps = [f"ip addr add {address}/32 dev eth0" for address in addresses]
        steps += ["ip link set eth0 up", f"ip route add default via {gateway} dev eth0 onlink"]
        run(*self.enter, "sh", "-ec", "\n".join(steps))
        for address in addresses:
            run(*outer, "ip", "route", "replace", f"{address}/32", "dev", veth, "src", gateway)

    def close(self) -> None:
        """Remove the namespace with its links."""
        self.keeper.kill()
        self.keeper.wait()


class ApiForwarder:
    """Forwards port 443 of the main namespace's router, and of the `kubernetes` Service, to the API server on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="api-forwarder", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._connect, [ROUTER, SERVICE_IP], API_PORT))
        self._loop.run_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(forward(reader, to_server), forward(from_server, writer))

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)


async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until the end of one side, then close the other."""
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()
