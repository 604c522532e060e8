"""How many people, bridges and nodes: sums over shards, and what is left out of them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import stack_of

from sizing.stack_capacity import stack_capacity

TWO = [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]


def test_a_stack_carries_what_its_bridges_carry_together() -> None:
    told = stack_capacity(stack_of(shards=TWO, bridges={"min": 2, "max": 10, "participants": 80}))
    assert told["participants"] == 2 * 10 * 80
    assert told["bridges"] == {"min": 4, "max": 20}
    assert [each["participants"] for each in told["perShard"]] == [800, 800]


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_shard_without_new_meetings_offers_no_places(state: str) -> None:
    told = stack_capacity(stack_of(shards=[TWO[0], TWO[1] | {"state": state}]))
    assert told["participants"] == told["perShard"][0]["participants"]
    assert told["perShard"][1]["state"] == state


def test_the_maximum_of_a_fixed_topology_is_its_minimum() -> None:
    told = stack_capacity(stack_of(bridges={"topology": "static", "min": 3, "max": 9}))
    assert told["bridges"] == {"min": 3, "max": 3}
    assert told["nodes"] == {"min": 3, "max": 3}
    assert told["participants"] == 300


def test_an_override_counts_for_its_shard_alone() -> None:
    told = stack_capacity(stack_of(shards=[TWO[0], TWO[1] | {"bridges": {"max": 20, "drain": {"deadline": "2h"}}}]))
    assert [each["bridges"]["max"] for each in told["perShard"]] == [10, 20]
    assert told["drainSeconds"] == 7200, "the longest drain of all"


def test_nodes_of_the_system_pool_stand_apart() -> None:
    config = {"version": "1.35.3", "system": {"nodeType": "PRO2-XS", "min": 2, "max": 4}}
    assert stack_capacity(stack_of(cluster=config))["systemNodes"] == {"min": 2, "max": 4}
    assert stack_capacity(stack_of(None, cluster={"kind": "existing"}))["systemNodes"] == {"min": 0, "max": 0}


@settings(deadline=None, max_examples=60)
@given(
    least=st.integers(1, 20),
    more=st.integers(0, 40),
    per_node=st.integers(1, 8),
    spares=st.integers(0, 4),
    participants=st.integers(1, 200),
)
def test_sums_hold_for_any_size(least: int, more: int, per_node: int, spares: int, participants: int) -> None:
    told = stack_capacity(
        stack_of(
            shards=TWO,
            bridges={
                "layout": "nodePort",
                "min": least,
                "max": least + more,
                "perNode": per_node,
                "participants": participants,
                "scaling": {"spares": spares},
            },
        )
    )
    each = told["perShard"]
    assert told["participants"] == sum(one["participants"] for one in each)
    for what in ("bridges", "nodes"):
        for end in ("min", "max"):
            assert told[what][end] == sum(one[what][end] for one in each)
        assert told[what]["min"] <= told[what]["max"]
    assert told["nodes"]["max"] * per_node >= told["bridges"]["max"] + 2 * spares, "room for every bridge and spare"


def bridge_of(region: str | None = "fr-par", **keys: Any) -> dict[str, Any]:
    """The size of the first shard's bridges."""
    return stack_capacity(stack_of(region, **keys))["perShard"][0]["bridge"]


def test_the_size_of_a_bridge_is_an_equal_part_of_its_node_or_what_the_stack_file_says() -> None:
    part = {"millicpu": 3550, "memoryMib": 6080, "heapMib": 4800}
    told = bridge_of()
    assert told.pop("carries")["streams"] == 100 * (3 + 5)
    assert told == part | {"nodeType": "BASIC3-X4C-8G", "perNode": 1, "participants": 100}
    told = bridge_of(bridges={"resources": {"cpu": "1500m", "memory": "2Gi"}, "perNode": 2, "participants": 40})
    del told["carries"]
    assert told == {
        "millicpu": 1500,
        "memoryMib": 2048,
        "heapMib": 768,
        "nodeType": "BASIC3-X4C-8G",
        "perNode": 2,
        "participants": 40,
    }


@pytest.mark.parametrize(
    ("memory", "heap"), [("1536Mi", 512), ("1600Mi", 512), ("2Gi", 768), ("8Gi", 6912), ("24Gi", 6912)]
)
def test_the_heap_follows_the_memory_as_far_as_a_bridge_gains_from_it(memory: str, heap: int) -> None:
    assert bridge_of(bridges={"resources": {"memory": memory}})["heapMib"] == heap


def test_a_shard_overrides_one_of_both_sizes() -> None:
    shard = TWO[0] | {"bridges": {"resources": {"cpu": 2}}}
    told = bridge_of(shards=[shard], bridges={"resources": {"cpu": 1, "memory": "3Gi"}})
    assert (told["millicpu"], told["memoryMib"]) == (2000, 3072)


def test_nodes_of_others_are_known_only_where_a_key_describes_them() -> None:
    whole = {"resources": {"cpu": 1, "memory": "2Gi"}}
    existing = {"cluster": {"kind": "existing"}}
    assert bridge_of(None, bridges=whole, **existing)["perNode"] is None
    assert bridge_of(None, bridges=whole | {"nodeType": "BASIC3-X8C-16G"}, **existing)["perNode"] == 1, "one port"
    wide = whole | {"nodeType": "BASIC3-X8C-16G", "layout": "nodePort"}
    assert bridge_of(None, bridges=wide, **existing)["perNode"] == 6
    assert bridge_of(None, **existing)["nodeType"] == "BASIC3-X4C-8G", "the size follows from it"
