"""How long people hear and see nobody when they are moved to another bridge, and when theirs dies.

One stack of two bridges, and one meeting that goes from one to the other: `python -m lab.live --jitsi DIR tests/live/test_gaps.py`.
"""

import subprocess
import time

import httpx
import pytest

from config.bridges import ANNOUNCE_SECONDS, Bridges
from lab.live import stacks
from lab.live.bridges import REST, crash, pod_at
from lab.live.guests import Guests, watch, worst_gaps
from sizing.addresses import C2S_PORT

PEOPLE = 3
YOUNG_SECONDS = 60
"""Age of a bridge that has had nobody but itself."""
CALM_SECONDS = 20
"""Until clients have ended their old connections, and the bridge has compiled what they use."""
LOOK_SECONDS = 30
"""Longer than a bridge's session may be interrupted, and longer than a browser needs to give up a path."""
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
    return pod_at(world, people[0].bridge)


def ask(pod, method, path, **parameters):
    """A request to the private interface of a bridge or of jicofo."""
    port = REST[pod["metadata"]["labels"]["app.kubernetes.io/name"]]
    url = f"http://{pod['status']['podIP']}:{port}{path}"
    return httpx.request(method, url, params=parameters, timeout=30).raise_for_status()


def inside(world, pod, *command, **more):
    """Run a command in the network of a bridge's pod."""
    pid = world.worker(pod["metadata"]["name"]).container("jvb").init_pid()
    subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", *command], check=True, **more)


def move(world, guests, people):
    """Have jicofo move everybody to the other bridge."""
    before, pod, (jicofo,) = people[0].bridge, bridge(world, people), world.pods("jicofo")
    name = pod["metadata"]["name"]
    ask(pod, "POST", "/colibri/drain/enable")  # else jicofo may choose the same again
    time.sleep(ANNOUNCE_SECONDS)
    watch(people)
    ask(jicofo, "GET", "/move-endpoints/move-endpoints", bridge=name, numEndpoints=len(people))
    guests.moved(people, before)
    time.sleep(CALM_SECONDS)
    ask(pod, "POST", "/colibri/drain/disable")


def test_people_move_onto_a_bridge_that_is_a_minute_old_and_back(world, guests, people, measured):
    used = bridge(world, people)["metadata"]["name"]
    crash(world, next(name for each in world.pods("jvb") if (name := each["metadata"]["name"]) != used))
    time.sleep(3)  # until its probe has failed
    world.until("the other bridge is ready", world.settled, 300)
    time.sleep(YOUNG_SECONDS)
    for what in ("young", "warm"):
        move(world, guests, people)
        measured |= {f"{what}{name[0].upper()}{name[1:]}": value for name, value in worst_gaps(people).items()}


def test_people_whose_bridge_crashes_go_on_elsewhere(world, guests, people, measured):
    time.sleep(CALM_SECONDS)
    before = people[0].bridge
    watch(people)
    crash(world, bridge(world, people)["metadata"]["name"])
    guests.moved(people, before)
    measured |= worst_gaps(people)
    world.until("the bridge is back", world.settled, 300)
    assert measured["audioGapSeconds"] < LOOK_SECONDS / 2, "as with the image's settings"
    assert not any(each.cut() for each in people)


def test_nobody_notices_that_a_bridge_lost_its_connection_to_prosody(world, guests, people, measured):
    before = people[0].bridge
    watch(people)
    inside(world, bridge(world, people), "ss", "-K", "dport", "=", str(C2S_PORT))
    time.sleep(LOOK_SECONDS)
    measured |= worst_gaps(people)
    assert {each.bridge for each in people} == {before}


def test_people_whose_bridge_s_node_dies_go_on_elsewhere(world, guests, people, measured):
    time.sleep(CALM_SECONDS)
    before, pod = people[0].bridge, bridge(world, people)
    watch(people)
    inside(world, pod, "nft", "-f", "-", input=DEAD, text=True)
    try:
        guests.moved(people, before)
        measured |= worst_gaps(people)
    finally:
        inside(world, pod, "nft", "delete", "table", "inet", "dead")
    assert measured["audioGapSeconds"] < Bridges().silent_after + LOOK_SECONDS / 2
