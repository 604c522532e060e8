"""A shard's prosody, jicofo or web as the edge sees it: `shard_process.py PORT...`, in a container, with Python's own modules only.

It answers checks and pages, opens websockets and answers pings there, and tells the rehearsal of each request for a room.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from urllib.parse import parse_qs, urlsplit

SOCKET = "/rehearsal/shards"
"""Datagram socket of the rehearsal."""
_told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def _tell(shard: str, room: str) -> None:
    try:
        _told.sendto(json.dumps([time.time(), shard, room]).encode(), SOCKET)
    except OSError:
        return  # the rehearsal ends


async def _answer(shard: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        await reader.readexactly(int(headers.get("content-length", 0)))
        if room := parse_qs(urlsplit(target).query).get("room", [""])[0]:
            _tell(shard, room)
        if headers.get("upgrade") == "websocket":
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Shard: " + shard.encode() + b"\r\n\r\n"
            )
            while part := await reader.read(4096):
                writer.write(part)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nOK")


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    shard = os.environ["HOSTNAME"].split("-")[1]
    try:
        await _answer(shard, reader, writer)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()


async def _serve(ports: list[int]) -> None:
    servers = [await asyncio.start_server(_connection, "0.0.0.0", port, backlog=1000) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_serve([int(port) for port in sys.argv[1:]]))
