"""A person in a meeting, as an open websocket."""

from __future__ import annotations

import socket
import ssl

from lab.live.balancer import proxy_header
from lab.rehearsal.pod_network import PEOPLE

DOMAIN, HTTPS = "meet.example.org", 8443


class Meeting:
    """A person in a room: a websocket through a HAProxy, as a load balancer opens it."""

    def __init__(self, room: str, haproxy: str) -> None:
        self.room = room
        plain = socket.create_connection((haproxy, HTTPS), timeout=30, source_address=(PEOPLE, 0))
        plain.sendall(proxy_header(("192.0.2.7", plain.getsockname()[1]), (haproxy, HTTPS)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(plain, server_hostname=DOMAIN)
        lines = [
            f"GET /xmpp-websocket?room={room} HTTP/1.1",
            f"Host: {DOMAIN}",
            "Upgrade: websocket",
            "Connection: Upgrade",
        ]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.socket.recv(4096)
            if not part:
                break
            head += part
        answer = head.decode().lower()
        if " 101 " not in answer.splitlines()[0]:
            raise ConnectionError(f"{room}: {answer.splitlines()[0]}")
        self.shard = answer.partition("x-shard: ")[2].split()[0]

    def goes_on(self) -> bool:
        """Whether the other end still answers."""
        try:
            self.socket.sendall(b"ping")
            return self.socket.recv(4) == b"ping"
        except OSError:
            return False

    def end(self) -> None:
        """Leave."""
        self.socket.close()
