"""How many people, bridges and nodes: sums over shards, and what is left out of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import stack_of

from plan.capacity import capacity

TWO = [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]


def test_a_stack_carries_what_its_bridges_carry_together() -> None:
    told = capacity(stack_of(shards=TWO, bridges={"min": 2, "max": 10, "participants": 80}))
    assert told["participants"] == 2 * 10 * 80
    assert told["bridges"] == {"min": 4, "max": 20}
    assert [one["participants"] for one in told["perShard"]] == [800, 800]


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_shard_without_new_meetings_offers_no_places(state: str) -> None:
    told = capacity(stack_of(shards=[TWO[0], TWO[1] | {"state": state}]))
    assert told["participants"] == told["perShard"][0]["participants"]
    assert told["perShard"][1]["state"] == state


def test_the_maximum_of_a_fixed_topology_is_its_minimum() -> None:
    told = capacity(stack_of(bridges={"topology": "static", "min": 3, "max": 9}))
    assert told["bridges"] == {"min": 3, "max": 3}
    assert told["nodes"] == {"min": 3, "max": 3}
    assert told["participants"] == 300


def test_an_override_counts_for_its_shard_alone() -> None:
    told = capacity(stack_of(shards=[TWO[0], TWO[1] | {"bridges": {"max": 20, "drain": {"deadline": "2h"}}}]))
    assert [one["bridges"]["max"] for one in told["perShard"]] == [10, 20]
    assert told["drainSeconds"] == 7200, "the longest drain of all"


def test_nodes_of_the_system_pool_stand_apart() -> None:
    config = {"version": "1.35.3", "system": {"nodeType": "PRO2-XS", "min": 2, "max": 4}}
    assert capacity(stack_of(cluster=config))["systemNodes"] == {"min": 2, "max": 4}
    assert capacity(stack_of(None, cluster={"kind": "existing"}))["systemNodes"] == {"min": 0, "max": 0}


@settings(deadline=None, max_examples=60)
@given(
    least=st.integers(1, 20),
    more=st.integers(0, 40),
    per_node=st.integers(1, 8),
    spares=st.integers(0, 4),
    participants=st.integers(1, 200),
)
def test_sums_hold_for_any_size(least: int, more: int, per_node: int, spares: int, participants: int) -> None:
    told = capacity(
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
