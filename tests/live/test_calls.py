"""Calls in a stack of one shard with two bridges."""

import pytest

from lab.live import stacks
from lab.live.guests import Guests


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document())
    with Guests(world) as guests:
        yield guests


def pod_of(world, bridge):
    """The pod of the bridge that advertises this address and port: pods are told apart by their nodes."""
    address = bridge.rpartition(":")[0]
    for pod in world.pods("jvb"):
        node = world.api.get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
        if any(each["address"] == address for each in node["status"]["addresses"]):
            return pod["metadata"]["name"]
    raise AssertionError(f"no bridge has {bridge}")


def gone(world, pod):
    return pod not in {each["metadata"]["name"] for each in world.pods("jvb")}


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
    leaving = pod_of(world, before)
    for guest in people:
        guest.watch()
    world.delete(leaving)
    world.until("all are on another bridge", lambda: all(guest.bridge not in (before, "") for guest in people), 180)
    guests.flowing(people)
    worst = [guest.gaps() for guest in people]
    measured["audioGapSeconds"] = max(each["audio"] for each in worst)
    measured["videoGapSeconds"] = max(each["video"] for each in worst)
    world.until("the pod is gone", lambda: gone(world, leaving), 300)
    assert not any(guest.report()["problems"] for guest in people)
    world.until("there are two bridges again", world.settled, 300)
