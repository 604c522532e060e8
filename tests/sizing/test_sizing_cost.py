"""The bill: which lines it has, and that its three columns are in order."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import TODAY, lesson, stack_of

from config.node_types import NODE_TYPES
from config.stack import StackConfig
from sizing.cost import cost, fixed_hourly, gigabytes
from sizing.prices import node_extra
from sizing.typical_use import ASSUMED_NODES, typical_week


def line(config: StackConfig, what: str) -> dict[str, Any]:
    return next(item for item in cost(config, TODAY)["items"] if item["what"] == what)


def test_nodes_are_priced_by_the_hour_for_a_month_of_730() -> None:
    config = stack_of(bridges={"topology": "static", "min": 3, "nodeType": "COMPUTE3-X4C-8G"})
    item = line(config, "bridge nodes of s0")
    assert item == {
        "what": "bridge nodes of s0",
        "unit": "COMPUTE3-X4C-8G",
        "hourly": NODE_TYPES["COMPUTE3-X4C-8G"].hourly_eur,
        "min": 256.23,
        "typical": 256.23,
        "max": 256.23,
    }


def test_every_node_has_an_address_and_a_root_volume() -> None:
    config = stack_of(
        cluster={"version": "1.35.3", "system": {"min": 2, "max": 2}}, bridges={"topology": "static", "min": 3}
    )
    assert line(config, "public addresses of nodes")["min"] == round(5 * 0.005 * 730, 2)
    assert line(config, "root volumes")["max"] == round(5 * 20 * 0.00013 * 730, 2)


def test_root_volumes_of_different_sizes_have_lines_of_their_own() -> None:
    config = stack_of(
        cluster={"version": "1.35.3", "system": {"min": 2, "max": 2, "rootVolume": {"size": 50, "type": "sbs_15k"}}},
        bridges={"topology": "static", "min": 3},
    )
    lines = {item["unit"]: item["max"] for item in cost(config, TODAY)["items"] if item["what"] == "root volumes"}
    assert lines == {
        "50 GB Block Storage 15K, at the price of 5K": round(2 * 50 * 0.00013 * 730, 2),
        "20 GB Block Storage 5K": round(3 * 20 * 0.00013 * 730, 2),
    }


@pytest.mark.parametrize(
    ("plane", "hourly"), [("kapsule", 0), ("kapsule-dedicated-4", 0.11), ("kapsule-dedicated-16", 0.35)]
)
def test_a_control_plane_costs_what_its_size_costs(plane: str, hourly: float) -> None:
    assert line(stack_of(cluster={"version": "1.35.3", "controlPlane": plane}), "control plane")["hourly"] == hourly


def test_prometheus_is_paid_for_only_where_the_stack_runs_it() -> None:
    assert line(stack_of(), "volume of Prometheus")["unit"] == "22 GB Block Storage 5K"
    elsewhere = cost(stack_of(metrics={"adapter": "kubeMetrics"}), TODAY)["items"]
    assert "volume of Prometheus" not in {item["what"] for item in elsewhere}


def recorded(**more: Any) -> StackConfig:
    return stack_of(recording={"bucket": "school", "max": 4, **more})


def test_recordings_are_priced_by_what_half_of_the_recorders_leave_in_forty_hours_a_week() -> None:
    # 2 recorders x 40 h x 0.9 GB = 72 GB a week, for 70 days: 720 GB at 0.00002 EUR an hour.
    item = line(recorded(retention="70d"), "recordings in their bucket")
    assert item["unit"] == "GB Object Storage, 70 days of recordings"
    assert item["typical"] == round(720 * 0.00002 * 730, 2)
    # 4 x 168 h x 1.8 GB = 1209.6 GB a week
    assert (item["min"], item["max"]) == (0, round(12096 * 0.00002 * 730, 2))


def test_larger_pictures_and_longer_retention_cost_more() -> None:
    told = [
        line(recorded(retention="70d", **more), "recordings in their bucket")["typical"]
        for more in ({}, {"resolution": "1920x1080"})
    ]
    assert told[1] == pytest.approx(told[0] * 4500 / 2000, abs=0.02)
    year = line(recorded(), "recordings in their bucket")
    assert year["typical"] == pytest.approx(told[0] * 365 / 70, abs=0.05)
    assert "365 days" in year["unit"]


def test_the_assumption_about_recordings_is_told_where_there_are_any() -> None:
    assert "half of all recorders record 40 h a week" in cost(recorded(), TODAY)["source"]
    assert "record" not in cost(stack_of(), TODAY)["source"]


def test_a_bucket_elsewhere_is_not_on_this_bill() -> None:
    told = cost(recorded(endpoint="https://s3.example.org"), TODAY)
    assert "recordings in their bucket" not in {item["what"] for item in told["items"]}
    assert "Object Storage" not in told["source"]


def test_a_cluster_that_is_already_there_costs_this_stack_nothing() -> None:
    told = cost(stack_of(None, cluster={"kind": "existing"}), TODAY)
    assert told["items"] == []
    assert told["monthly"] == {"min": 0, "typical": 0, "max": 0}
    assert "already there" in told["source"]


def test_columns_add_up() -> None:
    told = cost(stack_of(), TODAY)
    for column, total in told["monthly"].items():
        assert total == pytest.approx(sum(item[column] for item in told["items"]), abs=0.05)


def test_a_timetable_makes_the_typical_week() -> None:
    # Monday 07:50 to 12:20 (lead before; scale-down window and five minutes after): five started hours on the
    # three nodes that four bridges and a spare need beyond the two that min always has.
    config = stack_of(bridges={"min": 2, "max": 10, "schedule": [lesson()]})
    week = typical_week(config.resolved[0].bridges, TODAY)
    assert week.basis == "timetable"
    assert week.node_hours == 2 * 168 + 3 * 5


def test_an_entry_that_has_ended_costs_nothing() -> None:
    bridges = stack_of(bridges={"schedule": [lesson(until="2026-03-01")]}).resolved[0].bridges
    assert typical_week(bridges, TODAY).node_hours == 2 * 168
    assert typical_week(bridges, date(2026, 2, 25)).node_hours == 2 * 168 + 3 * 5


def test_without_a_timetable_the_assumption_is_told() -> None:
    config = stack_of()
    assert typical_week(config.resolved[0].bridges, TODAY).basis == ASSUMED_NODES
    assert cost(config, TODAY)["typicalFrom"] == [f"s0: {ASSUMED_NODES}"]


def test_a_spare_that_no_timetable_sends_away_is_paid_for_always() -> None:
    bridges = {"min": 2, "max": 10, "scaling": {"spares": 3}}
    item = line(stack_of(bridges=bridges), "bridge nodes of s0")
    assert item["min"] == round(5 * item["hourly"] * 730, 2)
    item = line(stack_of(bridges=bridges | {"schedule": [lesson()]}), "bridge nodes of s0")
    assert item["min"] == round(2 * item["hourly"] * 730, 2)


def system(**keys: Any) -> StackConfig:
    """One shard for 500 people: prosody, jicofo, two web and two HAProxy, Prometheus and what reads it ask for 1680 millicores."""
    return stack_of(cluster={"version": "1.35.3", "system": keys}, bridges={"min": 1, "max": 5})


@pytest.mark.parametrize(
    ("pool", "nodes"),
    [
        ({"nodeType": "PRO2-XXS", "min": 1, "max": 3}, 2),  # 1600 millicores are left on each
        ({"nodeType": "PRO2-XXS", "min": 3, "max": 3}, 3),
        ({"nodeType": "PRO2-XXS", "min": 1, "max": 1}, 1),
        ({"nodeType": "PRO2-XS", "min": 1, "max": 3}, 1),
    ],
)
def test_system_nodes_that_what_always_runs_takes_are_on_the_bill(pool: dict[str, Any], nodes: int) -> None:
    item = line(system(**pool), "system nodes")
    each = round(nodes * item["hourly"] * 730, 2)
    assert (item["min"], item["typical"]) == (each, each)
    assert item["max"] == round(pool["max"] * item["hourly"] * 730, 2)


def test_the_fixed_price_is_the_least_of_every_line_but_the_bridges_nodes() -> None:
    config = stack_of(
        turn={"udp": {"nodes": 2}},
        jigasi={"sip": {"account": "1@sip.example.org", "server": "sip.example.org"}},
        recording={"bucket": "school"},
        documents={"storage": "1Gi"},
        bridges={"topology": "static", "min": 3},
    )
    bridges = line(config, "bridge nodes of s0")
    extra = 3 * node_extra() * 730
    others = cost(config, TODAY)["monthly"]["min"] - bridges["min"] - extra
    hourly = fixed_hourly(config)
    assert hourly is not None
    assert hourly * 730 == pytest.approx(others, abs=0.05)
    assert fixed_hourly(stack_of(None, cluster={"kind": "existing"})) == 0


@pytest.mark.parametrize(("to", "told"), [("cockpit", True), ("none", False)])
def test_a_bill_says_that_logs_in_cockpit_are_not_on_it(to: str, told: bool) -> None:
    assert ("logs in Cockpit" in cost(stack_of(monitoring={"logs": {"to": to}}), TODAY)["source"]) is told


def test_a_quantity_is_sold_in_started_decimal_gigabytes() -> None:
    assert [gigabytes(text) for text in ("20Gi", "500Mi", "1Ti")] == [22, 1, 1100]


@settings(deadline=None, max_examples=60)
@given(
    least=st.integers(1, 10),
    more=st.integers(0, 20),
    further=st.integers(0, 20),
    per_node=st.integers(1, 4),
    spares=st.integers(0, 3),
    lessons=st.lists(st.integers(1, 10), max_size=3),
)
def test_cost_grows_with_max_and_its_columns_stay_in_order(  # noqa: PLR0917
    least: int, more: int, further: int, per_node: int, spares: int, lessons: list[int]
) -> None:
    def priced(most: int) -> dict[str, float]:
        schedule = [
            lesson(start=f"{8 + n}:00", end=f"{9 + n}:30", bridges=min(least, count)) for n, count in enumerate(lessons)
        ]
        bridges = {
            "layout": "nodePort",
            "min": least,
            "max": most,
            "perNode": per_node,
            "scaling": {"spares": spares},
            "schedule": schedule,
        }
        return cost(stack_of(bridges=bridges), TODAY)["monthly"]

    small, large = priced(least + more), priced(least + more + further)
    for told in (small, large):
        assert told["min"] <= told["typical"] <= told["max"]
    assert all(small[column] <= large[column] for column in small)
