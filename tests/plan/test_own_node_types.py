"""Node types that no list has: the stack file says their size and price, or they are assumed and said to be."""

import copy
from typing import Any

import pytest
from plan_stacks import TODAY, stack_of, subject_of, values_of

from components.monitoring.dashboards.catalogue import dashboard_files
from components.monitoring.rule_groups import monitoring_facts, rule_groups
from config.node_types import NODE_TYPES, NodeType, node_type_of
from config.problems import ConfigError
from plan.evaluate import evaluate
from plan.page import page
from plan.report import report
from plan.simulate.from_stack import hourly_price
from plan.text import render
from sizing.cost import cost, fixed_hourly
from sizing.node_pools import node_pools
from sizing.pod_sizes import bridge_size

SIZE: dict[str, Any] = {"cpu": 8, "memory": 16, "price": 0.25, "bandwidth": 2000}
NEW: dict[str, Any] = {"nodeType": "NEW1-S"}
SIP = {"account": "1@sip.example.org", "server": "sip.example.org"}


def everywhere(size: dict[str, Any] | None) -> dict[str, Any]:
    """Keys of a stack whose every pool has the type."""
    own = {"nodeTypes": {"NEW1-S": size}} if size else {}
    return {
        "cluster": {"version": "1.35.3", "system": NEW, **own},
        "bridges": NEW,
        "shards": [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2", "bridges": NEW}],
        "jigasi": {"sip": SIP | NEW},
        "turn": {"udp": NEW},
        "recording": {"bucket": "my-school", **NEW},
    }


def test_every_pool_has_the_size_and_price_that_the_stack_file_says():
    config = stack_of(**everywhere(SIZE))
    for pool in node_pools(copy.deepcopy(config)):
        assert node_type_of(pool.node_type) == NodeType("NEW1-S", 8, 16, 0.25, 2000), pool
    assert {line["hourly"] for line in cost(config, TODAY)["items"] if line["unit"] == "NEW1-S"} == {0.25}
    assert bridge_size(config.resolved[1].bridges).millicpu == 7550


def test_a_listed_type_needs_no_entry():
    with pytest.raises(ConfigError, match=r"cluster.nodeTypes.PRO2-L: PRO2-L is on Scaleway's list .* local catalogue"):
        stack_of(cluster={"version": "1.35.3", "nodeTypes": {"PRO2-L": SIZE}})


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"new1-s": SIZE}, "named in capital letters, such as PRO2-XS"),
        ({"NEW1-S": {"memory": 8}}, "cpu"),
        ({"NEW1-S": {**SIZE, "memory": 2}}, "4"),
        ({"NEW1-S": {**SIZE, "price": 0}}, "0"),
        ({"NEW1-S": {**SIZE, "vcpus": 8}}, "unknown key"),
        ([{"name": "NEW1-S"}], "nodeTypes"),
    ],
)
def test_a_wrong_entry_is_explained(entry: Any, says: str):
    with pytest.raises(ConfigError) as error:
        stack_of(cluster={"version": "1.35.3", "nodeTypes": entry}, bridges=NEW)
    assert any(says in str(problem) and "nodeTypes" in str(problem) for problem in error.value.problems), error.value


def test_the_resources_name_the_type_as_a_text():
    made = evaluate(values_of(**everywhere(SIZE)), "test")
    types = [each.properties["nodeType"] for each in made if each.type.endswith(":Pool")]
    assert types == ["NEW1-S"] * len(types)
    assert len(types) > 5


@pytest.mark.parametrize("size", [None, {"cpu": 8, "memory": 16}])
def test_an_unknown_price_is_no_price_of_0(size: dict[str, Any] | None):
    keys = everywhere(size)
    config = stack_of(**keys)
    bill = cost(config, TODAY)
    pools = [line["max"] for line in bill["items"] if line["unit"] == "NEW1-S"]
    assert pools == [None for _ in node_pools(config)]
    assert "price unknown, and not in the total: NEW1-S (cluster.nodeTypes)" in bill["source"]
    assert fixed_hourly(config) is None
    assert hourly_price(config.resolved[0]) is None
    made = evaluate(values_of(**keys), "test")
    told = report(subject_of(**keys), made)
    assert "price unknown" in render(told)
    assert "price unknown" in page(told)
    assert "metric-missing" not in {finding["rule"] for finding in told.document["findings"]}
    assert not any("eur_per_hour" in str(each.properties) for each in made)


@pytest.mark.parametrize("pool", ["bridges", "cluster"])
def test_one_pool_without_a_price_leaves_the_cost_out_of_metrics_and_dashboards(pool: str):
    own = {"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": 8}}}
    system = {"system": NEW} if pool == "cluster" else {}
    config = stack_of(cluster={"version": "1.35.3", **own, **system}, bridges=NEW if pool == "bridges" else {})
    facts = monitoring_facts(config)
    assert not facts.node_prices
    assert "eur_per_hour" not in str([rule_groups(config), dashboard_files(facts)])


def test_a_type_whose_name_says_its_size_has_that_size():
    assert node_type_of("COMPUTE4-X8C-16G") == NodeType("COMPUTE4-X8C-16G", 8, 16)
    assert node_type_of("NEW1-S") == NodeType("NEW1-S", 2, 4)


def test_nodes_in_a_dearer_zone_cost_what_they_cost_there():
    config = stack_of(shards=[{"name": "s0", "zone": "fr-par-3"}], bridges={"nodeType": "PRO2-XS"})
    lines = {line["what"]: line["hourly"] for line in cost(config, TODAY)["items"]}
    assert lines["bridge nodes of s0"] == 0.1683
    assert lines["system nodes"] == NODE_TYPES["PRO2-XXS"].hourly_eur
