"""ready.sh, run as the kubelet runs it, against a played bridge that answers as the real one does. Needs curl and jq."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from config.boot import WARM_UP_SECONDS
from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.bridge_rest import Rest

READY = Path(__file__).parents[2] / "components" / "bridges" / "scripts" / "ready.sh"
CONF = "videobridge {\n  initial-drain-mode = true\n}\n"


def test_the_script_has_the_time_that_boot_and_probes_count_with():
    assert f"limit=${{LIMIT:-{WARM_UP_SECONDS}}}" in READY.read_text()


pytestmark = [pytest.mark.tools, pytest.mark.timeout(120)]


class World:
    """A bridge, and the container in which its probe runs."""

    def __init__(self, folder, *, relays=True, conf=CONF):
        self.folder, self.relays, self.conf = folder, relays, conf
        self.process, self.asked, self.mark, self.log = (folder / name for name in ("proc", "asked", "opened", "log"))
        self.start("307", 1000)

    def start(self, pid, since):
        """A fresh JVM, in the place of the former one."""
        self.bridge = SimulatedBridge("jvb-0", "1", self.conf, 100, 1.0, relays=self.relays)
        self.bridge.began -= 60
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.rest = Rest(listener, self.bridge, threading.RLock())
        (self.process / pid).mkdir(parents=True)
        (self.process / pid / "stat").write_text(f"{pid} (java) S " + " ".join(["1"] * 18) + f" {since} 0 0\n")

    def end(self):
        self.rest.shutdown()
        self.rest.server_close()
        for stat in self.process.glob("*/stat"):
            stat.unlink()
            stat.parent.rmdir()

    def begin(self, **settings):
        env = {
            "PATH": os.environ["PATH"],
            "ENABLE_OCTO": str(int(self.relays)),
            "BRIDGE": self.url,
            "PROC": str(self.process),
            "ASKED": str(self.asked),
            "MARK": str(self.mark),
            "LOG": str(self.log),
            "LIMIT": "60",
            **{name: str(value) for name, value in settings.items()},
        }
        return subprocess.Popen(
            ["/bin/sh", READY], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, **settings):
        """Whether the probe succeeded."""
        running = self.begin(**settings)
        output, _ = running.communicate(timeout=90)
        assert output == ""
        return running.returncode == 0

    @property
    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    @property
    def left(self):
        """What the meetings with itself left behind."""
        return self.bridge.held.meetings


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.end()


def test_a_fresh_bridge_is_kept_back_until_it_has_met_itself(world):
    assert world.bridge.drain
    assert not world.bridge.warm
    assert world.run()
    assert world.bridge.warm
    assert world.bridge.held.connected == 6  # both sides of three connections
    assert not world.bridge.drain
    assert world.said.startswith("warm-up: done, after ")


def test_it_leaves_nothing_but_the_count_of_meetings(world):
    world.run()
    assert world.left == {}
    figures = world.bridge.figures()
    assert (figures["conferences"], figures["local_endpoints"]) == (0, 0)
    assert world.bridge.held.created == world.bridge.held.completed == 2


def test_it_warms_up_once_for_each_run_of_the_jvm(world):
    assert world.run()
    assert world.run()
    assert world.bridge.held.created == 2
    world.end()
    world.start("391", 4000)  # s6 has restarted it: cold, and in drain mode
    assert world.bridge.drain
    assert world.run()
    assert world.bridge.warm
    assert not world.bridge.drain


def test_a_restart_with_the_same_process_number_is_a_new_run(world):
    world.run()
    world.end()
    world.start("307", 9000)
    world.run()
    assert world.bridge.warm


def test_a_bridge_without_health_is_not_ready_and_is_not_touched(world):
    world.bridge.began = time.time() + 60
    assert not world.run()
    assert world.bridge.drain
    assert world.bridge.held.created == 0


def test_drain_mode_that_somebody_sets_later_stays(world):
    world.run()
    world.bridge.drain = True
    assert world.run()
    assert world.bridge.drain


def test_a_leaving_bridge_is_neither_warmed_nor_opened(world):
    world.asked.write_text("1\n")
    assert world.run()
    assert world.bridge.drain
    assert world.bridge.held.created == 0


def test_a_bridge_that_begins_to_leave_meanwhile_stays_in_drain_mode(world):
    with world.rest.lock:
        running = world.begin()
        time.sleep(1.5)  # its first request with the lock waits
        world.asked.write_text("1\n")
    assert running.wait(60) == 0
    assert world.bridge.drain


def test_a_bridge_with_people_opens_without_a_meeting_of_its_own(world):
    world.bridge.seat.load, world.bridge.seat.rooms = 2, {"room": 2}
    assert world.run()
    assert world.bridge.held.created == 0
    assert not world.bridge.drain
    assert "meetings are on this bridge" in world.said


def test_without_relays_only_the_endpoints_are_set_up(tmp_path):
    world = World(tmp_path, relays=False)
    assert world.run()
    assert (world.bridge.held.created, world.bridge.held.connected) == (1, 0)
    assert not world.bridge.drain
    assert world.left == {}
    world.end()


def test_a_bridge_that_refuses_opens_cold_and_says_why(world):
    assert world.run(ENABLE_OCTO=1, BRIDGE=world.url)
    world.end()
    world.relays = False  # the pod says that it has relays, and the bridge refuses them
    world.start("500", 1)
    assert world.run(ENABLE_OCTO=1)
    assert not world.bridge.drain
    assert not world.bridge.warm
    assert "given up: " in world.said
    assert "400" in world.said
    assert world.left == {}


def test_a_bridge_that_never_connects_opens_at_the_limit_and_says_so(world, monkeypatch):
    monkeypatch.setattr("lab.rehearsal.colibri._meet", lambda *_: False)
    assert world.run(LIMIT=8)
    assert not world.bridge.drain
    assert "given up: " in world.said
    assert "8 s" in world.said
    assert world.left == {}


def test_a_bridge_without_the_counter_of_connections_opens_too(world, monkeypatch):
    whole = SimulatedBridge.exposition
    monkeypatch.setattr(
        SimulatedBridge, "exposition", lambda self: whole(self).replace("ice_succeeded", "ice_of_another_release")
    )
    assert world.run(LIMIT=8)
    assert not world.bridge.drain
    assert "given up: " in world.said


def test_a_bridge_in_graceful_shutdown_refuses_the_meeting(world):
    world.bridge.state = State.GRACEFUL_SHUTDOWN
    assert world.run()
    assert "given up" in world.said


def test_a_bridge_that_starts_open_is_warmed_up_too(tmp_path):
    world = World(tmp_path, conf="")
    assert world.run()
    assert world.bridge.warm
    world.end()


def test_a_bridge_whose_answers_hang_is_not_ready_and_is_asked_again(world):
    world.bridge.trouble = "hang"
    assert not world.run()
    world.bridge.trouble = ""
    assert world.run()
    assert world.bridge.warm
