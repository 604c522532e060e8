"""A TURN client (RFC 8656), as small as the tests need: one allocation, permissions, packets there and back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import os
import socket
import struct
import time

COOKIE = 0x2112A442
BINDING = 0x001
ALLOCATE, REFRESH, SEND, DATA, PERMISSION = 0x003, 0x004, 0x016, 0x017, 0x008
USERNAME, INTEGRITY, ERROR, LIFETIME, PEER = 0x006, 0x008, 0x009, 0x00D, 0x012
PAYLOAD, REALM, NONCE, RELAYED, TRANSPORT = 0x013, 0x014, 0x015, 0x016, 0x019
MAPPED = 0x020
UDP, TCP = 17, 6
SECONDS = 5.0


def credentials(secret: str, lifetime: int = 3600) -> tuple[str, str]:
    """User and password as prosody makes them from the shared secret: the end of their time, and its signature."""
    user = str(int(time.time()) + lifetime)
    return user, base64.b64encode(hmac.digest(secret.encode(), user.encode(), "sha1")).decode()


class TurnError(Exception):
    """An error response; `code` as in 401."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def _address(host: str, port: int) -> bytes:
    number = int(ipaddress.IPv4Address(host)) ^ COOKIE
    return struct.pack(">BBHI", 0, 1, port ^ (COOKIE >> 16), number)


def _host_and_port(value: bytes) -> tuple[str, int]:
    _, _, port, number = struct.unpack(">BBHI", value[:8])
    return str(ipaddress.IPv4Address(number ^ COOKIE)), port ^ (COOKIE >> 16)


class Datagrams:
    """A UDP socket that is read as a stream is: what is left of a packet comes with the next call."""

    def __init__(self, host: str, port: int, own: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((own, 0))
        self.socket.connect((host, port))
        self.left = b""

    def settimeout(self, seconds: float) -> None:
        self.socket.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        self.socket.send(data)

    def recv(self, count: int) -> bytes:
        self.left = self.left or self.socket.recv(2048)
        part, self.left = self.left[:count], self.left[count:]
        return part

    def close(self) -> None:
        self.socket.close()


class TurnClient:
    """Speaks TURN over a connected socket: TLS, plain, or UDP."""

    def __init__(self, connection: socket.socket | Datagrams, user: str, password: str) -> None:
        self.connection, self.user, self.password = connection, user, password
        connection.settimeout(SECONDS)
        self.realm = self.nonce = b""
        self.relayed = self.mapped = ("", 0)

    def allocate(self, transport: int = UDP) -> tuple[str, int]:
        """The relayed address; `mapped` is the client's own, as the server sees it."""
        answer = self._request(ALLOCATE, _attribute(TRANSPORT, bytes([transport, 0, 0, 0])))
        self.mapped = _host_and_port(answer[MAPPED])
        self.relayed = _host_and_port(answer[RELAYED])
        return self.relayed

    def bind(self) -> tuple[str, int]:
        """The client's own address, as anybody may ask for it (STUN)."""
        return _host_and_port(self._request(BINDING, b"")[MAPPED])

    def permit(self, host: str) -> None:
        self._request(PERMISSION, _attribute(PEER, _address(host, 0)))

    def end(self) -> None:
        """Gives the allocation back."""
        self._request(REFRESH, _attribute(LIFETIME, bytes(4)))

    def send(self, host: str, port: int, data: bytes) -> None:
        self._write(SEND | 0x010, _attribute(PEER, _address(host, port)) + _attribute(PAYLOAD, data))

    def receive(self) -> tuple[tuple[str, int], bytes]:
        """The next packet from a peer."""
        while True:
            kind, attributes, _ = self._read()
            if kind == DATA | 0x010:
                return _host_and_port(attributes[PEER]), attributes[PAYLOAD]

    def close(self) -> None:
        self.connection.close()

    def _request(self, method: int, body: bytes) -> dict[int, bytes]:
        for last in (False, True):
            transaction = self._write(method, body, signed=bool(self.nonce))
            while True:
                kind, attributes, answered = self._read()
                if answered == transaction:
                    break
            if kind == method | 0x100:
                return attributes
            code = attributes[ERROR][2] * 100 + attributes[ERROR][3]
            if last or code not in (401, 438) or self.nonce:
                raise TurnError(code)
            self.realm, self.nonce = attributes[REALM], attributes[NONCE]
        raise AssertionError

    def _write(self, kind: int, body: bytes, signed: bool = False) -> bytes:
        transaction = os.urandom(12)
        if signed:
            body += _attribute(USERNAME, self.user.encode())
            body += _attribute(REALM, self.realm) + _attribute(NONCE, self.nonce)
        head = struct.pack(">HHI", kind, len(body) + 24 * signed, COOKIE) + transaction
        if signed:
            key = hashlib.md5(b":".join((self.user.encode(), self.realm, self.password.encode()))).digest()  # noqa: S324
            body += _attribute(INTEGRITY, hmac.digest(key, head + body, "sha1"))
        self.connection.sendall(head + body)
        return transaction

    def _read(self) -> tuple[int, dict[int, bytes], bytes]:
        head = self._exactly(20)
        kind, length, cookie = struct.unpack(">HHI", head[:8])
        assert cookie == COOKIE, "not STUN"
        body, attributes = self._exactly(length), dict[int, bytes]()
        while body:
            name, size = struct.unpack(">HH", body[:4])
            attributes.setdefault(name, body[4 : 4 + size])
            body = body[4 + size + -size % 4 :]
        return kind, attributes, head[8:]

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            part = self.connection.recv(count - len(got))
            if not part:
                raise ConnectionError("the connection was closed")
            got += part
        return got
