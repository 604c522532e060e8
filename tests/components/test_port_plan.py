"""The port plan: unique, in range, opened exactly, and unmoved by growth."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.bridges import NODE_PORTS
from config.ingress import STATIC_NODE_PORTS
from config.problems import ConfigError
from config.read import parse
from sizing.ports import host_port_slots, open_ports, port_plan, ports_of


def stack(shards, **bridges):
    return parse(
        {
            "scaleway:region": "fr-par",
            "jitsi:domain": "meet.example.org",
            "jitsi:bridges": json.dumps(bridges),
            "jitsi:shards": json.dumps(shards),
        }
    )


def shard(number, **overrides):
    return {"name": f"s{number}", "zone": "fr-par-1", **({"bridges": overrides} if overrides else {})}


LAYOUTS = st.sampled_from(["hostPort", "nodePort"])
SIZES = {"per_node": st.integers(1, 6), "most": st.integers(6, 90)}


@given(count=st.integers(1, 6), layout=LAYOUTS, **SIZES)
def test_no_two_bridges_share_a_way_in(count, layout, per_node, most):
    config = stack([shard(n) for n in range(count)], layout=layout, perNode=per_node, min=per_node, max=most)
    plan = port_plan(config.resolved)
    assert len(plan) == count * most
    if layout == "nodePort":
        assert len({bridge.port for bridge in plan}) == len(plan), "a NodePort is the whole cluster's"
        assert all(bridge.port in NODE_PORTS for bridge in plan)
        assert len({bridge.service for bridge in plan}) == len(plan)
    for part in config.resolved:
        per_port = [bridge.port for bridge in ports_of(part)]
        nodes = -(-most // per_node)
        assert all(per_port.count(port) <= (1 if layout == "nodePort" else nodes) for port in per_port)


@given(layout=LAYOUTS, per_node=st.integers(1, 4), most=st.integers(4, 60), growth=st.integers(1, 39))
def test_growth_moves_no_port_that_is_already_out(layout, per_node, most, growth):
    def plan(limit, count):
        config = stack([shard(n) for n in range(count)], layout=layout, perNode=per_node, min=per_node, max=limit)
        return {(b.shard, b.bridge): b.port for b in port_plan(config.resolved)}

    before = plan(most, 2)
    after = plan(most + growth, 3)
    assert {key: after[key] for key in before} == before


@given(layout=LAYOUTS, **SIZES)
def test_the_firewall_opens_exactly_the_ports_of_the_plan(layout, per_node, most):
    (part,) = stack([shard(0)], layout=layout, perNode=per_node, min=per_node, max=most).resolved
    opened = [port for first, last in open_ports(part) for port in range(first, last + 1)]
    assert opened == sorted({bridge.port for bridge in ports_of(part)})


@given(per_node=st.integers(1, 6), least=st.integers(6, 20), more=st.integers(0, 60))
def test_the_workloads_of_a_host_port_shard_add_up_to_its_bridges(per_node, least, more):
    (part,) = stack([shard(0)], layout="hostPort", perNode=per_node, min=least, max=least + more).resolved
    slots = host_port_slots(part)
    assert sum(slot.min for slot in slots) == least
    assert sum(slot.max for slot in slots) == least + more
    assert {slot.port for slot in slots} == {bridge.port for bridge in ports_of(part)}


ABOVE_THE_EDGE = st.integers(STATIC_NODE_PORTS[-1] + 1, 32767)


@given(first=ABOVE_THE_EDGE, second=ABOVE_THE_EDGE, most=st.integers(1, 60))
def test_overlapping_blocks_are_refused_and_others_accepted(first, second, most):
    assume(max(first, second) + most - 1 <= NODE_PORTS[-1])
    shards = [shard(0, firstPort=first), shard(1, firstPort=second)]
    overlap = abs(first - second) < most
    try:
        stack(shards, layout="nodePort", min=1, max=most)
    except ConfigError as error:
        assert overlap
        assert "s0" in str(error)  # noqa: PT017
        assert "s1" in str(error)  # noqa: PT017
    else:
        assert not overlap


def test_these_are_the_ports_that_running_stacks_hold():
    config = stack([shard(0), shard(2, layout="nodePort"), shard(11, layout="nodePort")], min=1, max=2)
    assert [(b.shard, b.bridge, b.port, b.service, b.rule) for b in port_plan(config.resolved)] == [
        ("s0", 0, 10000, None, "fr-par-1 UDP 10000"),
        ("s0", 1, 10000, None, "fr-par-1 UDP 10000"),
        ("s2", 0, 30500, "jvb-s2-0", "fr-par-1 UDP 30500"),
        ("s2", 1, 30501, "jvb-s2-1", "fr-par-1 UDP 30501"),
        ("s11", 0, 31400, "jvb-s11-0", "fr-par-1 UDP 31400"),
        ("s11", 1, 31401, "jvb-s11-1", "fr-par-1 UDP 31401"),
    ]


@pytest.mark.parametrize("topology", ["static", "daemonset"])
def test_only_bridges_that_can_run_are_opened(topology):
    (part,) = stack([shard(0)], layout="hostPort", topology=topology, min=3, max=10).resolved
    assert len(ports_of(part)) == 3


def test_a_slot_follows_the_number_in_the_name_and_not_the_place_in_the_list():
    both = stack([shard(1, layout="nodePort"), shard(0, layout="nodePort")]).resolved
    alone = stack([shard(0, layout="nodePort")]).resolved
    assert {s.name: s.first_port for s in both}["s0"] == alone[0].first_port
