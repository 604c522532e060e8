"""A bridge, as drain.sh sees one: its REST interface, its process in a folder like /proc, and every way to misbehave."""

import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Bridge:
    """States and answers of JVB: RUNNING -> GRACEFUL_SHUTDOWN -> SHUTTING_DOWN -> its process ends.

    `delay`: every answer takes so long; `status`: every answer is that; `flags`: False answers 404 to a shutdown, as an image
    does whose REST is not enabled; `leaves_alone`: what is left when everybody else has gone home; `moves`: whether jicofo
    takes the rest away when the bridge says that it shuts down. `process` is the folder like /proc.
    """

    def __init__(
        self, process, *, people=0, migrate_after=60, moving=1, delay=0.0, status=None, flags=True, moves=True
    ):
        self.process = process
        self.people = people
        self.migrate_after, self.moving = migrate_after, moving
        self.delay, self.status, self.flags, self.moves = delay, status, flags, moves
        self.calls = []
        self.cut = 0
        self.ends = 0
        self.restarts_after_end = False
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self):
        """Paths of the requests that change something, with the shutdown's kind."""
        return [path + (f" {body}" if body else "") for path, body in self.calls]

    def start(self):
        """A fresh process: it knows of nothing."""
        self.draining, self.state = False, "RUNNING"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
                pass

            def _answer(self, code, body=b""):
                time.sleep(outer.delay)
                with suppress(OSError):
                    self.send_response(outer.status or code)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                outer.calls.append((self.path, body))
                if outer.status:
                    return self._answer(outer.status)
                if self.path == "/colibri/drain/enable":
                    outer.draining = True
                elif self.path == "/colibri/shutdown":
                    if not outer.flags:
                        return self._answer(404)
                    outer.shut_down(graceful=json.loads(body)["graceful-shutdown"])
                return self._answer(200)

            def do_GET(self):
                if self.path == "/colibri/drain":
                    return self._answer(200, json.dumps({"drain": outer.draining}).encode())
                assert self.headers.get("Accept"), "JVB answers 500 to a request for metrics without Accept"
                return self._answer(
                    200,
                    f"# TYPE jitsi_jvb_local_endpoints gauge\njitsi_jvb_local_endpoints {float(outer.people)}\n"
                    f"jitsi_jvb_drain_mode {float(outer.draining)}\n".encode(),
                )

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        folder = self.process / "307"
        folder.mkdir(parents=True)
        (folder / "stat").write_text("307 (java) S 1 307 307 0\n")

    def shut_down(self, *, graceful):
        if graceful and self.state == "RUNNING":
            self.state = "GRACEFUL_SHUTDOWN"
            threading.Thread(target=self._graceful, args=(self.server,), daemon=True).start()
        elif not graceful and self.state != "SHUTTING_DOWN":
            self.state = "SHUTTING_DOWN"
            threading.Thread(target=self._moving, args=(self.server,), daemon=True).start()

    def _graceful(self, server):
        until = time.monotonic() + self.migrate_after
        while self.people and time.monotonic() < until and self.server is server:
            time.sleep(0.05)
        if self.server is server:
            self.shut_down(graceful=False)

    def _moving(self, server):
        if self.moves:
            time.sleep(0.3)
            self.people = 0
        time.sleep(max(0, self.moving - 0.3))
        if self.server is server:
            self.end()
            if self.restarts_after_end:
                time.sleep(0.3)
                self.start()

    def end(self):
        """The process ends; whoever is still on it is cut."""
        if self.server is None:
            return
        server, self.server = self.server, None
        self.cut += self.people
        self.people = 0
        self.ends += 1
        (self.process / "307" / "stat").unlink()
        (self.process / "307").rmdir()
        server.shutdown()
        server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.end()


class DeafListener:
    """A port that accepts and never answers."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.socket.close()
