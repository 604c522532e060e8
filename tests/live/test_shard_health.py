"""What `release` asks about a shard through the API server, answered by Jitsi's own programs."""

from contextlib import suppress

import pytest

from components.ingress.handover import FAULT_SECONDS
from components.ingress.shard_health import Health
from config.read import parse, stack_file
from lab.live import stacks
from lab.live.bridges import crash
from lab.live.guests import Guests

PEOPLE = 2


@pytest.fixture(scope="module")
def stack(world):
    world.up(stacks.document())
    return world


@pytest.fixture(scope="module")
def observer(stack):
    return stack.observer


@pytest.fixture(scope="module")
def shard(stack):
    (shard,) = parse(stack_file(stack.folder / "stack" / stacks.FILE)).resolved
    return shard


def test_a_shard_that_works_is_healthy_and_its_rooms_are_counted(stack, observer, shard, measured):
    stack.until("it is healthy", lambda: observer.health(shard) == Health(), FAULT_SECONDS)
    assert observer.rooms(shard.name, "prometheusAdapter") == (0, 0)
    with Guests(stack) as guests:
        guests.meet("hall", PEOPLE)
        rooms, _ = observer.rooms(shard.name, "prometheusAdapter")
        counted = (1, PEOPLE)
        stack.until("they count", lambda: observer.rooms(shard.name, "prometheusAdapter") == counted, FAULT_SECONDS)
        measured["rooms"], measured["people"] = counted
    assert rooms == 1, "a room counts at once"
    assert observer.led_by_all({shard.name})


def test_a_shard_without_bridges_is_not_healthy(stack, observer, shard, measured):
    def crashing():
        for pod in stack.pods("jvb"):
            with suppress(LookupError):  # it starts again
                crash(stack, pod["metadata"]["name"])
        return (found := observer.health(shard)) != Health() and found

    health = stack.until("it is noticed", crashing, FAULT_SECONDS)  # one crash takes 6 s, jicofo looks every 10 s
    measured["says"] = (*health.missing, *health.faults)[0]
    stack.until("the bridges are back", stack.settled, 300)
    stack.until("it is healthy again", lambda: observer.health(shard) == Health(), FAULT_SECONDS)
