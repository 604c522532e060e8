"""Servers that behave towards HAProxy as a shard does: prosody (BOSH, websocket, keep-alive), jicofo's health, web."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

PROSODY, JICOFO, WEB = 5280, 8888, 8000


def room_of(target: str) -> str | None:
    """Tenant and room as prosody would understand them, however they were spelt."""
    query = parse_qs(urlsplit(target).query, keep_blank_values=True)
    before = urlsplit(target).path.split("/")[1:-1]

    def plain(text: str) -> str:
        while (decoded := unquote(text)) != text:
            text = decoded
        return text.lower()

    return f"{plain(query.get('prefix', before or [''])[0])}/{plain(query['room'][0])}" if "room" in query else None


@dataclass
class Request:
    shard: str
    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Shard:
    """One shard; `seen` holds for every room how many signalling requests came for it."""

    name: str
    host: str
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Open websockets by room."""
    requests: list[Request] = field(default_factory=list)
    keep_requests: bool = False
    bridges: int = 2
    """Bridges that jicofo knows."""
    leaving: int = 0
    """Of these, how many leave."""
    delay: float = 0.0
    on_room: Callable[[str, str], None] = lambda *_: None
    _servers: dict[int, asyncio.Server] = field(default_factory=dict)
    _open: dict[int, set[_Connection]] = field(default_factory=lambda: defaultdict(set))
    _held: list[socket.socket] = field(default_factory=list)
    dark: bool = False
    """Whether its nodes have no power."""

    async def start(self, *ports: int) -> None:
        loop = asyncio.get_running_loop()
        for port in ports or (PROSODY, JICOFO, WEB):
            self._servers[port] = await loop.create_server(
                lambda port=port: _Connection(self, port), self.host, port, backlog=1000
            )

    def die(self, *ports: int) -> None:
        """As a killed pod: nothing listens, every connection is reset."""
        for port in ports or tuple(self._servers):
            self._servers.pop(port).close()
            for connection in list(self._open[port]):
                connection.transport.abort()

    def lose_power(self) -> None:
        """Nobody answers or says goodbye: open connections are silent, and new ones never come up."""
        self.dark = True
        self.inside.clear()
        for connection in (each for of_port in self._open.values() for each in of_port):
            connection.room = None  # nobody counts who leaves
        for server in self._servers.values():
            server.close()
        self._held = [one for port in self._servers for one in unanswered(self.host, port)]

    async def return_power(self) -> None:
        """Rooms and connections are forgotten; the nodes boot, and everything listens again."""
        ports = tuple(self._servers)
        self.die()
        for each in self._held:
            each.close()
        await asyncio.sleep(0.1)  # the aborted connections are gone
        self.inside.clear()
        self.dark = False
        await self.start(*ports)


def unanswered(host: str, port: int) -> list[socket.socket]:
    """Sockets that let every further SYN to a port fall, as a dark node does: the queue of the listener is full."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(0)
    held = [listener]
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((host, port))
        held.append(filler)
    return held


class _Connection(asyncio.Protocol):
    def __init__(self, shard: Shard, port: int) -> None:
        self.shard, self.port = shard, port
        self.buffer = b""
        self.room: str | None = None
        self.tunnel = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.shard._open[self.port].add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.shard._open[self.port].discard(self)
        if self.tunnel and self.room is not None:
            self.shard.inside[self.room] -= 1

    def data_received(self, data: bytes) -> None:
        if self.shard.dark:
            return
        if self.tunnel:
            self.transport.write(data)
            return
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = {
                name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if ": " in line)
            }
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.answer(Request(self.shard.name, method, target, headers))

    def answer(self, request: Request) -> None:
        shard = self.shard
        if (shard.keep_requests and "room" in request.target) or request.target.startswith("/page"):
            shard.requests.append(request)
        room = room_of(request.target) if self.port == PROSODY else None
        if room is not None:
            shard.seen[room] += 1
            shard.on_room(shard.name, room)
        if self.port == PROSODY and request.headers.get("upgrade", "").lower() == "websocket":
            self.tunnel, self.room = True, room
            if room is not None:
                shard.inside[room] += 1
            reply = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            reply += b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        else:
            status, body = b"200 OK", shard.name.encode()
            if self.port == JICOFO:
                status, body = (
                    (b"200 OK", b"OK") if shard.bridges > shard.leaving else (b"500 Internal Server Error", b"")
                )
                body = body or f"No operational bridges available (total bridge count: {shard.bridges})".encode()
            reply = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nServer: secret/1\r\nContent-Length: %d\r\n\r\n%s" % (
                status,
                len(body),
                body,
            )
        if shard.delay and room is not None:
            asyncio.get_running_loop().call_later(shard.delay, self.transport.write, reply)
        else:
            self.transport.write(reply)
