"""Rooms on two shards, load and memory of the edge, on real HAProxies (`python -m benchmarks --edge`). Some two minutes.

Figures are ratios against HAProxy with the same TLS and servers and nothing but round robin, taken in turns on one machine.
The test doubles are those of the tests.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import ssl
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.benchmarks import machine
from lab.paths import PROJECT

sys.path.insert(0, str(PROJECT / "tests"))

from edge import peer_config
from edge.edge_world import BINARY, Browser, Haproxy, World, edge, shard
from edge.rooms import Room, population
from edge.test_edge_changes import _race
from edge.test_edge_rooms import joins

from components.ingress.edge_settings import HTTPS_BIND_PORT
from plan.pictures.markup import label, rect, svg, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TWO = (shard(0), shard(1))
THREE = (*TWO, shard(2))
ROOMS = 10_000
PLAIN_ROOMS = 4000  # of one spelling, twice what the known configuration's table holds
BATCH = 50  # requests in one write: the client must cost less than what it measures


def _answering(host: str, port: int) -> str:
    """A server with minimal cost: HAProxy answers itself."""
    return "\n".join(
        [
            "global",
            "    nbthread 1",
            "defaults",
            "    mode http",
            "    timeout connect 1s",
            "    timeout client 90s",
            "    timeout server 90s",
            "frontend answer",
            *(f"    bind {host}{n}:{port}" for n in range(3)),
            "    http-request return status 200 content-type text/plain string ok",
            "",
        ]
    )


def bare(world: World, proxy: Haproxy) -> str:
    """The same TLS, round robin, nothing else."""
    return "\n".join(
        [
            "global",
            f"    stats socket {proxy.folder}/admin.sock mode 600 level admin expose-fd listeners",
            "    maxconn 20000",
            "    no strict-limits",
            "    ssl-load-extra-del-ext",
            "defaults",
            "    mode http",
            "    timeout connect 5s",
            "    timeout client 90s",
            "    timeout server 90s",
            "frontend public",
            f"    bind {proxy.address}:{HTTPS_BIND_PORT} ssl crt {world.root}/tls/fallback/tls.crt alpn h2,http/1.1",
            "    default_backend shards",
            "backend shards",
            "    balance roundrobin",
            *(f"    server {name} {double.host}:5280 check" for name, double in world.shards.items()),
            "",
        ]
    )


def _connection(address: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection((address, HTTPS_BIND_PORT), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain)


def _ask(connection: ssl.SSLSocket, names: list[str]) -> None:
    connection.sendall(b"".join(f"GET /http-bind?room={name} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for name in names))
    answers = 0
    while answers < len(names):
        answers += connection.recv(65536).count(b"HTTP/1.1 200")


def _names(prefix: str, count: int) -> Iterator[list[str]]:
    for first in range(0, count, BATCH):
        yield [f"{prefix}-{n}" for n in range(first, first + BATCH)]


def throughput(address: str, requests: int, prefix: str) -> float:
    """Requests per second over four connections."""

    def client(number: int) -> None:
        with _connection(address) as connection:
            for names in _names(f"{prefix}{number}", requests // 4):
                _ask(connection, names)

    started = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(client, range(4)))
    return requests / (time.perf_counter() - started)


def latency_us(address: str, requests: int, prefix: str) -> float:
    """Median time of one request at a time, microseconds."""
    taken = []
    with _connection(address) as connection:
        for number in range(requests):
            started = time.perf_counter()
            _ask(connection, [f"{prefix}{number % 200}"])
            taken.append(time.perf_counter() - started)
    return 1e6 * statistics.median(taken)


def resident_kib(proxy: Haproxy) -> int:
    """Memory of the worker that takes connections."""
    status = Path(f"/proc/{proxy.worker.split()[1]}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


async def rooms() -> dict[str, Any]:
    """Rooms on two shards, here and with the known configuration, same joins."""
    results: dict[str, Any] = {"rooms": ROOMS, "joins": 4 * ROOMS, "plain": PLAIN_ROOMS}
    people = population(ROOMS, 1)
    plain = [Room("", f"room-{number}") for number in range(PLAIN_ROOMS)]
    for name, text in (("ours", None), ("known", peer_config.text)):
        async with World(edge(THREE), text=text, settle=text is None) as world:
            await asyncio.sleep(1)
            for turn in range(4):
                await joins(world, people, turn)
            results[name] = len(world.split())
        async with World(edge(TWO), text=text, settle=text is None) as world:
            await asyncio.sleep(1)
            await _join_late(world, plain)
            results[f"{name}Plain"] = len(world.split())
    async with World(edge(THREE)) as world:
        await _race(world, population(2000, 2))
        results["raced"], results["racedSplit"] = 2000, len(world.split())
    return results


async def _join_late(world: World, plain: list[Room]) -> None:
    """One person for each room, then in the same order a second one for each, each through either HAProxy by chance."""
    rng = random.Random(4)  # noqa: S311
    browsers = [Browser(world, 0), Browser(world, 1)]
    for first in range(0, 2 * len(plain), 40):
        several = [plain[number % len(plain)] for number in range(first, first + 40)]
        await asyncio.gather(*(rng.choice(browsers).join(f"/http-bind?room={room.name}") for room in several))
    for browser in browsers:
        browser.close()


async def load() -> dict[str, Any]:
    """Throughput and latency in turns, and memory."""
    world = World(edge(THREE, requests_per_address=10**9, room_table=400_000))
    async with world:
        for double in world.shards.values():
            double.die(5280)
        folder = world.root / "bare"
        folder.mkdir()
        plain = Haproxy("bare", folder, f"{world.net}.15")
        plain.configure(bare(world, plain))
        answer = Haproxy("answer", folder, "")
        answer.config = folder / "answer.cfg"
        answer.configure(_answering(f"{world.net}.10", 5280))  # .100 to .102: the three shards
        try:
            for proxy in (answer, plain):
                proxy.start()
            await asyncio.sleep(4)
            return await asyncio.to_thread(_measure, world.proxies[0], plain)
        finally:
            for proxy in (answer, plain):
                proxy.kill()


def _measure(ours: Haproxy, plain: Haproxy) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"ours": [], "new": [], "bare": []}
    delays: dict[str, list[float]] = {"ours": [], "bare": []}
    throughput(ours.address, 20_000, "known")
    for turn in range(3):
        rates["bare"].append(throughput(plain.address, 20_000, "known"))
        rates["ours"].append(throughput(ours.address, 20_000, "known"))
        rates["new"].append(throughput(ours.address, 20_000, f"new{turn}-"))
        delays["bare"].append(latency_us(plain.address, 2000, "one"))
        delays["ours"].append(latency_us(ours.address, 2000, "one"))
    before = resident_kib(ours)
    throughput(ours.address, 100_000, "memory")
    grown = resident_kib(ours) - before
    known = int(ours.admin("show table rooms").split("used:")[1].split()[0])
    middle = {
        name: statistics.median(values) for name, values in (rates | {f"{k}Us": v for k, v in delays.items()}).items()
    }
    return {
        **middle,
        "ratio": middle["bare"] / middle["ours"],
        "newRatio": middle["bare"] / middle["new"],
        "addedUs": middle["oursUs"] - middle["bareUs"],
        "memoryMiBPer100k": grown / 1024,
        "roomsKnown": known,
    }


def table(results: dict[str, Any]) -> str:
    """The figures as Markdown."""
    r, m = results["rooms"], results["load"]
    rows = [
        ("rooms on two shards, of " + f"{r['rooms']} with {r['joins']} joins in any spelling", r["ours"], r["known"]),
        (
            f"rooms on two shards, of {r['plain']} in one spelling, with late joiners, two shards",
            r["oursPlain"],
            f"{r['knownPlain']} ({r['knownPlain'] / r['plain']:.1%}: its table holds 2000)",
        ),
        (f"rooms on two shards, of {r['raced']} with two first joiners at once", r["racedSplit"], ""),
        ("requests/s, bare round robin as reference", f"{m['ours']:.0f}", f"{m['bare']:.0f}"),
        ("… each for a room that is new", f"{m['new']:.0f}", f"{m['bare']:.0f}"),
        ("cost of a request, ratio", f"{m['ratio']:.2f}", "1"),
        ("… for a room that is new", f"{m['newRatio']:.2f}", "1"),
        ("median latency, µs", f"{m['oursUs']:.0f}", f"{m['bareUs']:.0f}"),
        ("memory of 100 000 rooms, MiB", f"{m['memoryMiBPer100k']:.1f}", ""),
    ]
    on = f"{results['machine']['cores']} cores, {results['machine']['processor']}, load {results['loadBefore']} before"
    lines = [
        f"# The edge, {results['date']}",
        "",
        on,
        "",
        "| what | this edge | known configuration or bare |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {what} | {here} | {there} |" for what, here, there in rows), ""])


def picture(results: dict[str, Any]) -> str:
    """Requests per second as bars."""
    m = results["load"]
    bars = (("bare round robin", "bare", "#9aa5b5"), ("open rooms", "ours", "#2f5fd0"), ("new rooms", "new", "#7f9fe8"))
    maximum = max(m[key] for _, key, _ in bars)
    parts: list[object] = [
        tag("style", "text { font: 12px system-ui, sans-serif; fill: #5a6577 }"),
        label(
            10,
            18,
            "Signalling requests per second through one HAProxy; memory of 100 000 rooms: "
            f"{m['memoryMiBPer100k']:.0f} MiB",
        ),
    ]
    for number, (name, key, colour) in enumerate(bars):
        y = 32 + 28 * number
        parts += [
            label(10, y + 14, name),
            tag("g", rect(130, y, 400 * m[key] / maximum, 20, "bar"), fill=colour),
            label(136 + 400 * m[key] / maximum, y + 14, f"{m[key]:.0f}"),
        ]
    drawn = svg(600, 120, "Requests per second of the edge and of a bare HAProxy", *parts).text
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def available() -> bool:
    """Whether there is a HAProxy to measure."""
    return shutil.which(BINARY) is not None


def measure(folder: Path, say: Callable[[str], None]) -> None:
    """Measure, and write `edge.json`, `edge.md` and `edge.svg` there."""
    say("The edge …")
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": machine.revision(),
        "machine": {key: machine.figures()[key] for key in ("cores", "processor", "memoryGiB")},
        "loadBefore": machine.load(),
        "load": asyncio.run(load()),
        "rooms": asyncio.run(rooms()),
    }
    (folder / "edge.json").write_text(json.dumps(results, indent=2) + "\n")
    (folder / "edge.md").write_text(table(results) + "\n![Requests per second](edge.svg)\n")
    (folder / "edge.svg").write_text(picture(results))
    say(table(results))
