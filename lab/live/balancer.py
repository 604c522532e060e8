"""A balancer in front of the edge: it opens a connection for each client and tells the client's address by PROXY protocol v2.

`python -m lab.live.balancer ADDRESS PORT FILE`: listens on ADDRESS:PORT; FILE has the addresses (host:port) behind it, one a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys
from pathlib import Path

from lab.rehearsal.pod_network import forward

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CONNECT_SECONDS = 5.0


def proxy_header(client: tuple[str, int], server: tuple[str, int]) -> bytes:
    """The header of version 2 for TCP over IPv4."""
    addresses = socket.inet_aton(client[0]) + socket.inet_aton(server[0]) + struct.pack("!HH", client[1], server[1])
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(addresses)) + addresses


async def _connected(file: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    behind = (await asyncio.to_thread(file.read_text)).split()
    for each in random.sample(behind, len(behind)):
        host, _, port = each.rpartition(":")
        with contextlib.suppress(OSError, TimeoutError):
            return await asyncio.wait_for(asyncio.open_connection(host, int(port)), CONNECT_SECONDS)
    return None


async def serve(address: str, port: int, file: Path) -> None:
    """Balance until the process is stopped."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = await _connected(file)
        if opened is None:
            writer.close()
            return
        from_server, to_server = opened
        to_server.write(proxy_header(writer.get_extra_info("peername")[:2], writer.get_extra_info("sockname")[:2]))
        await asyncio.gather(forward(reader, to_server), forward(from_server, writer))

    server = await asyncio.start_server(client, address, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
