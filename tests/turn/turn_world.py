"""Real coturn behind a real HAProxy, both with the program's own texts, in a network of their own.

Run as a program inside that network: `python -m turn.turn_world FOLDER` writes what it saw to FOLDER/seen.json.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.edge_world import World, edge, shard, until
from turn.turn_client import TCP, Datagrams, TurnClient, TurnError, credentials

from components.ingress.edge_settings import HTTPS_BIND_PORT
from components.self_signed import self_signed
from components.turn import coturn_conf, manifests
from components.turn.coturn_conf import CLIENT_PORT, FIRST_RELAY_PORT, LAST_RELAY_PORT, PROXIED_PORT
from config.turn import Turn
from probe.media_checks import turns
from probe.web_checks import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.edge_world import Haproxy

DOMAIN, HOST = "meet.example.org", "turn.meet.example.org"
SECRET = "00112233445566778899aabbccddeeff"
COTURN = "100.64.7.1"
COTURN_UDP = "100.64.7.2"
BRIDGE = ("100.64.8.1", 10000)
OTHERS = {
    "a Service": ("10.32.0.10", 53),
    "metadata": ("169.254.42.42", 80),
    "a node": ("172.16.0.2", 6443),
    "the Internet": ("203.0.113.9", 10000),
    "loopback": ("127.0.0.1", 10000),
}
CLIENT = "198.51.100.7"
DRAIN = Path(manifests.__file__).parent / "scripts" / "drain.sh"


class Peer:
    """A UDP server that sends back what it gets."""

    def __init__(self, host: str, port: int) -> None:
        self.got: list[bytes] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(2048)
            self.got.append(data)
            self.socket.sendto(b"back:" + data, sender)


class Coturn:
    """turnserver as its pod runs it."""

    def __init__(self, folder: Path, turn: Turn, address: str = COTURN, *, udp: bool = False) -> None:
        self.folder, self.log, self.address = folder, folder / "coturn.log", address
        folder.mkdir()
        (folder / "turnserver.conf").write_text(coturn_conf.render(turn, HOST, SECRET, udp=udp, run=str(folder)))
        self.start()

    def start(self) -> None:
        binary = shutil.which("turnserver") or "turnserver"
        command = [binary, "-c", str(self.folder / "turnserver.conf"), *coturn_conf.arguments(self.address)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def trusting(certificate: str) -> ssl.SSLContext:
    """A client that checks names and believes this certificate alone."""
    return ssl.create_default_context(cadata=certificate)


class Proxied(Place):
    """As the load balancer passes a connection on."""

    def connect(self) -> socket.socket:
        connection = super().connect()
        connection.sendall(f"PROXY TCP4 {CLIENT} 192.0.2.1 4711 443\r\n".encode())
        return connection


def probed(ways: Ways) -> dict[str, list[str]]:
    """What the check finds at the relay's name, and at a name that leads to pages."""
    address, port = ways.address
    found = {host: turns(Proxied(host=host, address=address, port=port)) for host in (HOST, DOMAIN)}
    return {host: [result.status, result.detail] for host, result in found.items()}


class Ways:
    """Ways in for clients: through the edge's public port, as the load balancer passes them on."""

    def __init__(self, world: World, certificate: str) -> None:
        self.address = (world.proxies[0].address, HTTPS_BIND_PORT)
        self.context = trusting(certificate)

    def over_udp(self, user: str, password: str) -> TurnClient:
        """Straight to the pod that takes UDP, as its node's port leads there."""
        return TurnClient(Datagrams(COTURN_UDP, CLIENT_PORT, CLIENT), user, password)

    def plain(self) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=5)
        connection.sendall(f"PROXY TCP4 {CLIENT} 192.0.2.1 4711 443\r\n".encode())
        return connection

    def tls(self, name: str) -> ssl.SSLSocket:
        return self.context.wrap_socket(self.plain(), server_hostname=name)

    def turn(self, user: str, password: str) -> TurnClient:
        return TurnClient(self.tls(HOST), user, password)

    @contextlib.contextmanager
    def allocated(self) -> Iterator[TurnClient]:
        client = self.turn(*credentials(SECRET))
        try:
            client.allocate()
            yield client
        finally:
            client.close()


def code_of(attempt: Callable[[], object]) -> int | str:
    """What an attempt is answered with."""
    try:
        attempt()
    except TurnError as error:
        return error.code
    except (OSError, ConnectionError) as error:
        return type(error).__name__
    return 200


def checked(proxy: Haproxy) -> str:
    """What HAProxy's last check of coturn came to."""
    head, *rows = (line.split(",") for line in proxy.admin("show stat").splitlines() if line)
    row = next(row for row in rows if row[:2] == ["coturn", "coturn"])
    return row[head.index("check_status")]


def relaying(ways: Ways, peers: dict[str, Peer], bridge: Peer) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    with ways.allocated() as client:
        seen["relayed"], seen["mapped"] = client.relayed[0], list(client.mapped)
        client.permit(BRIDGE[0])
        client.send(*BRIDGE, b"media")
        sender, data = client.receive()
        seen["bridge"] = [list(sender), data.decode(), [got.decode() for got in bridge.got]]
        seen["refused"] = {}
        for name, (host, port) in OTHERS.items():
            seen["refused"][name] = code_of(lambda host=host: client.permit(host))
            client.send(host, port, b"knock")
        client.send(*BRIDGE, b"after")  # what came before it on the stream has been dealt with
        client.receive()
        seen["knocked"] = sorted(name for name, peer in peers.items() if peer.got)
    user, password = credentials(SECRET)
    seen["credentials"] = {
        "good": code_of(ways.turn(user, password).allocate),
        "bad": code_of(ways.turn(user, password[::-1]).allocate),
        "expired": code_of(ways.turn(*credentials(SECRET, -60)).allocate),
        "other secret": code_of(ways.turn(*credentials(SECRET[::-1])).allocate),
        "tcp to peers": code_of(lambda: ways.turn(user, password).allocate(TCP)),
    }
    return seen


def over_udp(ways: Ways, peers: dict[str, Peer], bridge: Peer) -> dict[str, Any]:
    """The same relay reached over UDP: STUN for everybody, TURN with a credential, bridges alone behind it."""
    user, password = credentials(SECRET)
    seen: dict[str, Any] = {"mapped": ways.over_udp("", "").bind()[0]}
    before = len(bridge.got)
    client = ways.over_udp(user, password)
    seen["relayed"] = client.allocate()[0]
    client.permit(BRIDGE[0])
    client.send(*BRIDGE, b"datagram")
    sender, data = client.receive()
    seen["bridge"] = [list(sender), data.decode(), [got.decode() for got in bridge.got[before:]]]
    seen["refused"] = {}
    for name, (host, port) in OTHERS.items():
        seen["refused"][name] = code_of(lambda host=host: client.permit(host))
        client.send(host, port, b"knock")
    client.send(*BRIDGE, b"after")
    client.receive()
    seen["knocked"] = sorted(name for name, peer in peers.items() if peer.got)
    client.end()
    seen["credentials"] = {
        "bad": code_of(ways.over_udp(user, password[::-1]).allocate),
        "expired": code_of(ways.over_udp(*credentials(SECRET, -60)).allocate),
        "none": code_of(ways.over_udp("", "").allocate),
        "tcp to peers": code_of(lambda: ways.over_udp(user, password).allocate(TCP)),
    }
    seen["tcp"] = code_of(lambda: socket.create_connection((COTURN_UDP, CLIENT_PORT), timeout=2))
    return seen


def in_pieces(ways: Ways) -> str:
    """A handshake whose first message comes in parts, as large ones do; the name is in the last."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ways.context.wrap_bio(incoming, outgoing, server_hostname=HOST)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    hello, connection = outgoing.read(), ways.plain()
    for part in (hello[:4], hello[4:60], hello[60:]):
        connection.sendall(part)
        threading.Event().wait(0.2)
    while True:
        try:
            client.do_handshake()
            break
        except ssl.SSLWantReadError:
            if waiting := outgoing.read():
                connection.sendall(waiting)
            incoming.write(connection.recv(65536))
    connection.sendall(outgoing.read())
    client.write(bytes.fromhex("000100002112a442") + b"in-pieces-ok")
    connection.sendall(outgoing.read())
    connection.settimeout(5)
    while True:
        try:
            return client.read(100)[:2].hex()
        except ssl.SSLWantReadError:
            incoming.write(connection.recv(65536))


def head_start(ways: Ways) -> float:
    """Seconds from a client's connection to the relay's first answer."""
    began = time.monotonic()
    with ways.tls(HOST) as connection:
        connection.sendall(bytes.fromhex("000100002112a442") + b"head-start-1")
        connection.recv(100)
    return time.monotonic() - began


def page(ways: Ways, name: str) -> str:
    with ways.tls(name) as connection:
        connection.sendall(b"GET /http-bind?room=a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.9.8.7\r\n\r\n")
        return connection.recv(4096).split(b"\r\n", 1)[0].decode()


def drain(seconds: float, ways: Ways) -> dict[str, Any]:
    """The hook waits for an open session, lets it go on, and ends with it; or at its deadline."""
    values = {"ANNOUNCE": "0", "PAUSE": "0.1", "FIRST_PORT": FIRST_RELAY_PORT, "LAST_PORT": LAST_RELAY_PORT}

    def hook(deadline: int) -> subprocess.Popen[str]:
        env = {**os.environ, **{name: str(value) for name, value in values.items()}, "DEADLINE": str(deadline)}
        return subprocess.Popen(["sh", str(DRAIN)], env=env, stderr=subprocess.PIPE, text=True)

    idle = hook(30).wait(timeout=5)
    with ways.allocated() as client:
        client.permit(BRIDGE[0])
        waiting, short = hook(60), hook(1)
        _, told = short.communicate(timeout=10)
        with contextlib.suppress(subprocess.TimeoutExpired):
            waiting.wait(timeout=seconds)
        held = waiting.returncode
        client.send(*BRIDGE, b"during")
        during = client.receive()[1].decode()
        client.end()
        return {
            "idle": idle,
            "held": held,
            "during": during,
            "deadline": told.strip(),
            "after": waiting.wait(timeout=10),
        }


async def look(folder: Path) -> dict[str, Any]:
    """Everything that the tests ask about, in one life of the two servers."""
    peers = {name: Peer(*place) for name, place in OTHERS.items()}
    bridge = Peer(*BRIDGE)
    world = World(edge((shard(0), shard(1)), replicas=1, proxy_protocol=True, turn_host=HOST))
    world.coturn, world.issued = f"{COTURN}:{PROXIED_PORT}", self_signed("seed-of-the-test", DOMAIN, {}, (HOST,))
    coturn = Coturn(folder / "coturn", Turn(sessions=20))
    direct = Coturn(folder / "direct", Turn(sessions=20), COTURN_UDP, udp=True)
    try:
        async with world:
            proxy = world.proxies[0]
            ways = Ways(world, world.issued.certificate)
            await until(lambda: checked(proxy) == "L7OK", "coturn answers the edge's STUN check", 20)
            seen = await asyncio.to_thread(relaying, ways, peers, bridge)
            seen["udp"] = await asyncio.to_thread(over_udp, ways, peers, bridge)
            seen["probed"] = await asyncio.to_thread(probed, ways)
            seen["head start"] = await asyncio.to_thread(head_start, ways)
            seen["in pieces"] = await asyncio.to_thread(in_pieces, ways)
            seen |= await https(world, ways)
            seen["drain"] = await asyncio.to_thread(drain, 2.0, ways)
            seen["reload"] = await reload(world, ways)
            coturn.end()
            await until(lambda: "coturn" not in proxy.up("coturn"), "the edge sees that coturn is gone", 30)
            seen["without coturn"] = await asyncio.to_thread(page, ways, DOMAIN)
    except BaseException:
        sys.stderr.write(coturn.log.read_text()[-4000:] + direct.log.read_text()[-4000:])
        raise
    finally:
        coturn.end()
        direct.end()
    return seen


async def https(world: World, ways: Ways) -> dict[str, Any]:
    for double in world.shards.values():
        double.keep_requests = True
    seen: dict[str, Any] = {"page": await asyncio.to_thread(page, ways, DOMAIN)}
    (request,) = [r for double in world.shards.values() for r in double.requests]
    seen["forwarded"] = [request.headers["x-forwarded-for"], request.headers["x-real-ip"]]
    address = world.proxies[0].address
    url = f"https://{DOMAIN}:{HTTPS_BIND_PORT}/page"
    command = [
        "curl",
        "-s",
        "--haproxy-protocol",
        "--cacert",
        str(world.root / "tls" / "issued" / "tls.crt"),
        "--http2",
    ]
    command += [
        "--resolve",
        f"{DOMAIN}:{HTTPS_BIND_PORT}:{address}",
        "-o",
        os.devnull,
        "-w",
        "%{http_version} %{http_code}",
    ]
    done = await asyncio.to_thread(subprocess.run, [*command, url], capture_output=True, text=True, check=False)
    seen["http2"] = done.stdout
    nameless = ["curl", "-sk", "--haproxy-protocol", "-w", "%{http_code}", "-o", os.devnull]
    done = await asyncio.to_thread(
        subprocess.run,
        [*nameless, f"https://{address}:{HTTPS_BIND_PORT}/page"],
        capture_output=True,
        text=True,
        check=False,
    )
    seen["no name"] = done.stdout
    return seen


async def reload(world: World, ways: Ways) -> list[str]:
    """A session and a websocket stay while HAProxy takes another configuration over."""

    def through(client: TurnClient, data: bytes) -> str:
        client.send(*BRIDGE, data)
        return client.receive()[1].decode()

    with ways.allocated() as client:
        client.permit(BRIDGE[0])
        before = await asyncio.to_thread(through, client, b"before")
        await world.change(states={"s1": "draining"})
        after = await asyncio.to_thread(through, client, b"after")
    with ways.allocated() as later:
        return [before, after, later.relayed[0]]


def main(folder: Path) -> None:
    for host in (
        COTURN,
        COTURN_UDP,
        CLIENT,
        BRIDGE[0],
        *(host for host, _ in OTHERS.values() if not host.startswith("127.")),
    ):
        subprocess.run(["ip", "address", "add", f"{host}/32", "dev", "lo"], check=True)
    seen = asyncio.run(look(folder))
    (folder / "seen.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
