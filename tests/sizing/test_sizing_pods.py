"""Web, prosody and jicofo as large as the shard, never larger than they can use, and on nodes that hold them."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_stacks import stack_of
from sample_stacks import NAMES, pod_templates

from config.read import parse, stack_file
from config.web import Web
from sizing.bridge_load import STRESS_AT_CAPACITY, meeting_cap, participant_stress, redistribution
from sizing.parts import NAMED
from sizing.pod_sizes import PodSize, allocatable, nodes_for
from sizing.signalling_sizes import NGINX_WORKERS, SignallingSize, signalling_size, size_class
from sizing.system_pods import system_max, system_pods

ROOT = Path(__file__).parents[2]
STACKS = sorted([*ROOT.glob("Pulumi.*.yaml"), *(ROOT / "tests" / "stacks").glob("*.yaml")])
LARGEST = 10_000


def size_of(participants: int, web: Web | None = None) -> SignallingSize:
    """A shard that carries so many."""
    bridges = {"topology": "static", "min": 1, "participants": participants, "bitrateKbps": 1}
    (shard,) = stack_of(bridges=bridges).resolved
    return signalling_size(shard, web or Web())


def test_a_small_shard_asks_for_little() -> None:
    size = size_of(120)
    assert size.prosody == PodSize(400, 384)
    assert size.jicofo == PodSize(250, 1024)
    assert size.web == PodSize(150, 256)


def test_a_shard_that_is_sized_for_its_future_grows_without_another_size() -> None:
    bridges = {"topology": "autoscaled", "min": 2}
    small, grown = (
        signalling_size(stack_of(bridges={**bridges, "max": most}, signalling={"sizedFor": 4000}).resolved[0], Web())
        for most in (4, 40)
    )
    assert (small.prosody, small.jicofo, small.web) == (grown.prosody, grown.jicofo, grown.web)
    assert small.participants == size_class(4000)
    assert small.web_max < grown.web_max, "more web pods restart nobody"


def test_a_shard_as_large_as_meet_jit_sis_gets_what_those_have_or_more() -> None:
    size = size_of(4000)
    assert size.jicofo_heap_mib == 1536
    assert size.prosody.memory_mib >= 1024
    assert size.web_max * size.web.millicpu * 0.7 >= 1300, "everybody's first page within five minutes"


@given(st.integers(1, LARGEST))
def test_no_part_asks_for_a_core_that_it_cannot_use(participants: int) -> None:
    size = size_of(participants)
    assert size.prosody.millicpu <= 1000, "one thread"
    assert size.jicofo.memory_mib >= size.jicofo_heap_mib + 512
    assert 512 <= size.jicofo_heap_mib <= 3072
    assert size.web_min <= size.web_max <= 20


@given(st.lists(st.integers(1, LARGEST), min_size=2, max_size=6))
def test_a_larger_shard_never_gets_less(sizes: list[int]) -> None:
    for smaller, larger in pairwise([size_of(participants) for participants in sorted(sizes)]):
        for one, other in (
            (smaller.prosody, larger.prosody),
            (smaller.jicofo, larger.jicofo),
            (smaller.web, larger.web),
        ):
            assert one.millicpu <= other.millicpu
            assert one.memory_mib <= other.memory_mib
        assert smaller.web_max <= larger.web_max


@given(st.integers(1, 4000), st.integers(1, 20))
def test_the_fewest_web_pods_have_connections_for_everybody(participants: int, replicas: int) -> None:
    size = size_of(participants, Web(replicas=replicas))
    assert replicas * NGINX_WORKERS * size.nginx_connections >= participants * 6


def test_one_more_bridge_restarts_nobody() -> None:
    """Another size would: prosody's rooms live in its memory."""
    assert [size_class(people) for people in (1, 250, 251, 600, 800, 1000, 1001, 3600, 4000)] == [
        *(250, 250, 500, 1000, 1000, 1000, 2000, 4000, 4000)
    ]
    before, after = size_of(600), size_of(800)
    assert (before.prosody, before.jicofo, before.web) == (after.prosody, after.jicofo, after.web)
    assert before.nginx_connections == after.nginx_connections


@given(st.integers(1, LARGEST))
def test_a_size_is_never_for_fewer_nor_for_twice_as_many(participants: int) -> None:
    rounded = size_class(participants)
    assert participants <= rounded
    assert rounded == 250 or rounded < 2 * participants


def test_what_the_operator_says_about_web_wins() -> None:
    assert not size_of(4000, Web(replicas=3, max_replicas=3)).web_scales
    assert size_of(4000, Web(max_replicas=5)).web_max == 5
    assert size_of(100, Web(replicas=6)).web_max == 6


@pytest.mark.parametrize("participants", [1, 30, 60, 100, 150, 400])
def test_a_bridge_counts_as_full_when_it_has_its_participants_measured_or_not(participants: int) -> None:
    (shard,) = stack_of(bridges={"participants": participants}).resolved
    guessed = participant_stress(shard.bridges) * participants
    assert guessed == pytest.approx(STRESS_AT_CAPACITY, rel=0.01)
    assert meeting_cap(shard.bridges) == participants
    assert redistribution(shard.bridges).stress_threshold > STRESS_AT_CAPACITY, (
        "jicofo needs it above its own threshold"
    )


def test_pods_share_nodes_and_none_is_overfull() -> None:
    room = PodSize(1000, 1000)
    assert nodes_for([], room) == 0
    assert nodes_for([PodSize(600, 1), PodSize(600, 1), PodSize(400, 1), PodSize(400, 1)], room) == 2
    assert nodes_for([PodSize(1, 600), PodSize(1, 600)], room) == 2, "memory counts as well"
    assert nodes_for([PodSize(1001, 1)], room) is None
    assert nodes_for([PodSize(1, 1001)], room) is None


@given(st.lists(st.builds(PodSize, st.integers(1, 1000), st.integers(1, 1000)), max_size=30))
def test_nodes_are_never_fewer_than_the_sum_needs(pods: list[PodSize]) -> None:
    needed = nodes_for(pods, PodSize(1000, 1000))
    assert needed is not None
    assert needed * 1000 >= max(sum(pod.millicpu for pod in pods), sum(pod.memory_mib for pod in pods))
    assert needed <= len(pods)


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.stem)
def test_every_stack_of_the_repository_has_room_for_its_signalling(path: Path) -> None:
    config = parse(stack_file(path))
    if config.cluster.kind == "kapsule":
        needed = nodes_for(system_pods(config), allocatable(config.cluster.system.node_type))
        assert needed is not None
        assert needed <= system_max(config)


def requests(container: dict[str, dict[str, dict[str, str]]]) -> PodSize:
    asked = container["resources"]["requests"]
    memory = asked["memory"]
    return PodSize(
        int(asked["cpu"].removesuffix("m")),
        int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1),
    )


@pytest.mark.parametrize("stack", NAMES)
def test_the_plan_counts_what_the_program_asks_for(stack: str) -> None:
    """Each kind of pod that the program makes beside those with nodes of their own is one that the plan counts, at that size."""
    from sample_stacks import FILES, OWN

    config = parse(OWN[stack] if stack in OWN else stack_file(FILES[stack]))
    counted = list(system_pods(config))
    for owner, template in pod_templates(stack):
        if NAMED[template["metadata"]["labels"]["app.kubernetes.io/name"]].nodes == "own":
            continue
        each = [requests(container) for container in template["spec"]["containers"]]
        whole = PodSize(sum(one.millicpu for one in each), sum(one.memory_mib for one in each))
        assert whole in counted, f"{owner} asks for {whole}"


def test_the_maximum_of_system_nodes_follows_from_the_shards_unless_it_is_set() -> None:
    def limit(shards: int, **system: int) -> int:
        entries = [{"name": f"s{number}", "zone": "fr-par-1"} for number in range(shards)]
        return system_max(stack_of(shards=entries, cluster={"version": "1.35.3", "system": system}))

    assert [limit(1), limit(2)] == [3, 3]
    assert limit(16) == 17
    assert limit(16, max=4) == 4
    assert limit(1, min=5) == 5
