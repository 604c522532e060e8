"""Visitors on real HAProxies: to the visitor node that they name, of the shard where their room lies; and a real prosody there."""

import asyncio
import random
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from edge.edge_world import Browser, World, edge, shard, until
from edge.shard_double import PROSODY, Shard

pytestmark = pytest.mark.tools

SHARDS = (shard(0), shard(1))


def with_nodes(world: World, host: str = "") -> dict[str, Shard]:
    """Two visitor nodes per shard, added to the world before it starts; `host` stands for every v0."""
    doubles: dict[str, Shard] = {}
    shards = []
    for each in world.edge.shards:
        visitors = {}
        for number in range(2):
            name = f"{each.name}-v{number}"
            doubles[name] = Shard(name, f"{world.net}.{150 + 10 * each.slot + number}")
            visitors[f"v{number}"] = f"{host if host and number == 0 else doubles[name].host}:{PROSODY}"
        shards.append(replace(each, visitors=visitors))
    world.edge = replace(world.edge, shards=tuple(shards))
    return doubles


def test_a_visitor_reaches_the_node_that_it_names_of_the_shard_of_its_room():
    async def run():
        world = World(edge(SHARDS))
        nodes = with_nodes(world)
        async with world:
            for node in nodes.values():
                await node.start(PROSODY)
            browser = Browser(world, 0)
            rooms = [f"lecture{number}" for number in range(20)]
            for room in rooms:
                assert await browser.join(f"/http-bind?room={room}") == 200
                for vnode in ("v0", "v1"):
                    assert await browser.join(f"/http-bind?room={room}&vnode={vnode}") == 200
                    assert await browser.join(f"/school/http-bind?vnode={vnode}&room={room}") == 200
            home = world.where()
            for room in rooms:
                for vnode in ("v0", "v1"):
                    assert nodes[f"{home[f'/{room}']}-{vnode}"].seen[f"/{room}"] == 1
            assert {home[f"/{room}"] for room in rooms} == {"s0", "s1"}
            seen = [room for node in nodes.values() for room in node.seen]
            assert len(seen) == 2 * 2 * len(rooms), "a visitor came to a node of another shard"
            # A name that no node has is not a way to another server: it is an ordinary participant.
            assert await browser.join(f"/http-bind?room={rooms[0]}&vnode=v9") == 200
            browser.close()
        for node in nodes.values():
            node.die()

    asyncio.run(run())


CONFIG = """
run_as_root = true
daemonize = false
pidfile = "{folder}/pid"
data_path = "{folder}"
log = {{ {{ levels = {{ min = "info" }}, to = "file", filename = "{folder}/log" }} }}
http_ports = {{ {port} }}
http_interfaces = {{ "{host}" }}
https_ports = {{ }}
modules_enabled = {{ "bosh", "websocket", "saslauth", "disco" }}
modules_disabled = {{ "s2s", "offline" }}
c2s_ports = {{ }}
consider_bosh_secure = true
consider_websocket_secure = true
http_default_host = "v0.meet.jitsi"
VirtualHost "v0.meet.jitsi"
  authentication = "anonymous"
Component "muc.v0.meet.jitsi" "muc"
"""
BODY = (
    "<body xmlns='http://jabber.org/protocol/httpbind' to='v0.meet.jitsi' rid='1' wait='60' hold='1' ver='1.6' "
    "xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' content='text/xml; charset=utf-8' xml:lang='en'/>"
)


UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def sent(world: World, line: str, headers: str, body: str = "", until_: bytes = b"") -> str:
    """What comes back, to the end of the connection or up to `until_`."""
    reader, writer = await Browser(world, 0).connect()
    head = f"{line} HTTP/1.1\r\nHost: meet.example.org\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())
    answer = await asyncio.wait_for(reader.readuntil(until_) if until_ else reader.read(), 20)
    writer.close()
    return answer.decode()


@pytest.fixture
def visitor_prosody():
    """Debian's prosody, with what of the image's visitor config needs none of Jitsi's modules; its host and its log."""
    host = f"127.{random.randrange(2, 255)}.{random.randrange(256)}.99"
    folder = Path(tempfile.mkdtemp(prefix="prosody-", dir="/tmp"))
    folder.chmod(0o777)
    config = folder / "prosody.cfg.lua"
    config.write_text(CONFIG.format(folder=folder, port=PROSODY, host=host))
    process = subprocess.Popen(["prosody", "-F", "--config", config], cwd=folder)
    yield host, folder / "log"
    process.terminate()
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_real_prosody_takes_a_visitor_though_the_edge_names_the_main_domain(visitor_prosody):
    """HAProxy sends Host meet.jitsi, which a visitor prosody does not serve: its default host, as the image sets it, is v0's."""
    host, log = visitor_prosody

    def listens() -> bool:
        return log.exists() and "Activated service 'http'" in log.read_text()

    async def run():
        world = World(edge((shard(0),), replicas=1))
        with_nodes(world, host)
        async with world:
            await until(listens, "prosody listens")
            room = "room=lecture&vnode=v0"
            close = "Content-Type: text/xml\r\nConnection: close\r\n"
            answer = await sent(world, f"POST /http-bind?{room}", close, BODY)
            assert answer.startswith("HTTP/1.1 200"), answer
            assert re.search("from=['\"]v0.meet.jitsi['\"]", answer), answer
            assert "ANONYMOUS" in answer
            opened = await sent(world, f"GET /xmpp-websocket?{room}", UPGRADE, until_=b"\r\n\r\n")
            assert opened.startswith("HTTP/1.1 101"), opened

    asyncio.run(run())
