"""The promises of the load balancer's annotations, kept by a real HAProxy, as Scaleway's load balancers are.

The annotations become the lines that their own documentation describes. Behind it are two nodes: one that answers, and one
that can lose power (its connections are never accepted) or say on its health port that its HAProxy leaves.
"""

import asyncio
import contextlib
import random
import socket
import subprocess
import time
from pathlib import Path

import pytest
from edge.edge_world import BINARY, until
from edge.shard_double import unanswered

from components.ingress.manifests import DRAIN_SECONDS
from components.scaleway.balancer import scaleway_annotations
from config.balancer import CONNECT_SECONDS, PREFIX, SETTINGS
from config.ingress import Ingress
from plan.resources.haproxy_cfg import seconds

pytestmark = [pytest.mark.tools, pytest.mark.timeout(120)]
PORT, HEALTH = 30043, 30081
MARGIN = 1.0  # of a busy machine


def annotated(**changed: str) -> dict[str, str]:
    """The annotations of a stack, or the controller's defaults where one is missing."""
    ours = scaleway_annotations(Ingress(), "fr-par-1", "id")
    values = {each.name: ours.get(f"{PREFIX}{each.name}", each.default) for each in SETTINGS}
    return values | {name.replace("_", "-"): value for name, value in changed.items()}


def configuration(notes: dict[str, str], net: str, folder: Path) -> str:
    def ms(name: str) -> str:
        return f"{float(notes[name].removesuffix('s')) * 1000:.0f}" if "." in notes[name] else notes[name]

    lines = [
        "global",
        f"    stats socket {folder}/admin.sock",
        "listen https",
        "    mode tcp",
        f"    bind {net}.1:{PORT}",
        f"    balance {notes['forward-port-algorithm']}",
        f"    retries {notes['max-retries']}",
        *(
            [f"    option redispatch {notes['redispatch-attempt-count']}"]
            if notes["redispatch-attempt-count"] != "0"
            else []
        ),
        *(f"    timeout {name} {notes[f'timeout-{name}']}" for name in ("connect", "client", "server", "tunnel")),
        f"    timeout check {notes['health-check-timeout']}",
        "    option httpchk GET /healthz",
        f"    default-server check port {HEALTH} inter {notes['health-check-delay']} "
        f"fastinter {ms('health-transient-check-delay')} fall {notes['health-check-max-retries']}",
        *(f"    server node{number} {net}.{number}:{PORT}" for number in (2, 3)),
    ]
    return "\n".join(lines) + "\n"


class Node:
    """Answers its name on 443's node port, and its health port as kube-proxy does."""

    def __init__(self, address: str) -> None:
        self.address, self.leaves, self.held = address, False, list[socket.socket]()
        self.servers: list[asyncio.Server] = []

    async def start(self) -> None:
        self.servers = [
            await asyncio.start_server(self._named, self.address, PORT),
            await asyncio.start_server(self._healthy, self.address, HEALTH),
        ]

    async def _named(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.address.encode() + b"\n")
        writer.close()

    async def _healthy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 {'503 Leaving' if self.leaves else '200 OK'}\r\n\r\n".encode())
        writer.close()

    def lose_power(self) -> None:
        """Nobody accepts: a full queue lets every further SYN fall, as a dark node does."""
        for server in self.servers:
            server.close()
        for port in (PORT, HEALTH):
            self.held += unanswered(self.address, port)

    def end(self) -> None:
        for server in self.servers:
            server.close()
        for each in self.held:
            each.close()


def started(path: Path) -> subprocess.Popen[bytes]:
    with (path.parent / "log").open("wb") as log:
        return subprocess.Popen([BINARY, "-db", "-f", path], stdout=log, stderr=log)


@contextlib.asynccontextmanager
async def balanced(folder: Path, notes: dict[str, str]):
    """A balancer before two nodes, both up: its address, and the nodes."""
    net = f"127.{random.randrange(2, 255)}.{random.randrange(256)}"
    nodes = [Node(f"{net}.{number}") for number in (2, 3)]
    for node in nodes:
        await node.start()
    path = folder / "haproxy.cfg"
    path.write_text(configuration(notes, net, folder))
    process = started(path)
    try:
        await until((folder / "admin.sock").exists, "the balancer starts", 10)
        await asyncio.sleep(1)
        yield f"{net}.1", nodes
    finally:
        process.kill()
        process.wait()
        for node in nodes:
            node.end()


async def visit(address: str) -> tuple[float, str]:
    """Seconds until an answer, and the node that gave it; empty if none did."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(address, PORT)
    try:
        answer = (await asyncio.wait_for(reader.readline(), 30)).decode().strip()
    except (TimeoutError, ConnectionError):
        answer = ""
    writer.close()
    return time.monotonic() - began, answer


def test_visitors_reach_another_node_soon_when_one_loses_power_and_then_at_once(tmp_path):
    async def run():
        async with balanced(tmp_path, annotated()) as (address, (lost, kept)):
            assert {(await visit(address))[1] for _ in range(4)} == {lost.address, kept.address}
            lost.lose_power()
            began, slow = time.monotonic(), []
            while time.monotonic() - began < DRAIN_SECONDS:
                took, answer = await visit(address)
                assert answer == kept.address
                slow.append(took)
                await asyncio.sleep(0.2)
            assert 1 < max(slow) < CONNECT_SECONDS + MARGIN, "the first ones wait for the lost node"
            await asyncio.sleep(MARGIN)
            assert max([(await visit(address))[0] for _ in range(10)]) < MARGIN, "it is left by now"

    asyncio.run(run())


def test_a_leaving_node_gets_no_connection_long_before_its_haproxy_stops_listening(tmp_path):
    async def run():
        async with balanced(tmp_path, annotated()) as (address, (leaving, kept)):
            leaving.leaves = True
            checks = seconds(annotated()["health-check-delay"])
            assert checks
            await asyncio.sleep(checks + 1 + MARGIN)
            assert checks + 1 + MARGIN < DRAIN_SECONDS
            assert {(await visit(address))[1] for _ in range(10)} == {kept.address}

    asyncio.run(run())


def test_the_controllers_own_default_would_let_visitors_wait(tmp_path):
    async def run():
        default = next(each.default for each in SETTINGS if each.name == "timeout-connect")
        async with balanced(tmp_path, annotated(timeout_connect=default)) as (address, (lost, _)):
            lost.lose_power()
            waits = await asyncio.gather(*(visit(address) for _ in range(2)))
            assert max(took for took, _ in waits) > 2 * CONNECT_SECONDS

    asyncio.run(run())
