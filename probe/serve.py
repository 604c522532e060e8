"""Repeats the checks, and serves the results of the last round to Prometheus."""

import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from probe.results import Result, exposition, failed, table


class Served:
    """The last round's series; None before the first round has ended."""

    def __init__(self, check: Callable[[], Sequence[Result]], every: float) -> None:
        self.check, self.every = check, every
        self.text: str | None = None

    def once(self) -> None:
        """One round; failures are logged."""
        results = self.check()
        self.text = exposition(results, time.time())
        if failed(results):
            print(table(failed(results)), flush=True)

    def forever(self) -> None:
        """Start a round every `every` seconds, however long the last one took and however it ended."""
        due = time.monotonic()
        while True:
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 - the next round must start; Prometheus sees the missing timestamp
                print(f"probe: the round failed with {type(error).__name__}: {error}", flush=True)
            due = max(due + self.every, time.monotonic())
            time.sleep(due - time.monotonic())


def server(served: Served, address: tuple[str, int]) -> ThreadingHTTPServer:
    """GET /metrics: the last round, or 503 before it; GET /healthz: 200."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = {"/metrics": served.text, "/healthz": "ok\n"}.get(self.path)
            self.send_response(200 if text is not None else 503 if self.path == "/metrics" else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return ThreadingHTTPServer(address, Answer)


def run(served: Served, port: int) -> None:
    """Check and serve forever."""
    threading.Thread(target=served.forever, daemon=True).start()
    server(served, ("", port)).serve_forever()
