"""What `release` asks about a shard through the API server, answered by Jitsi's own programs."""

import pytest

from components.ingress.shard_health import Health, Observer
from components.kubernetes.cluster_reader import cluster_reader
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
def file(stack):
    return stack.folder / "stack" / stacks.FILE


@pytest.fixture(scope="module")
def observer(stack, file):
    kubeconfig = stack.embedded.engine.run(file, "stack", "output", "kubeconfig", "--show-secrets")
    return Observer(reader=cluster_reader(kubeconfig), namespace=stacks.NAMESPACE)


@pytest.fixture(scope="module")
def shard(file):
    (shard,) = parse(stack_file(file)).resolved
    return shard


def test_a_shard_that_works_is_healthy_and_its_rooms_are_counted(stack, observer, shard, measured):
    assert observer.health(shard) == Health()
    assert observer.rooms(shard.name, "prometheusAdapter") == (0, 0)
    with Guests(stack) as guests:
        guests.meet("hall", PEOPLE)
        measured["rooms"], measured["people"] = observer.rooms(shard.name, "prometheusAdapter")
    assert (measured["rooms"], measured["people"]) == (1, PEOPLE)
    assert observer.led_by_all({shard.name})


def test_a_shard_without_bridges_is_not_healthy(stack, observer, shard, measured):
    for pod in stack.pods("jvb"):
        crash(stack, pod["metadata"]["name"])
    health = stack.until("it is noticed", lambda: (found := observer.health(shard)) != Health() and found, 60)
    measured["says"] = (*health.missing, *health.faults)[0]
    stack.until("the bridges are back", stack.settled, 300)
    stack.until("it is healthy again", lambda: observer.health(shard) == Health(), 60)
