"""Replaces the images of web, prosody and jicofo in a container: `shard_process.py COMPONENT` behaves as they do towards the edge.

Prosody echoes websockets and counts those of each room. Jicofo asks it for them, and knows two bridges, which it counts every 30 s;
of a release whose tag ends in `-alone` it knows none, as when bridges cannot log in.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit

PORTS = {"web": 8000, "prosody": 5280, "jicofo": 8888}
BRIDGES = 0 if os.environ.get("REHEARSAL_IMAGE", "").endswith("-alone") else 2
SHARD = os.environ.get("HOSTNAME", "-").split("-")[1]
UPDATE_SECONDS = 30
COUNTED = {"bridge_selector_bridge_count_operational": 0, "participants_current": 0}
ROOMS: Counter[str] = Counter()
LOCK = Lock()
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Answers(BaseHTTPRequestHandler):
    """What all components have in common: an answer to every request."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, text: str) -> None:
        """Send status and text."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Shard", SHARD)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer."""
        self.answer(200, SHARD)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


class Prosody(Answers):
    """BOSH, websockets that echo, and the rooms of the open ones."""

    def do_GET(self) -> None:
        """Answer, or open a websocket."""
        room = parse_qs(urlsplit(self.path).query).get("room", [""])[0]
        if self.path == "/rooms":
            with LOCK:
                open_rooms = +ROOMS
            self.answer(200, f"{len(open_rooms)} {sum(open_rooms.values())}")
        elif self.headers.get("Upgrade", "").lower() == "websocket":
            self._tunnel(room)
        else:
            self.answer(200, SHARD)

    def _tunnel(self, room: str) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode() + GUID
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("X-Shard", SHARD)
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key).digest()).decode())  # noqa: S324
        self.end_headers()
        self.close_connection = True
        with LOCK:
            ROOMS[room] += 1
        try:
            while data := self.connection.recv(4096):
                self.connection.sendall(data)
        except OSError:
            pass
        finally:
            with LOCK:
                ROOMS[room] -= 1


class Jicofo(Answers):
    """Version, health and metrics."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/about/health" and not BRIDGES:
            self.answer(500, "No operational bridges available (total bridge count: 0)")
        elif self.path == "/metrics":
            figures = {**COUNTED, "conferences": _rooms()[0]}
            # MetricsContainer.kt: what is named first decides.
            if self.headers.get("Accept", "").startswith("application/json"):
                self.answer(200, json.dumps(figures))
            else:
                self.answer(200, "".join(f"jitsi_jicofo_{name} {value}.0\n" for name, value in figures.items()))
        else:
            self.answer(200, "OK")


def _count() -> None:
    """Update what jicofo counts now and then only (`jicofo.metrics.update-interval`); the first time, no bridge has joined yet."""
    while True:
        time.sleep(UPDATE_SECONDS)
        with suppress(OSError):
            COUNTED["participants_current"] = _rooms()[1]
        COUNTED["bridge_selector_bridge_count_operational"] = BRIDGES


def _rooms() -> tuple[int, int]:
    connection = http.client.HTTPConnection(os.environ["XMPP_SERVER"], PORTS["prosody"], timeout=5)
    connection.request("GET", "/rooms")
    rooms, people = connection.getresponse().read().decode().split()
    return int(rooms), int(people)


def _listen(port: int) -> None:
    """Open a port, as the liveness probe of prosody expects of its port for XMPP clients."""
    server = ThreadingHTTPServer(("0.0.0.0", port), Answers)
    Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1] == "prosody":
        _listen(5222)
    if sys.argv[1] == "jicofo":
        Thread(target=_count, daemon=True).start()
    handler = {"web": Answers, "prosody": Prosody, "jicofo": Jicofo}[sys.argv[1]]
    ThreadingHTTPServer(("0.0.0.0", PORTS[sys.argv[1]]), handler).serve_forever()
