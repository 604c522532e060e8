"""What holds for the report of every valid stack."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_stacks import TODAY
from random_stacks import GROWTH, stacks

from config.bridges import NODE_PORTS
from config.read import parse
from plan.evaluate import evaluate
from plan.findings.check import check as check_config
from plan.findings.rule import SEVERITIES, Subject
from plan.page import drawing, page
from plan.recorder import Resource
from plan.report import report
from plan.resources.check import check as check_resources
from plan.resources.made import Resources
from plan.text import render
from sizing.cost import cost
from sizing.ports import open_ports, ports_of

FEW, MANY = 2, 300
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)  # a whole stack is drawn
thrifty = settings(max_examples=FEW, deadline=None, suppress_health_check=SLOW)
thorough = settings(max_examples=MANY, deadline=None, suppress_health_check=SLOW)

Bounds = {"min": int, "max": int}
SHAPE: dict[str, Any] = {
    "stack": str,
    "region": (str, type(None)),
    "ports": [
        {
            "shard": str,
            "bridge": int,
            "protocol": str,
            "port": int,
            "localPort": int,
            "layout": str,
            "service": (str, type(None)),
            "rule": str,
        }
    ],
    "capacity": {
        "participants": int,
        "bridges": Bounds,
        "nodes": Bounds,
        "perShard": [{"shard": str, "zone": str, "participants": int, "bridges": Bounds, "nodes": Bounds}],
        "drainSeconds": int,
    },
    "cost": {
        "currency": str,
        "monthly": {"min": float, "typical": float, "max": float},
        "items": [{"what": str, "unit": str, "hourly": float, "min": float, "typical": float, "max": float}],
        "source": str,
    },
    "findings": [{"severity": str, "rule": str, "where": str, "message": str, "remedy": str}],
}
"""The contract: keys that are there, and of which type; more may stand beside them."""


def differs(value: Any, shape: Any, where: str = "report") -> str:
    """The first place where the value is not of the shape; empty: none."""
    if isinstance(shape, dict):
        if not isinstance(value, dict) or set(shape) - set(value):
            return f"{where} lacks {sorted(set(shape) - set(value))}"
        return next(
            (found for key, part in shape.items() if (found := differs(value[key], part, f"{where}.{key}"))), ""
        )
    if isinstance(shape, list):
        return next((found for item in value if (found := differs(item, shape[0], f"{where}[]"))), "")
    kinds = (int, float) if shape is float else shape
    return "" if isinstance(value, kinds) and not isinstance(value, bool) else f"{where} is {value!r}"


def reported(values: dict[str, str]) -> dict[str, Any]:
    """The report, having been written in every form."""
    stack_report = report(Subject("random", parse(values), TODAY), evaluate(values, "random"))
    assert page(stack_report).endswith("</html>\n")
    assert drawing(stack_report)
    assert render(stack_report).startswith("Stack random")
    return stack_report.document


def holds(values: dict[str, str]) -> None:
    """Shape, order, ports and sums."""
    document = reported(values)
    assert differs(document, SHAPE) == ""
    assert json.loads(json.dumps(document)) == document
    severities = [finding["severity"] for finding in document["findings"]]
    assert severities == sorted(severities, key=SEVERITIES.index)
    config = parse(values)
    node_ports: Counter[int] = Counter()
    for shard in config.resolved:
        ports = ports_of(shard)
        opened = [port for low, high in open_ports(shard) for port in range(low, high + 1)]
        assert opened == sorted({port.port for port in ports}), "opened is used, and used is opened"
        assert all(port.port == port.local_port and 1024 <= port.port <= 65535 for port in ports)
        if shard.bridges.layout == "nodePort":
            node_ports.update(port.port for port in ports)
            assert all(port.port in NODE_PORTS for port in ports)
        else:
            assert not {port.port for port in ports} & set(NODE_PORTS)
            on_a_node = ports[: shard.bridges.per_node]
            assert len({port.port for port in on_a_node}) == len(on_a_node)
    assert all(count == 1 for count in node_ports.values()), "a NodePort belongs to one bridge of the cluster"
    monthly = document["cost"]["monthly"]
    for column in (monthly, *document["cost"]["items"]):
        assert column["min"] <= column["typical"] <= column["max"]
    capacity = document["capacity"]
    for part in ("bridges", "nodes"):
        assert capacity[part]["min"] == sum(each[part]["min"] for each in capacity["perShard"])
        assert capacity[part]["max"] == sum(each[part]["max"] for each in capacity["perShard"])
    assert len(document["ports"]) == capacity["bridges"]["max"]


def grown(values: dict[str, str], by: int) -> dict[str, str]:
    """The same stack with a larger `max`, in the defaults and in every override of it."""
    bridges, shards = json.loads(values["jitsi:bridges"]), json.loads(values["jitsi:shards"])
    bridges["max"] += by
    for shard in shards:
        if "max" in shard.get("bridges", {}):
            shard["bridges"]["max"] += by
    return values | {"jitsi:bridges": json.dumps(bridges), "jitsi:shards": json.dumps(shards)}


def costs_no_less(values: dict[str, str], by: int) -> None:
    """Every column of the bill grows with `max`, or stays."""
    before, after = (cost(parse(each), TODAY)["monthly"] for each in (values, grown(values, by)))
    assert all(before[column] <= after[column] + 0.005 for column in ("min", "typical", "max"))


@thrifty
@given(stacks())
def test_every_valid_stack_has_a_report_in_which_ports_and_sums_are_right(values):
    holds(values)


@thrifty
@given(stacks(), st.integers(1, GROWTH))
def test_no_cost_falls_when_max_rises(values, by):
    costs_no_less(values, by)


@pytest.mark.tools
@settings(thorough, max_examples=60)
@given(stacks())
def test_dozens_of_stacks_have_a_report_in_which_ports_and_sums_are_right(values):
    holds(values)


@pytest.mark.tools
@thorough
@given(stacks(), st.integers(1, GROWTH))
def test_no_cost_of_hundreds_of_stacks_falls_when_max_rises(values, by):
    costs_no_less(values, by)


def breaks_no_rule(values: dict[str, str]) -> None:
    """A rule over resources that speaks of a stack without errors in its config would refuse it for nothing."""
    config = parse(values)
    refused = any(each.severity == "error" for each in check_config(Subject("random", config, TODAY)))
    found = check_resources(Resources(config, evaluate(values, "random")))
    assert refused or [each for each in found if each.severity == "error"] == []


@settings(thrifty, max_examples=4)
@given(stacks())
def test_no_rule_over_resources_refuses_a_stack_whose_config_is_right(values):
    breaks_no_rule(values)


@pytest.mark.tools
@settings(thorough, max_examples=60)
@given(stacks())
def test_no_rule_over_resources_refuses_any_of_many_stacks(values):
    breaks_no_rule(values)


@pytest.mark.tools
@settings(thorough, max_examples=10)
@given(stacks())
def test_what_the_program_opens_is_what_its_bridges_use(values):
    config = parse(values)
    made = evaluate(values, "random")
    firewalls = {
        resource.name: {_port(rule) for rule in resource.properties["inboundRules"]}
        for resource in made
        if resource.type.endswith(":SecurityGroup")
    }
    for shard in config.resolved:
        used = {port.port for port in ports_of(shard)}
        assert _bound(made, shard.name) == used
        if config.cluster.kind == "kapsule":
            (opened,) = [ports for name, ports in firewalls.items() if name.endswith(f"-{shard.name}-firewall")]
            assert {port for low, high in opened for port in range(low, high + 1)} == used
    assert len(firewalls) == (len(config.shards) if config.cluster.kind == "kapsule" else 0)


def _port(rule: dict[str, Any]) -> tuple[int, int]:
    assert (rule["protocol"], rule["action"]) == ("UDP", "accept")
    low, _, high = str(rule.get("portRange") or rule["port"]).partition("-")
    return int(low), int(high or low)


def _bound(made: tuple[Resource, ...], shard: str) -> set[int]:
    """UDP ports that the shard's objects take on nodes."""
    found: set[int] = set()
    for resource in made:
        labels = (resource.properties.get("metadata") or {}).get("labels") or {}
        if labels.get("app.kubernetes.io/name") != "jvb" or labels.get("app.kubernetes.io/instance") != shard:
            continue
        spec = resource.properties.get("spec") or {}
        found |= {port["nodePort"] for port in spec.get("ports") or [] if "nodePort" in port}
        for container in ((spec.get("template") or {}).get("spec") or {}).get("containers") or []:
            found |= {port["hostPort"] for port in container.get("ports") or [] if "hostPort" in port}
    return found
