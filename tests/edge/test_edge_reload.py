"""The sidecar's script: what it takes over, what it refuses, and that HAProxies take turns."""

import asyncio
import os
import subprocess
import sys
import time

import pytest
from edge.edge_world import BINARY, SCRIPTS, Browser, World, edge, shard, until

pytestmark = pytest.mark.tools


def sidecar(proxy, watched, **environment: str) -> subprocess.Popen[bytes]:
    values = {"WATCHED": watched, "PAUSE": "0.2", "CONFIG": proxy.config, "PID_FILE": proxy.folder / "master.pid"}
    log = (proxy.folder / "sidecar").open("wb")
    path = f"{os.path.dirname(BINARY)}:{os.environ['PATH']}"  # noqa: PTH120
    return subprocess.Popen(
        ["sh", SCRIPTS / "reload.sh"],
        env={**proxy.environment, **{k: str(v) for k, v in values.items()}, "PATH": path, **environment},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def test_a_changed_configuration_is_taken_over_under_open_websockets_and_a_bad_one_is_not():
    async def run():
        async with World(edge((shard(0), shard(1)), replicas=1)) as world:
            (proxy,) = world.proxies
            config = proxy.folder / "haproxy.cfg"
            script = sidecar(proxy, config)
            try:
                browser = Browser(world, 0)
                sockets = [await browser.websocket(f"/xmpp-websocket?room=r{n}") for n in range(10)]
                first = proxy.worker
                good = config.read_text()
                config.write_text(good.replace("hash", "hush").replace("balance ", "ballance "))
                await until(lambda: "invalid" in (proxy.folder / "sidecar").read_text(), "the refusal")
                assert proxy.worker == first
                config.write_text(good.replace("maxconn 20000", "maxconn 7777"))
                await until(lambda: proxy.worker != first, "the reload")
                assert "Maxconn: 7777" in proxy.admin("show info")
                assert not any(socket.cut for socket in sockets)
                for socket in sockets:
                    socket.close()
            finally:
                os.killpg(script.pid, 9)
                script.wait()

    asyncio.run(run())


def test_two_haproxies_never_reload_in_the_same_turn(tmp_path):
    """The turn is 2 s here; a master is anything that notes when it was told."""
    note = "import signal,time,sys\nsignal.signal(12,lambda *_:print(time.time(),flush=True))\nprint(0,flush=True)\n"
    (tmp_path / "haproxy").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "haproxy").chmod(0o755)
    (tmp_path / "watched").write_text("a")
    started = []
    try:
        for number in range(2):
            told = (tmp_path / f"told-{number}").open("wb")
            master = subprocess.Popen([sys.executable, "-c", note + "while 1: signal.pause()"], stdout=told)
            (tmp_path / f"pid-{number}").write_text(str(master.pid))
            values = {"WATCHED": tmp_path / "watched", "PAUSE": "0.1", "PID_FILE": tmp_path / f"pid-{number}"}
            values |= {"REPLICAS": "2", "TURN_SECONDS": "2", "POD_NAME": f"haproxy-{number}"}
            env = {**{k: str(v) for k, v in values.items()}, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
            script = subprocess.Popen(["sh", SCRIPTS / "reload.sh"], env=env, stdout=subprocess.DEVNULL)
            started += [master, script]
        time.sleep(1.5)
        (tmp_path / "watched").write_text("b")
        end = time.time() + 15
        times: list[list[float]] = [[], []]
        while time.time() < end:
            times = [[float(t) for t in (tmp_path / f"told-{n}").read_text().split()[1:]] for n in range(2)]
            if all(times):
                break
            time.sleep(0.1)
        assert [len(noted) for noted in times] == [1, 1]
        assert [int(noted[0] / 2) % 2 for noted in times] == [0, 1]
    finally:
        for process in started:
            process.kill()
            process.wait()
