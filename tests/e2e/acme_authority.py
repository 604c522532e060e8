"""Let's Encrypt, played by pebble: its two environments at their real URLs, name servers for both sides, and a rate limit."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from lab.cluster.certificates import Authority, store
from lab.live.names import answer, question

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORLD = ("127.0.0.1", 5353)
"""Where the name server of the ACME servers listens; the cluster has another."""
NEW_ORDER = "/order-plz"  # pebble, wfe/wfe.go
RETRY_AFTER = "86400"
LIMITED = {
    "type": "urn:ietf:params:acme:error:rateLimited",
    "detail": "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s",
    "status": 429,
}
"""The answer to a new order above the limit (RFC 8555, section 6.6)."""


class Place(NamedTuple):
    """Host of a directory's URL, the address that it leads to, and a free port for pebble behind it."""

    host: str
    address: str
    port: int


class Names:
    """A name server (UDP, and TCP for pebble). It answers A queries from `find`, others with no data, unknown names with NXDOMAIN."""

    def __init__(self, address: str, port: int, find: Callable[[str], str | None]) -> None:
        self.find = find
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        names = self

        class Stream(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while length := self.rfile.read(2):
                    said = names._answer(self.rfile.read(int.from_bytes(length)))
                    self.wfile.write(len(said).to_bytes(2) + said)

        streams = socketserver.ThreadingTCPServer((address, port), Stream)
        streams.daemon_threads = True
        for serve in (self._serve, streams.serve_forever):
            threading.Thread(target=serve, name="names", daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, client = self.socket.recvfrom(4096)
            self.socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        name, *_ = question(query)
        address = self.find(name)
        return answer(query, {name: address} if address else {})


class Environment:
    """One environment of Let's Encrypt: pebble behind its directory's URL, with certificates valid for `seconds`."""

    def __init__(self, place: Place, authority: Authority, pebble: Path, folder: Path, *, seconds: int) -> None:
        self.limited = False
        self.orders = 0
        """New orders that were asked for, with those above the limit."""
        folder.mkdir()
        store(folder, "server", *authority.issue(place.host, names=[place.host], addresses=["127.0.0.1"]))
        config = {
            "listenAddress": f"127.0.0.1:{place.port}",
            "certificate": str(folder / "server.crt"),
            "privateKey": str(folder / "server.key"),
            "httpPort": 80,
            "tlsPort": 443,
            "keyAlgorithm": "ecdsa",
            "retryAfter": {"authz": 1, "order": 1},
            "profiles": {"default": {"description": "the only one", "validityPeriod": seconds}},
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        # Without random waits and refusals; every order proves every name.
        values = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [pebble, "-config", folder / "pebble.json", "-dnsserver", f"{WORLD[0]}:{WORLD[1]}"],
                env={**os.environ, **values},
                stdout=log,
                stderr=log,
            )
        self._front(place.address, place.port, folder)

    def _front(self, address: str, port: int, folder: Path) -> None:
        environment, trust = self, ssl.create_default_context(cafile=folder.parent / "authority.crt")

        class Front(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.forward()

            def do_HEAD(self) -> None:
                self.forward()

            def do_POST(self) -> None:
                self.forward()

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                environment.orders += self.path == NEW_ORDER
                if environment.limited and self.path == NEW_ORDER:
                    answer = json.dumps(LIMITED).encode()
                    self.reply(429, {"Content-Type": "application/problem+json", "Retry-After": RETRY_AFTER}, answer)
                    return
                upstream = http.client.HTTPSConnection("127.0.0.1", port, context=trust)
                path = {"/directory": "/dir"}.get(self.path, self.path)
                upstream.request(self.command, path, body or None, dict(self.headers))
                got = upstream.getresponse()
                self.reply(got.status, dict(got.getheaders()), got.read())
                upstream.close()

            def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "date", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                del format, args

        server = http.server.ThreadingHTTPServer((address, 443), Front)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.crt", folder / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, name="front", daemon=True).start()
        self._answers(port)

    def _answers(self, port: int) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return
