"""The private REST API of simulated bridges, on port 8080 (TCP in) of their pods."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.colibri import RefusedError

if TYPE_CHECKING:
    import socket

HANG_SECONDS = 60.0
CONFERENCES = "/colibri/v2/conferences"


class Rest(ThreadingHTTPServer):
    """The server of one run of a bridge, on a socket opened in its pod."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, bridge: SimulatedBridge, lock: threading.RLock) -> None:
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = "bridge", 8080
        self.bridge = bridge
        self.lock = lock
        threading.Thread(target=self.serve_forever, args=(0.25,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore callers that disconnect."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Rest  # pyrefly: ignore[bad-override-mutable-attribute]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bridge = self.server.bridge
        if bridge.trouble == "hang":
            time.sleep(HANG_SECONDS)
            self.close_connection = True
            return
        if bridge.trouble == "500":
            self._answer(500, "trouble")
            return
        with self.server.lock:
            status, text, kind = self._decide(bridge, body)
        self._answer(status, text, kind)

    def _decide(self, bridge: SimulatedBridge, body: bytes) -> tuple[int, str, str]:
        request = (self.command, self.path.partition("?")[0])
        plain, as_json = "text/plain; version=0.0.4", "application/json"
        if request == ("GET", "/about/health"):
            return (200 if bridge.healthy else 500), "", plain
        if not bridge.healthy:
            return 503, "", plain
        if request == ("GET", "/metrics"):
            if not self.headers.get("Accept"):
                return 500, "", plain  # Prometheus.java: a NullPointerException without the header
            if self.headers["Accept"].startswith(as_json):  # MetricsContainer.kt: what is named first decides
                return 200, json.dumps(bridge.statistics()), as_json
            return 200, bridge.exposition(), plain
        if request == ("GET", "/colibri/stats"):
            return 200, json.dumps(bridge.statistics()), as_json
        if request == ("GET", "/colibri/drain"):
            return 200, json.dumps({"drain": bridge.drain}), as_json
        if request in (("POST", "/colibri/drain/enable"), ("POST", "/colibri/drain/disable")):
            bridge.drain = request[1].endswith("enable")
            return 200, "", plain
        if request[1].startswith(CONFERENCES) and self.command != "GET":
            return (*self._conference(bridge, request[1].removeprefix(CONFERENCES).strip("/"), body), as_json)
        if request == ("POST", "/colibri/shutdown"):
            try:
                graceful = json.loads(body)["graceful-shutdown"]
            except (json.JSONDecodeError, KeyError, TypeError):
                return 400, "", plain
            if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
                return 415, "", plain
            bridge.shut_down(graceful=str(graceful).lower() == "true")
            return 200, "", plain
        return 404, "", plain

    def _conference(self, bridge: SimulatedBridge, meeting: str, body: bytes) -> tuple[int, str]:
        if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return 415, ""
        if (self.command == "POST") == bool(meeting):
            return 405, ""
        try:
            request = json.loads(body)
            if meeting:
                return 200, json.dumps(bridge.held.patch(meeting, request))
            return 200, json.dumps(bridge.held.create(request, leaving=bridge.state is not State.RUNNING))
        except json.JSONDecodeError as error:
            return 400, str(error)
        except RefusedError as error:
            return error.status, str(error)

    def _answer(self, status: int, text: str, kind: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""
