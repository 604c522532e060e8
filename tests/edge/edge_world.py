"""Real HAProxies with the program's own configuration text, at loopback addresses, before shards that are doubles.

A world lies in a /24 of 127.0.0.0/8 of its own, so that every part keeps the port that it has in the cluster.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from edge.shard_double import JICOFO, PROSODY, WEB, Shard

from components.ingress import haproxy_cfg
from components.ingress.edge_settings import (
    HTTP_BIND_PORT,
    HTTPS_BIND_PORT,
    PEERS_PORT,
    STATS_PORT,
    Edge,
    Endpoints,
    peer_names,
)
from components.self_signed import FALLBACK_NAME, KeyPair, self_signed
from sizing.edge_shards import EdgeShard

if TYPE_CHECKING:
    from collections.abc import Iterable

SCRIPTS = Path(haproxy_cfg.__file__).parent / "scripts"
BINARY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin") or "haproxy"


def shard(number: int, state: str = "active", weight: int = 100, release: str = "") -> EdgeShard:
    return EdgeShard(name=f"s{number}", slot=number, state=state, weight=weight, release=release)


def edge(shards: Iterable[EdgeShard], **changes: Any) -> Edge:
    values: dict[str, Any] = {
        "namespace": "jitsi",
        "domain": "meet.example.org",
        "shards": tuple(shards),
        "replicas": 2,
        "room_table": 100_000,
        "connections": 20_000,
        "proxy_protocol": False,
        "requests_per_address": 1_000_000,
    }
    return Edge(**{**values, **changes})


class Haproxy:
    """One HAProxy, master and workers, as its pod runs it."""

    def __init__(self, name: str, folder: Path, address: str) -> None:
        self.name, self.folder, self.address = name, folder, address
        self.config = folder / "haproxy.cfg"
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.dark = False

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "POD_NAME": self.name}

    def configure(self, text: str) -> None:
        self.config.write_text(text)

    def start(self) -> None:
        command = [BINARY, "-W", "-db", "-p", self.folder / "master.pid", "-L", self.name, "-f", self.config]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def reload(self) -> None:
        """What the sidecar does with a changed configuration."""
        check = [BINARY, "-c", "-q", "-L", self.name, "-f", self.config]
        subprocess.run(check, env=self.environment, check=True)
        assert self.process
        self.process.send_signal(signal.SIGUSR2)

    def kill(self) -> None:
        """Master and workers at once, with no farewell."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def lose_power(self) -> None:
        """Master and workers stand still: connections stay open, and nothing is answered."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGSTOP)
        self.dark = True

    def return_power(self) -> None:
        """A new HAProxy that knows nothing, after the old one's connections are gone."""
        self.kill()
        (self.folder / "admin.sock").unlink(missing_ok=True)
        self.dark = False
        self.start()

    def admin(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.folder / "admin.sock"))
            connection.sendall(command.encode() + b"\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode()

    @property
    def worker(self) -> str:
        """Process id of the worker that takes connections now."""
        return next(line for line in self.admin("show info").splitlines() if line.startswith("Pid:"))

    def settled(self) -> bool:
        """Whether this HAProxy knows the open rooms."""
        with socket.create_connection((self.address, STATS_PORT), timeout=5) as connection:
            connection.sendall(b"GET /settled HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(100)

    def up(self, backend: str = "signalling") -> set[str]:
        rows = [row.split(",") for row in self.admin("show stat").splitlines()]
        return {row[1] for row in rows if len(row) > 17 and row[0] == backend and row[17].startswith("UP")} - {
            "BACKEND"
        }


Text = Callable[["World", Haproxy], str]
"""The configuration of one HAProxy."""


def unshared(table: str) -> Text:
    """The program's own configuration, in which HAProxies no longer share one table: what a test must notice."""

    def text(world: World, proxy: Haproxy) -> str:
        line = rf"(backend {table}\n    stick-table .*) peers haproxies"
        rendered, found = re.subn(line, r"\1", haproxy_cfg.render(world.edge, world.endpoints(proxy)))
        assert found == 1, f"the table {table} is not shared in the first place"
        return rendered

    return text


class World:
    """`shards` doubles, and HAProxies before them. Use as an async context manager."""

    def __init__(self, edge: Edge, spare: int = 0, text: Text | None = None, settle: bool = True) -> None:
        self.edge = edge
        self.net = f"127.{random.randrange(2, 255)}.{random.randrange(256)}"
        self.root = Path(tempfile.mkdtemp(prefix="edge-", dir="/tmp"))
        self.text = text
        self.settle = settle
        self.coturn = ""
        """Where the TURN relay listens, as host:port."""
        self.issued: KeyPair | None = None
        """The certificate that clients see; without it they see the fallback."""
        slots = [s.slot for s in edge.shards]
        slots += range(max(slots) + 1, max(slots) + 1 + spare)
        self.shards = {f"s{slot}": Shard(f"s{slot}", f"{self.net}.{100 + slot}") for slot in slots}
        self.proxies = [self._proxy(number, name) for number, name in enumerate(peer_names(edge.replicas))]
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE

    def _proxy(self, number: int, name: str) -> Haproxy:
        folder = self.root / str(number)
        folder.mkdir()
        return Haproxy(name, folder, f"{self.net}.{10 + number}")

    def endpoints(self, proxy: Haproxy) -> Endpoints:
        def at(port: int) -> dict[str, str]:
            return {name: f"{double.host}:{port}" for name, double in self.shards.items()}

        return Endpoints(
            prosody=at(PROSODY),
            jicofo=at(JICOFO),
            web=at(WEB),
            peers={other.name: f"{other.address}:{PEERS_PORT}" for other in self.proxies},
            acme_solvers={self.edge.domain: f"{self.net}.9:8089"},
            coturn=self.coturn,
            bind=proxy.address,
            loopback=proxy.address,
            run=str(proxy.folder),
            etc=str(self.root / "etc"),
            tls=str(self.root / "tls"),
        )

    def write(self, proxy: Haproxy) -> None:
        text = self.text(self, proxy) if self.text else haproxy_cfg.render(self.edge, self.endpoints(proxy))
        proxy.configure(text)

    async def change(
        self, edge: Edge | None = None, *, states: dict[str, str] | None = None, only: int | None = None
    ) -> None:
        """Another configuration, or other states of shards, taken over by reload; by all, or by one of them alone."""
        states = states or {}
        if edge is None:
            edge = replace(
                self.edge, shards=tuple(replace(s, state=states.get(s.name, s.state)) for s in self.edge.shards)
            )
        self.edge = edge
        for number, proxy in enumerate(self.proxies):
            if only is None or only == number:
                self.write(proxy)
                before = proxy.worker
                await asyncio.to_thread(proxy.reload)
                await until(lambda proxy=proxy, before=before: proxy.worker != before, "a new worker", 20)
                await self.ready(proxy)

    async def ready(self, proxy: Haproxy) -> None:
        """HAProxies reload one after the other, as their sidecars do: the one teaches the other the open rooms."""
        await until((proxy.folder / "admin.sock").exists, f"HAProxy starts: {proxy.log}", 10)
        if self.settle:
            await until(proxy.settled, "HAProxy knows the open rooms", 12)

    async def __aenter__(self) -> Self:
        shutil.copytree(SCRIPTS, self.root / "etc")
        pair = self_signed("seed-of-the-test", FALLBACK_NAME, {})
        for folder in ("issued", "fallback"):
            (self.root / "tls" / folder).mkdir(parents=True)
        (self.root / "tls" / "fallback" / "tls.crt").write_text(pair.certificate)
        (self.root / "tls" / "fallback" / "tls.key").write_text(pair.key)
        if self.issued:
            (self.root / "tls" / "issued" / "tls.crt").write_text(self.issued.certificate)
            (self.root / "tls" / "issued" / "tls.key").write_text(self.issued.key)
        for name in {s.name for s in self.edge.shards}:
            await self.shards[name].start()
        for proxy in self.proxies:
            self.write(proxy)
            proxy.start()
        try:
            for proxy in self.proxies:
                await self.ready(proxy)
        except AssertionError as error:
            raise AssertionError(self.proxies[0].log.read_text()) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        for proxy in self.proxies:
            if proxy.process:
                proxy.kill()
        for double in self.shards.values():
            double.die()
        await asyncio.sleep(0)
        shutil.rmtree(self.root, ignore_errors=True)

    def split(self) -> set[str]:
        """Rooms that more than one shard has seen."""
        places: dict[str, int] = {}
        for double in self.shards.values():
            for room in double.seen:
                places[room] = places.get(room, 0) + 1
        return {room for room, count in places.items() if count > 1}

    def where(self) -> dict[str, str]:
        """The shard of each room, for rooms that one shard has seen."""
        return {room: name for name, double in self.shards.items() for room in double.seen}

    def forget(self) -> None:
        for double in self.shards.values():
            double.seen.clear()


async def until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not true():
        assert loop.time() < end, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.05)


class Browser:
    """Keeps connections to one HAProxy open and sends requests through them; any number at once."""

    def __init__(self, world: World, proxy: int, tls: bool = True) -> None:
        self.world, self.tls = world, tls
        self.proxy = world.proxies[proxy]
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = HTTPS_BIND_PORT if self.tls else HTTP_BIND_PORT
        return await asyncio.open_connection(self.proxy.address, port, ssl=self.world.tls if self.tls else None)

    async def get(self, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; once more where a kept connection had been closed meanwhile."""
        for last in (False, True):
            kept = bool(self.idle) and not last
            reader, writer = self.idle.pop() if kept else await self.connect()
            try:
                answer = await _exchange(reader, writer, target, headers)
            except (ConnectionError, asyncio.IncompleteReadError):
                writer.close()
                if not kept:
                    raise
                continue
            if answer[1].get("connection") == "close":
                writer.close()
            else:
                self.idle.append((reader, writer))
            return answer
        raise AssertionError

    async def join(self, target: str) -> int:
        """A signalling request that is not a websocket; tries again while the edge answers 503, as clients do."""
        for _ in range(200):
            status, _, _ = await self.get(target)
            if status != 503:
                return status
            await asyncio.sleep(0.25)
        return 503

    async def websocket(self, target: str) -> Websocket:
        reader, writer = await self.connect()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        status, _, _ = await _exchange(reader, writer, target, upgrade)
        if status != 101:
            writer.close()
            raise ConnectionError(f"{status} for {target}")
        return Websocket(reader, writer)

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


class Websocket:
    """An open tunnel; `cut` is true once somebody else closed it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.cut = False
        self.heard = 0
        """Bytes from the other side."""
        self._watch = asyncio.ensure_future(self._until_cut())

    async def _until_cut(self) -> None:
        try:
            while part := await self.reader.read(4096):
                self.heard += len(part)
        except (OSError, asyncio.IncompleteReadError):
            pass
        self.cut = True

    async def end(self) -> None:
        """Returns once the tunnel is cut."""
        await asyncio.shield(self._watch)

    def close(self) -> None:
        self._watch.cancel()
        self.writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    sent = "".join(
        f"{name.replace('_', '-')}: {value}\r\n" for name, value in ({"Host": "meet.example.org"} | headers).items()
    )
    writer.write(f"GET {target} HTTP/1.1\r\n{sent}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    got = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if ": " in line)}
    body = await reader.readexactly(int(got.get("content-length", 0)))
    return int(head[0].split(" ")[1]), got, body
