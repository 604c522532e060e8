"""A recorder's volume, a Jibri that says what it is told, a real S3 server, and a line to it that can be bad."""

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "components/recording/scripts"
BUCKET = "recordings-of-school"
ACCESS, SECRET = "SCWRECORDERTEST00000", "not-a-real-secret"


class Line:
    """TCP from a port of its own to the server's. `mode`: open, down, busy (503), slow, cut (in mid-upload), garbled (answers)."""

    def __init__(self):
        self.mode = "open"
        self.target = None
        self.carried = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client:
            if self.mode == "down":
                return
            if self.mode == "busy":
                client.recv(65536)
                client.sendall(
                    b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nRetry-After: 0\r\nConnection: close\r\n\r\n"
                )
                return
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                back = threading.Thread(target=self._pump, args=(server, client, False), daemon=True)
                back.start()
                self._pump(client, server, True)
                back.join()

    def _pump(self, source, to, upwards):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if self.mode == "down":
                    break
                if upwards:
                    self.carried += len(chunk)
                    if self.mode == "slow":
                        time.sleep(0.05)
                    if self.mode == "cut" and self.carried > 3_000_000:
                        break
                elif self.mode == "garbled" and len(chunk) > 30000:
                    chunk = chunk[:20000] + bytes([chunk[20000] ^ 1]) + chunk[20001:]
                to.sendall(chunk)
        for end in (source, to):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Server:
    """versitygw over a folder."""

    def __init__(self, program, folder, line):
        self.program, self.folder, self.line = program, Path(folder), line
        (self.folder / "buckets").mkdir(parents=True, exist_ok=True)
        (self.folder / "metadata").mkdir(exist_ok=True)
        self.process = None

    @property
    def objects(self):
        bucket = self.folder / "buckets" / BUCKET
        return {
            str(path.relative_to(bucket)): path.read_bytes()
            for path in bucket.rglob("*")
            if path.is_file() and not path.relative_to(bucket).parts[0].startswith(".")
        }

    def start(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [
                self.program,
                "--port",
                f"127.0.0.1:{port}",
                "--quiet",
                "--health",
                "/healthy",
                "posix",
                "--sidecar",
                str(self.folder / "metadata"),
                str(self.folder / "buckets"),
            ],
            env={**os.environ, "ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: _answers(f"http://127.0.0.1:{port}/healthy"), "the S3 server answers")
        self.line.target = port

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def _answers(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=1).status == 200
    return False


class Jibri:
    """Jibri's two APIs on one port; `status` is busyStatus, none: it does not answer."""

    def __init__(self):
        self.status: str | None = "IDLE"
        self.healthy = "HEALTHY"
        self.posts = []
        jibri = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if jibri.status is None:
                    self.send_error(503)
                    return
                body = (
                    f'{{"status": {{"busyStatus": "{jibri.status}", "health": '
                    f'{{"healthStatus": "{jibri.healthy}", "details": {{}}}}}}}}'
                ).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                jibri.posts.append(self.path)
                if jibri.status == "IDLE":
                    jibri.status = None
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format, *args):  # noqa: A002 - the base's own name
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Recorder:
    """The volume of one recorder, and its scripts run on it."""

    def __init__(self, folder, line, jibri, secret=SECRET):
        self.folder, self.line, self.jibri, self.secret = Path(folder), line, jibri, secret
        self.recordings = self.folder / "recordings"
        self.recordings.mkdir(parents=True, exist_ok=True)
        self.log = self.folder.parent / f"{self.folder.name}.log"
        self.process = None

    def record(self, session, size=3_000_000, *, finished=True):
        folder = self.recordings / session
        folder.mkdir()
        made = {f"class_{session}.mp4": os.urandom(size), "metadata.json": b'{"meeting_url":"https://meet/x"}'}
        for name, content in made.items():
            (folder / name).write_bytes(content)
        if finished:
            subprocess.run(["/bin/sh", SCRIPTS / "finalize.sh", folder], check=True)
        return {f"{session}/{name}": content for name, content in made.items()}

    def environment(self, **more):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent),
            "RCLONE_CONFIG": str(self.folder.parent / "rclone.conf"),
            "RCLONE_CONFIG_STORE_TYPE": "s3",
            "RCLONE_CONFIG_STORE_PROVIDER": "Other",
            "RCLONE_CONFIG_STORE_ENDPOINT": f"http://127.0.0.1:{self.line.port}",
            "RCLONE_CONFIG_STORE_REGION": "us-east-1",
            "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": ACCESS,
            "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": self.secret,
            "BUCKET": BUCKET,
            "RECORDINGS": str(self.recordings),
            "COUNTS": str(self.folder / "uploads"),
            "STORAGE": str(self.folder),
            "JIBRI": self.jibri.address,
            "JIBRI_INTERNAL": self.jibri.address,
            "BEAT": "0.2",
            "SETTLE": "1",
            "FIRST": "1",
            "LAST": "1",
            "HURRY": "1",
            "TIMEOUT": "5s",
            **more,
        }

    def start(self, **more):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", SCRIPTS / "upload.sh"],
                env=self.environment(**more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self):
        """As a node that dies: the script and what it runs at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def count(self, what):
        path = self.folder / "uploads" / what
        return int(path.read_text()) if path.exists() else 0

    @property
    def kept(self):
        return {str(p.relative_to(self.recordings)): p.read_bytes() for p in self.recordings.rglob("*.mp4")}


def until(true, what, seconds=30.0):
    """Wait for it; the assertion says what did not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")
