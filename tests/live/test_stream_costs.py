"""What a stream costs the only bridge of a stack, at two to four loads of each kind of media."""

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.live import camera, stacks
from lab.live.__main__ import OUT
from lab.live.bridge_process import BridgeProcess
from lab.live.guests import Guests
from lab.live.programs import versions
from lab.live.stream_costs import IDLE, RESULTS
from lab.live.stream_loads import FORGET_SECONDS, PROFILES, WARM_UP, measure, play
from lab.paths import PROJECT

POINTS = []


def model():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def revision():
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "not known"


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document(bridges={"min": 1}))
    with Guests(world, camera=camera.film(world.folder / "film.y4m")) as guests:
        yield guests


@pytest.fixture(scope="module")
def bridge(world, guests, jitsi):
    bridge = BridgeProcess.of(world, world.pods("jvb")[0]["metadata"]["name"])
    name, people = WARM_UP
    play(guests, next(each for each in PROFILES if each.name == name), 1, people)
    guests.leave()
    time.sleep(FORGET_SECONDS)
    yield bridge
    document = {
        "day": datetime.now(UTC).date().isoformat(),
        "revision": revision(),
        "versions": versions(jitsi),
        "machine": {"cores": os.cpu_count(), "model": model()},
        "points": POINTS,
    }
    Path(os.environ[OUT]).with_name(RESULTS.name).write_text(json.dumps(document, indent=1) + "\n")


def test_an_idle_bridge_costs_next_to_nothing(bridge):
    idle = measure(bridge, IDLE, 0, [])
    POINTS.append(idle.as_dict())
    assert idle.cores < 0.2


@pytest.mark.parametrize(
    ("profile", "rooms", "people"),
    [pytest.param(each, *load, id="-".join(map(str, (each.name, *load)))) for each in PROFILES for load in each.loads],
)
def test_a_load_costs_the_bridge(guests, bridge, profile, rooms, people):
    came = play(guests, profile, rooms, people)
    found = measure(bridge, profile.name, rooms, came)
    POINTS.append(found.as_dict())
    assert found.audio_streams == rooms * people * (people - 1)
    assert found.packets_per_second > 0
