"""A site that serves a page, settings and a stand-in for the client library over HTTPS, and passes messages between its pages."""

import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from components.self_signed import self_signed

DOMAIN = "meet.example.org"
LIBRARY = (Path(__file__).parent / "stand_in.js").read_text()


class Site:
    """Use as a context manager. `fault` is a sentence that the stand-in knows; `login` a token that it wants, or the password of anna."""

    def __init__(self, folder, *, fault="", login="", library=LIBRARY, servers=(), guests=False):
        self.settings = {
            "hosts": {
                "domain": "meet.jitsi",
                "muc": "muc.meet.jitsi",
                **({"anonymousdomain": "guest.meet.jitsi"} if guests else {}),
            },
            "websocket": f"wss://{DOMAIN}/xmpp-websocket",
            "fault": fault,
            "login": login,
            "servers": list(servers),
        }
        self.library = library
        self.rooms = {}
        """Room -> participant -> messages that wait for it."""
        self.left = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        pair = self_signed("seed-of-the-test", DOMAIN, {})
        certificate = folder / "site.pem"
        certificate.write_text(pair.certificate + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    @property
    def port(self):
        return self.server.server_port

    def answer(self, path, query, body):
        """Status, kind and text."""
        if path == "/config.js":
            return 200, "application/javascript", f"var config = {json.dumps(self.settings)};"
        if path == "/libs/lib-jitsi-meet.min.js" and self.library:
            return 200, "application/javascript", self.library
        if path == "/signal":
            return (
                200,
                "application/json",
                json.dumps(self.passed(query["room"][0], query["from"][0], json.loads(body))),
            )
        return 404, "text/plain", ""

    def passed(self, room, sender, message):
        """Keep a message for the others in the room, and hand out those for its sender."""
        with self.lock:
            people = self.rooms.setdefault(room, {})
            first = not people
            people.setdefault(sender, [])
            for other, waiting in people.items():
                if other != sender and message and not message.keys() & {"hello", "wait"}:
                    waiting.append(message)
            if message and message.get("left"):
                self.left.append(sender)
            messages = people[sender] if message is None else []
            if message is None:
                people[sender] = []
            return {"first": first, "people": len(people) - 1, "messages": messages}

    def _handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                split = urlsplit(self.path)
                status, kind, text = site.answer(split.path, parse_qs(split.query), self.rfile.read(length))
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())

            do_POST = do_GET  # noqa: N815 - the base class's name

            def log_message(self, format, *args):  # noqa: A002
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
