"""How long people hear and see nobody when they are moved to another bridge, and when theirs dies.

One stack of two bridges, and one meeting that goes from one to the other: `make live JITSI=DIR TESTS=tests/live/test_gaps.py`.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from config.bridges import ANNOUNCE_SECONDS, Bridges
from lab.live import stacks
from lab.live.guests import Guests
from sizing.addresses import C2S_PORT, JICOFO_PORT
from sizing.parts import JVB

PEOPLE = 3
YOUNG_SECONDS = 60
"""Age of a bridge that has had nobody but itself."""
CALM_SECONDS = 20
"""Until clients have ended their old connections, and the bridge has compiled what they use."""
LOOK_SECONDS = 30
"""Longer than a bridge's session may be interrupted, and longer than a browser needs to give up a path."""
MOVE_SECONDS = 180
DEAD = "table inet dead { chain in { type filter hook input priority 0; policy drop; }; chain out { type filter hook output priority 0; policy drop; }; }"


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document())
    with Guests(world) as guests:
        yield guests


@pytest.fixture
def people(guests):
    return guests.meet("gap", PEOPLE)


def bridge(world, people):
    """The pod of the bridge that they are on."""
    address = people[0].bridge.rpartition(":")[0]
    for pod in world.pods("jvb"):
        node = world.api.get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
        if any(each["address"] == address for each in node["status"]["addresses"]):
            return pod
    raise AssertionError(f"no bridge has {address}")


def ask(pod, port, method, path, **parameters):
    """A request to the private interface of a pod."""
    return httpx.request(
        method, f"http://{pod['status']['podIP']}:{port}{path}", params=parameters, timeout=30
    ).raise_for_status()


def first_process(world, pod):
    """The pid of the bridge's container."""
    return world.worker(pod["metadata"]["name"]).container("jvb").init_pid()


def inside(world, pod, *command, **more):
    """Run a command in the network of a bridge's pod."""
    subprocess.run(["nsenter", f"--net=/proc/{first_process(world, pod)}/ns/net", *command], check=True, **more)


def crash(world, pod):
    """Kill the bridge's Java, which init starts again after a second."""
    left = [first_process(world, pod)]
    while left:
        pid = left.pop()
        if Path(f"/proc/{pid}/comm").read_text().strip() == "java":
            os.kill(pid, signal.SIGKILL)
            return
        for task in Path(f"/proc/{pid}/task").iterdir():
            left += map(int, (task / "children").read_text().split())
    raise AssertionError(f"no java runs in {pod['metadata']['name']}")


def watch(people):
    """Start to measure everybody's gaps, anew."""
    for each in people:
        each.watch()


def gaps(people, what=""):
    """The worst gaps of all since `watch`: `audioGapSeconds`, or `youngAudioGapSeconds`."""
    found = [each.gaps() for each in people]
    names = {kind: f"{what}{kind.title() if what else kind}GapSeconds" for kind in ("audio", "video")}
    return {name: max(each[kind] for each in found) for kind, name in names.items()}


def elsewhere(world, guests, people, before):
    """Wait until media flows for all on another bridge."""
    world.until(
        "all are on another bridge", lambda: all(each.bridge not in (before, "") for each in people), MOVE_SECONDS
    )
    guests.flowing(people)


def move(world, guests, people):
    """Have jicofo move everybody to the other bridge."""
    before, pod, (jicofo,) = people[0].bridge, bridge(world, people), world.pods("jicofo")
    rest, name = JVB.port("rest"), pod["metadata"]["name"]
    ask(pod, rest, "POST", "/colibri/drain/enable")  # else jicofo may choose the same again
    time.sleep(ANNOUNCE_SECONDS)
    watch(people)
    ask(jicofo, JICOFO_PORT, "GET", "/move-endpoints/move-endpoints", bridge=name, numEndpoints=len(people))
    elsewhere(world, guests, people, before)
    time.sleep(CALM_SECONDS)
    ask(pod, rest, "POST", "/colibri/drain/disable")


def test_people_move_onto_a_bridge_that_is_a_minute_old_and_back(world, guests, people, measured):
    used = bridge(world, people)["metadata"]["name"]
    crash(world, next(each for each in world.pods("jvb") if each["metadata"]["name"] != used))
    time.sleep(3)  # until its probe has failed
    world.until("the other bridge is ready", world.settled, 300)
    time.sleep(YOUNG_SECONDS)
    for what in ("young", "warm"):
        move(world, guests, people)
        measured |= gaps(people, what)


def test_people_whose_bridge_crashes_go_on_elsewhere(world, guests, people, measured):
    time.sleep(CALM_SECONDS)
    before = people[0].bridge
    watch(people)
    crash(world, bridge(world, people))
    elsewhere(world, guests, people, before)
    measured |= gaps(people)
    world.until("the bridge is back", world.settled, 300)
    assert measured["audioGapSeconds"] < LOOK_SECONDS / 2, "as with the image's settings"


def test_nobody_notices_that_a_bridge_lost_its_connection_to_prosody(world, guests, people, measured):
    before = people[0].bridge
    watch(people)
    inside(world, bridge(world, people), "ss", "-K", "dport", "=", str(C2S_PORT))
    time.sleep(LOOK_SECONDS)
    measured |= gaps(people)
    assert {each.bridge for each in people} == {before}


def test_people_whose_bridge_s_node_dies_go_on_elsewhere(world, guests, people, measured):
    time.sleep(CALM_SECONDS)
    before, pod = people[0].bridge, bridge(world, people)
    watch(people)
    inside(world, pod, "nft", "-f", "-", input=DEAD, text=True)
    try:
        elsewhere(world, guests, people, before)
        measured |= gaps(people)
    finally:
        inside(world, pod, "nft", "delete", "table", "inet", "dead")
    assert measured["audioGapSeconds"] < Bridges().silent_after + LOOK_SECONDS / 2
