"""Calls in a stack of two shards with one bridge each: who meets where, and what is left when a shard's only bridge leaves."""

import time

import pytest

from lab.live import stacks
from lab.live.bridges import pod_at, shard_of
from lab.live.guests import Guests, watch, worst_gaps
from probe.room_names import room_for

SHARDS = {"s0": (1, 1), "s1": (2, 1)}
"""Name -> number in the edge, draws."""
MIGRATE_AFTER = 120
"""Seconds. The edge cut such meetings a minute after jicofo had no bridge but a leaving one."""
LOOK_SECONDS = 100
"""After the bridge was told to leave; it keeps its meetings for `MIGRATE_AFTER` and more."""
BREAK_SECONDS = 10
"""Longest silence of a meeting that nobody touches, on a machine with other work."""
ROOMS = {
    "first shard": ("s0", "", False),
    "second shard": ("s1", "", False),
    "tenant": (None, "/school", False),
    "capitals": ("s0", "", True),
    "tenant and capitals": (None, "/School", True),
}
"""What is tried -> the shard that its hash selects (None if it is not worked out here), tenant, and whether one asks with capitals."""


@pytest.fixture(scope="module")
def guests(world):
    drain = {"deadline": "6m", "migrateAfter": f"{MIGRATE_AFTER}s"}
    world.up(stacks.document(bridges={"min": 1, "drain": drain}, shards=list(stacks.TWO_SHARDS)))
    with Guests(world) as guests:
        yield guests


@pytest.mark.parametrize("what", ROOMS)
def test_everybody_of_a_room_is_on_one_shard_and_bridge(world, guests, measured, what):
    shard, tenant, capitals = ROOMS[what]
    room = room_for(shard or "s1", SHARDS)
    ann = guests.join(room, tenant=tenant, bosh=True)
    ben = guests.join(room, tenant=tenant.lower(), spelled=room.upper() if capitals else room)
    guests.flowing([ann, ben])
    assert (ann.by_bosh, ben.by_bosh) == (True, False)
    assert ann.bridge == ben.bridge
    measured["shard"] = shard_of(pod_at(world, ann.bridge))
    assert measured["shard"] == (shard or measured["shard"])


def test_the_last_bridge_of_a_shard_leaves_and_nobody_loses_signalling(world, guests, measured):
    room, later = room_for("s0", SHARDS), room_for("s0", SHARDS)
    people = guests.meet(room)
    leaving = leave(world, people)
    began = time.monotonic()
    time.sleep(LOOK_SECONDS / 3)
    late = guests.join(room)
    guests.flowing([late])
    assert late.bridge == people[0].bridge, "open rooms stay on their shard"
    elsewhere = guests.meet(later)
    measured["newRoomOpensOn"] = shard_of(pod_at(world, elsewhere[0].bridge))
    assert measured["newRoomOpensOn"] == "s1"
    stay(people, began, measured)
    watch(people)
    world.until("the pod is gone", lambda: world.gone(leaving), 400)
    world.until("there is a bridge again", world.settled, 400)
    world.until("all hear each other again", lambda: all(hears(guest) for guest in people), 120)
    measured["silentUntilTheNextBridgeSeconds"] = worst_gaps(people)["audioGapSeconds"]
    assert not any(guest.cut() for guest in elsewhere)


def test_all_bridges_leave_at_once_and_nobody_loses_signalling(world, guests, measured):
    meetings = [guests.meet(room_for(shard, SHARDS)) for shard in SHARDS]
    leaving = [leave(world, people) for people in meetings]
    stay([guest for people in meetings for guest in people], time.monotonic(), measured)
    world.until("the pods are gone", lambda: all(map(world.gone, leaving)), 400)
    world.until("there are bridges again", world.settled, 400)


def leave(world, people):
    """Let the only bridge of a meeting leave; return its pod."""
    pod = pod_at(world, people[0].bridge)["metadata"]["name"]
    watch(people)
    world.delete(pod)
    return pod


def hears(guest):
    """Whether audio comes in."""
    before = guest.report()["audioIn"]["packets"]
    time.sleep(1)
    return guest.report()["audioIn"]["packets"] != before


def stay(people, began, measured):
    """Look until the edge would have cut the meeting, at people who are still in it."""
    before = [guest.bridge for guest in people]
    while time.monotonic() < began + LOOK_SECONDS:
        assert not any(guest.cut() for guest in people)
        time.sleep(2)
    measured |= worst_gaps(people)
    measured["lookedSeconds"] = round(time.monotonic() - began)
    assert [guest.bridge for guest in people] == before
    assert measured["audioGapSeconds"] < BREAK_SECONDS
