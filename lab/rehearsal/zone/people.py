"""People in rooms: browsers that resolve, connect, ping and come back as Jitsi's web client does."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.browser import NEXT_ADDRESS_SECONDS, RELOAD_SECONDS, ZONES_PING

if TYPE_CHECKING:
    import random

    from lab.rehearsal.zone.names import Resolver

RESUME_SECONDS = ((1.5, 3.0), (3.0, 9.0), (4.5, 27.0))
"""Shortest and longest delay of each try to resume (ResumeTask.ts)."""
CONNECT_SECONDS = 20.0
AGAIN_SECONDS = 1.0


@dataclass
class Person:
    """One browser. Times are seconds since the epoch."""

    room: str
    resolver: Resolver
    rng: random.Random
    tries_next: bool
    """Whether it tries the next address of the name while the first is silent; else it waits for its resolver."""
    countdown: float
    """Factor of the page's countdown; 0 for none."""
    domain: str
    shard: str = ""
    address: str = ""
    noticed: list[tuple[float, str, str]] = field(default_factory=list)
    """When a connection ended, to which shard and through which address."""
    resumed: int = 0
    """Connections that ended and went on with the same shard."""
    moved: list[float] = field(default_factory=list)
    """When signalling was open on another shard."""
    back: list[float] = field(default_factory=list)
    """When it was in a meeting of another shard, after the countdown."""

    async def live(self) -> None:
        """Stay in the room until cancelled."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        reader, writer = await self._in(tls)
        while True:
            await self._stays(reader, writer)
            self.noticed.append((time.time(), self.shard, self.address))
            writer.close()
            reader, writer = await self._resumed(tls, self.shard) or await self._reloaded(tls)

    async def _resumed(
        self, tls: ssl.SSLContext, shard: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Resume on the shard that it was on; None if it is on another one now, or after the last try."""
        for shortest, longest in RESUME_SECONDS:
            await asyncio.sleep(self.rng.uniform(shortest, longest))
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                opened = await self._open(tls)
                if self.shard == shard:
                    self.resumed += 1
                    return opened
                self.moved.append(time.time())
                opened[1].close()
                return None
        return None

    async def _reloaded(self, tls: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await asyncio.sleep(self.countdown * self.rng.uniform(*RELOAD_SECONDS))
        opened = await self._in(tls)
        self.back.append(time.time())
        return opened

    async def _in(self, tls: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                return await self._open(tls)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _open(self, tls: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open the websocket, through one of the name's addresses.

        Raises:
            ConnectionError: the edge answers otherwise.
            OSError, TimeoutError, asyncio.IncompleteReadError: nothing answers.
        """
        addresses = self.resolver.addresses()
        for number, address in enumerate(addresses):
            last = number == len(addresses) - 1 or not self.tries_next
            try:
                async with asyncio.timeout(CONNECT_SECONDS if last else NEXT_ADDRESS_SECONDS):
                    reader, writer = await asyncio.open_connection(address, 443)
            except (OSError, TimeoutError):
                if last:
                    raise
                continue
            async with asyncio.timeout(CONNECT_SECONDS):
                await writer.start_tls(tls, server_hostname=self.domain)
                shard = await self._upgrade(reader, writer)
            self.address, self.shard = address, shard
            return reader, writer
        raise ConnectionError("the name has no address")

    async def _upgrade(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        lines = [
            f"GET /xmpp-websocket?room={self.room} HTTP/1.1",
            f"Host: {self.domain}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        if not head[0].startswith("http/1.1 101"):
            writer.close()
            raise ConnectionError(head[0])
        return next(line.partition(": ")[2] for line in head if line.startswith("x-shard: "))

    async def _stays(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Return when the connection is cut, or when its pings have no answer."""
        await asyncio.sleep(self.rng.uniform(0, ZONES_PING.interval))
        missed = 0
        while missed < ZONES_PING.threshold:
            sent = time.time()
            try:
                writer.write(b"ping")
                async with asyncio.timeout(ZONES_PING.timeout):
                    if not await reader.read(4096):
                        return
                missed = 0
            except TimeoutError:
                missed += 1
            except OSError:
                return
            if missed < ZONES_PING.threshold and await _cut(reader, sent + ZONES_PING.interval - time.time()):
                return


async def _cut(reader: asyncio.StreamReader, seconds: float) -> bool:
    """Whether the connection ends within so many seconds; a late answer to a ping counts as one."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0.01)):
            while True:
                try:
                    if not await reader.read(4096):
                        return True
                except OSError:
                    return True
    return False
