"""A network namespace for every pod, joined by a bridge device, and the API server at its Service's address.

Only for a process that `local.network_namespace.isolated` has put into a network of its own: every change is made there.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from local.control_plane.certificates import SERVICE_IP
from local.control_plane.commands import POD_RANGE

_DEVICE = "pods"
_GATEWAY = "10.244.255.254"  # last address of the last node's range: 256 nodes would have to come first
_PREFIX = POD_RANGE.partition("/")[2]
API_PORT = 443  # TCP, TLS: the `kubernetes` Service


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(
            f"`{' '.join(argv)}`: {done.stderr.strip()}; this must run inside local.network_namespace.isolated()"
        )


def prepare() -> None:
    """Turn the range whose addresses were all ours into a network that pods are plugged into.

    Raises:
        OSError: this network is not ours to change.
    """
    _run("ip", "route", "del", "local", POD_RANGE, "dev", "lo")
    _run("ip", "link", "add", _DEVICE, "type", "bridge")
    _run("ip", "addr", "add", f"{_GATEWAY}/{_PREFIX}", "dev", _DEVICE)
    _run("ip", "link", "set", _DEVICE, "up")
    _run("ip", "addr", "add", f"{SERVICE_IP}/32", "dev", "lo")


@dataclass(slots=True)
class PodNetwork:
    """One pod's namespace: its own loopback, and its own address."""

    keeper: subprocess.Popen[bytes]

    @classmethod
    def make(cls, number: int, address: str) -> PodNetwork:
        """Plug a pod in; `number` tells its cable from others'."""
        keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
        network = cls(keeper)
        try:
            network._wait()
            cable = f"pod{number}"
            _run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", str(keeper.pid))
            _run("ip", "link", "set", cable, "master", _DEVICE, "up")
            inside = (
                f"ip link set lo up && ip addr add {address}/{_PREFIX} dev eth0 && ip link set eth0 up && "
                f"ip route add default via {_GATEWAY}"
            )
            _run(*network.enter, "sh", "-c", inside)
        except BaseException:
            network.close()
            raise
        return network

    @property
    def enter(self) -> list[str]:
        """What runs a command in it, put before that command."""
        return ["nsenter", f"--net=/proc/{self.keeper.pid}/ns/net"]

    def close(self) -> None:
        """Unplug it."""
        self.keeper.kill()
        self.keeper.wait()

    def _wait(self) -> None:
        """`unshare` has become `sleep` when the namespace is there."""
        ours = Path("/proc/self/ns/net").readlink()
        while self.keeper.poll() is None and Path(f"/proc/{self.keeper.pid}/ns/net").readlink() == ours:
            time.sleep(0.005)


class ApiForwarder:
    """Listens at the `kubernetes` Service's address and hands every connection to the API server on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="api-forwarder", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._connect, SERVICE_IP, API_PORT))
        self._loop.run_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()
