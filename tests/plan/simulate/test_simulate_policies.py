"""The model against the sketch it replaces: two models, written apart, on days of the same kind.

The pinned figures are means of the sketch over seeds 1 to 5, with bridges of 100 people. There the figures of single days
differ by up to 1.4 points of degraded time and 4 % of node-hours; means of three of our days may differ from them by twice
that. Two known differences lie within it: our jicofo sees stress that is up to 10 s old, and pools end at their own maximum.
"""

import pytest

from plan.simulate.day import simulate
from plan.simulate.policies import POLICIES, policy
from plan.simulate.traces import flash, school

pytestmark = pytest.mark.tools  # half a minute of simulation

POINTS = 2.8
SHARE = 0.08
SEEDS = (1, 2, 3)
SYNC = 15

SCHOOL = {  # degraded %, node-hours
    "openfun": (91.0, 45.5),
    "hpi": (88.1, 144.0),
    "operator": (83.9, 143.0),
    "static": (0.0, 768.0),
    "sketch": (0.0, 173.2),
}
FLASH = {
    "static": 0,
    "openfun": None,
    "hpi": None,
    "operator": None,
    "jitsi-autoscaler": None,
    "sketch": 381,
}  # s to capacity


@pytest.mark.parametrize("name", SCHOOL)
def test_a_school_day_costs_and_hurts_as_in_the_sketch(name):
    degraded, node_hours = SCHOOL[name]
    runs = [simulate(school(seed), policy(name, 100, 0.1), seed) for seed in SEEDS]
    assert sum(run["degradedPercent"] for run in runs) / len(runs) == pytest.approx(degraded, abs=POINTS)
    assert sum(run["nodeHours"] for run in runs) / len(runs) == pytest.approx(node_hours, rel=SHARE)
    assert sum(run["oracleNodeHours"] for run in runs) / len(runs) == pytest.approx(77.7, rel=SHARE)


@pytest.mark.parametrize("name", FLASH)
def test_a_crowd_is_met_as_fast_as_in_the_sketch(name):
    reached = [simulate(flash(seed), policy(name, 100, 0.1), seed)["timeToCapacitySeconds"] for seed in SEEDS]
    if FLASH[name] is None:
        assert reached == [None] * len(SEEDS)
    else:
        assert sum(reached) / len(SEEDS) == pytest.approx(FLASH[name], abs=SYNC)


def test_jitsi_autoscaler_with_room_to_grow_is_as_slow_as_in_the_sketch():
    runs = [simulate(school(seed), policy("jitsi-autoscaler", 100, 0.1, 32), seed) for seed in SEEDS]
    assert sum(run["degradedPercent"] for run in runs) / len(runs) == pytest.approx(48.8, abs=POINTS)
    assert sum(run["nodeHours"] for run in runs) / len(runs) == pytest.approx(201.8, rel=SHARE)


def test_the_mean_of_a_saturating_metric_traps_openfun_at_its_size():
    """People stay where they are, the new bridge is empty, and half of 111 % is below the target: more room is no help."""
    few, many = (simulate(school(1), policy("openfun", 100, 0.1, most), 1) for most in (None, 32))
    assert many["peakBridges"] == few["peakBridges"] == 5
    assert many["degradedPercent"] > 85


def test_two_people_a_bridge_are_enough_for_hpi_to_go_to_its_maximum():
    made = simulate(school(1), policy("hpi", 100, 0.1), 1)
    lesson = range(8 * 3600 + 600, 8 * 3600 + 2400)
    assert {moment["wanted"] for moment in made["series"] if moment["t"] in lesson} == {6}


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_takes_the_stacks_capacity_and_price(name):
    plan = policy(name, 150, 0.25)
    assert (plan.capacity, plan.hourly) == (150, 0.25)
