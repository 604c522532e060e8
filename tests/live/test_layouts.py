"""Calls in a stack whose bridges share a node, each behind a port of its own (`nodePort`)."""

import pytest

from lab.live import stacks
from lab.live.bridges import pod_at
from lab.live.guests import Guests, watch, worst_gaps


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document("nodePort", bridges={"perNode": 2}))
    with Guests(world) as guests:
        yield guests


def test_people_meet_behind_a_node_port(world, guests, measured):
    ann, ben = guests.meet("gallery")
    measured["bridges"] = sorted({ann.bridge, ben.bridge})
    assert len(measured["bridges"]) == 1
    port = ann.bridge.rpartition(":")[2]
    pod = pod_at(world, ann.bridge)
    assert port == f"3030{pod['metadata']['labels']['apps.kubernetes.io/pod-index']}"
    assert {each["spec"]["nodeName"] for each in world.pods("jvb")} == {pod["spec"]["nodeName"]}


def test_a_meeting_goes_on_behind_another_port_of_the_node(world, guests, measured):
    people = guests.meet("corridor")
    before = people[0].bridge
    leaving = pod_at(world, before)["metadata"]["name"]
    watch(people)
    world.delete(leaving)
    guests.moved(people, before)
    measured |= worst_gaps(people)
    assert {guest.bridge.partition(":")[0] for guest in people} == {before.partition(":")[0]}
    world.until("the pod is gone", lambda: world.gone(leaving), 300)
    assert not any(guest.report()["problems"] for guest in people)
    world.until("there are two bridges again", world.settled, 300)
