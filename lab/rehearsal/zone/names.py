"""Name servers with a dynamic record: they ask each address over HTTP, and give out those that answer; and resolvers that keep answers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

CHECK_SECONDS = 10.0
"""Between two checks of an address; Scaleway does not say how often its name servers ask."""
TIMEOUT_SECONDS = 5.0


@dataclass
class NameServers:
    """Serves one record of Scaleway's API."""

    record: dict[str, Any]
    healthy: list[str] = field(default_factory=list)
    changes: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    """When the answer changed, and to which addresses."""

    async def check_forever(self) -> None:
        """Ask all addresses again and again."""
        while True:
            config = self.record["http_service_config"]
            answers = await asyncio.gather(*(self._answers(address) for address in config["ips"]))
            healthy = [address for address, ok in zip(config["ips"], answers, strict=True) if ok]
            if healthy != self.healthy:
                self.healthy = healthy
                self.changes.append((time.time(), tuple(healthy)))
            await asyncio.sleep(CHECK_SECONDS)

    async def _answers(self, address: str) -> bool:
        config = self.record["http_service_config"]
        host, _, path = config["url"].removeprefix("http://").partition("/")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection(address, 80)
                writer.write(f"GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                answer = await reader.read(4096)
                writer.close()
                return config["must_contain"].encode() in answer
        return False

    def answer(self, rng: random.Random) -> list[str]:
        """The healthy addresses in random order; the record's own data if none is."""
        return rng.sample(self.healthy, len(self.healthy)) or [self.record["data"]]


@dataclass
class Resolver:
    """What one person's machine keeps of the answer, for the record's time to live."""

    servers: NameServers
    rng: random.Random
    kept: list[str] = field(default_factory=list)
    until: float = 0.0

    def addresses(self) -> list[str]:
        """The addresses of the name, from the copy while it is valid."""
        if time.time() >= self.until:
            self.kept = self.servers.answer(self.rng)
            self.until = time.time() + self.servers.record["ttl"]
        return self.kept
