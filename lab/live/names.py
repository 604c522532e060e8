"""Cluster DNS: answers A queries for Services from the kubelet's hosts file."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADER = 12
TYPE_A = 1
UNKNOWN = 3  # NXDOMAIN
SECONDS = 5


def known(hosts: str) -> dict[str, str]:
    """Name -> address of the lines of a hosts file."""
    return {name.lower(): line.split()[0] for line in hosts.splitlines() for name in line.split()[1:]}


def question(query: bytes) -> tuple[str, int, bytes]:
    """The name asked for, its type, and the question itself."""
    labels, at = [], HEADER
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    (kind,) = struct.unpack("!H", query[at + 1 : at + 3])
    return ".".join(labels).lower(), kind, query[HEADER : at + 5]


def answer(query: bytes, names: dict[str, str]) -> bytes:
    """The answer to a query; names of other kinds of record exist without one."""
    name, kind, asked = question(query)
    address = names.get(name)
    found = address is not None and kind == TYPE_A
    flags = 0x8580 | (0 if address is not None else UNKNOWN)
    record = (
        struct.pack("!HHHIH", 0xC00C, TYPE_A, 1, SECONDS, 4) + socket.inet_aton(address) if found and address else b""
    )
    return query[:2] + struct.pack("!HHHHH", flags, 1, int(found), 0, 0) + asked + record


class Names:
    """Answers on UDP port 53 of an address until `close`: names of the kubelet's hosts file, and `more`, such as the stack's own."""

    def __init__(self, address: str, hosts: Path, more: Mapping[str, str]) -> None:
        self._hosts = hosts
        self._more = more
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, name="names", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            with contextlib.suppress(OSError, IndexError, struct.error):
                self._socket.sendto(answer(query, {**self._more, **known(self._hosts.read_text())}), client)

    def close(self) -> None:
        """Stop."""
        self._socket.close()
