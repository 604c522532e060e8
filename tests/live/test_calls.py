"""Calls in a stack of one shard with two bridges."""

import pytest

from lab.live import stacks
from lab.live.bridges import pod_at
from lab.live.guests import Guests, watch, worst_gaps


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document())
    with Guests(world) as guests:
        yield guests


def test_two_people_hear_and_see_each_other(guests, measured):
    ann, ben = guests.meet("hall")
    measured["bridges"] = sorted({ann.bridge, ben.bridge})
    assert len(measured["bridges"]) == 1
    assert ann.bridge.endswith(":10000")


def test_a_lobby_lets_nobody_in_unasked(world, guests, measured):
    ann = guests.join("office")
    world.until("the first one moderates", lambda: ann.page.run("Boolean(jitsiCall.room?.isModerator())"), 60)
    ann.page.run("jitsiCall.room.enableLobby()")
    ben = guests.join("office")
    refused = guests.refused(ben)
    assert refused == "conference.connectionError.membersOnly"
    assert ben.report()["joined"] is None
    measured["reason"] = refused


def test_a_meeting_goes_on_elsewhere_when_its_bridge_leaves(world, guests, measured):
    people = guests.meet("lesson", 2)
    before = people[0].bridge
    leaving = pod_at(world, before)["metadata"]["name"]
    watch(people)
    world.delete(leaving)
    guests.moved(people, before)
    measured |= worst_gaps(people)
    world.until("the pod is gone", lambda: world.gone(leaving), 300)
    assert not any(guest.report()["problems"] for guest in people)
    world.until("there are two bridges again", world.settled, 300)
