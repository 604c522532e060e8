"""A HAProxy's memory, as the plan counts it."""

import asyncio
import re
from pathlib import Path

import pytest
from edge.edge_world import Browser, World, edge, shard

from sizing.haproxy_size import CONNECTION_KIB, PROCESSES_MIB

pytestmark = pytest.mark.tools

WEBSOCKETS = 600


def private_kib(pid: str) -> int:
    """What this process alone holds."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return sum(int(found) for found in re.findall(r"Private_\w+:\s+(\d+)", text))


def test_an_open_websocket_over_tls_takes_less_than_the_plan_counts():
    async def run() -> None:
        async with World(edge([shard(0), shard(1)])) as world:
            browser = Browser(world, 0)
            pid = world.proxies[0].worker.split()[1]
            before = private_kib(pid)
            open_ones = [await browser.websocket(f"/xmpp-websocket?room=room{n}") for n in range(WEBSOCKETS)]
            grown = (private_kib(pid) - before) / WEBSOCKETS
            for each in open_ones:
                each.close()
        assert before * 9 < PROCESSES_MIB * 1024
        assert 10 < grown < CONNECTION_KIB * 0.75, "the rest is the kernel's, which the container pays, too"

    asyncio.run(run())
