"""Calls of more people than one bridge carries: over two bridges, and on a full one while the other leaves."""

import time

import pytest

from lab.live import stacks
from lab.live.bridges import figures, pod_at
from lab.live.guests import Guests, watch, worst_gaps
from lab.live.programs import PACKETS
from sizing.bridge_load import (
    RAMP_UP_SECONDS,
    REDISTRIBUTION_INTERVAL_SECONDS,
    REDISTRIBUTION_STRESS,
    STRESS_AT_CAPACITY,
)

FULL = 600
"""Packets a second, in and out, at which a bridge is full: three people make some 700, two 300."""
ONE_AT_A_TIME = 7
"""Participants of a bridge of which jicofo moves one at a time."""
MIGRATE_AFTER = 200
"""Seconds, for which the one that leaves keeps its meeting."""
SETTLE_SECONDS = RAMP_UP_SECONDS + 15
"""Until a bridge's stress is what its people cost, without jicofo's estimate for those who just came."""
LOOK_SECONDS = 3 * REDISTRIBUTION_INTERVAL_SECONDS
MOVED = "jitsi_jicofo_load_redistributor_endpoints_moved_total"


@pytest.fixture(scope="module")
def guests(world):
    with Guests(world) as guests:
        yield guests


def test_a_meeting_over_two_bridges_has_its_media_relayed(world, guests, measured):
    world.up(stacks.document(bridges={"participants": 2, "redistribution": False}))
    people = guests.meet("assembly", 4)
    world.until(
        "everybody hears and sees all others",
        lambda: all(guest.report()[kind]["streams"] >= 3 for guest in people for kind in ("audioIn", "videoIn")),
        120,
    )
    on = sorted(guest.bridge for guest in people)
    measured["bridges"] = on
    assert len(set(on)) == 2
    assert on.count(on[0]) == 2
    time.sleep(10)  # bridges count over 5 s
    bridges = [figures(pod_at(world, address)) for address in sorted(set(on))]
    measured["relayedKbps"] = [str(round(each["jitsi_jvb_relay_incoming_bitrate"] / 1000)) for each in bridges]
    assert all(each["jitsi_jvb_conferences_with_relay"] == 1 for each in bridges)
    assert all(each["jitsi_jvb_relay_incoming_bitrate"] > 0 for each in bridges)
    assert not any(guest.report()["problems"] for guest in people)


def test_nobody_is_moved_while_no_open_bridge_has_room(world, guests, measured):
    drain = {"deadline": "6m", "migrateAfter": f"{MIGRATE_AFTER}s"}
    bridges = {"participants": ONE_AT_A_TIME, "drain": drain}
    world.up(stacks.document(bridges=bridges, env={"jvb": {PACKETS: FULL}}))
    (jicofo,) = world.pods("jicofo")
    leaving = pod_at(world, guests.meet("lab", 2)[0].bridge)
    world.delete(leaving["metadata"]["name"])
    world.until("it leaves", lambda: figures(leaving)["jitsi_jvb_drain_mode"] == 1, 30)
    time.sleep(10)  # jicofo knows
    many = guests.meet("course", 3)
    full = pod_at(world, many[0].bridge)
    assert full["metadata"]["name"] != leaving["metadata"]["name"]
    time.sleep(SETTLE_SECONDS)
    stress = [figures(pod)["jitsi_jvb_stress"] for pod in (leaving, full)]
    measured["stressOfTheOneThatLeaves"], measured["stressOfTheFullOne"] = (round(each, 2) for each in stress)
    assert stress[0] < STRESS_AT_CAPACITY
    assert stress[1] > REDISTRIBUTION_STRESS
    moved = figures(jicofo)[MOVED]
    watch(many)
    time.sleep(LOOK_SECONDS)
    measured["movedInVain"] = round(figures(jicofo)[MOVED] - moved)
    measured |= worst_gaps(many)
    assert measured["movedInVain"] == 0
    world.until("another bridge has room", lambda: world.gone(leaving["metadata"]["name"]) and world.settled(), 400)
    world.until("it relieves the full one", lambda: figures(jicofo)[MOVED] > moved, 4 * REDISTRIBUTION_INTERVAL_SECONDS)
    guests.flowing(many)
