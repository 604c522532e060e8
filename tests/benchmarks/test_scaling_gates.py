"""Scaling: one day of each gate for real, and the page and the picture that a run leaves."""

import json
import xml.etree.ElementTree as ET

import pytest

from lab.benchmarks import scaling, scaling_page, scaling_picture
from lab.benchmarks.__main__ import RESULTS
from lab.benchmarks.scaling_gates import CAPACITY_SECONDS, DEGRADED_PERCENT, DRAIN_SECONDS, TIMES_ORACLE, gates
from plan.simulate.traces import TRACES


def test_a_school_day_is_served_at_little_more_than_twice_the_clairvoyants_cost():
    made = scaling.run(scaling.STACK, "school", 1)
    assert made["degradedPercent"] <= DEGRADED_PERCENT
    assert made["nodeHoursPerOracle"] <= TIMES_ORACLE
    assert made["cutConferences"] == 0
    assert made["longestDrainSeconds"] <= DRAIN_SECONDS


def test_a_crowd_that_nobody_announced_has_its_capacity_in_six_minutes():
    made = scaling.run(scaling.STACK, "flash", 1)
    assert made["timeToCapacitySeconds"] <= CAPACITY_SECONDS
    assert made["cutConferences"] == 0
    slower = scaling.run(scaling.KUBE_METRICS, "flash", 1)["timeToCapacitySeconds"]
    assert made["timeToCapacitySeconds"] < slower, "without a trend bridges are asked for later"


def run(**figures):
    return dict.fromkeys(scaling.FIGURES, 1) | {"degradedPercent": 0.2, "cutConferences": 0} | figures


def results(*own, others=("openfun",)):
    days = {trace: list(own) for trace in TRACES}
    series = [dict.fromkeys(scaling.SHOWN_MOMENTS, 3) | {"t": t} for t in (0, 300, 600)]
    return {
        "seeds": [1, 2],
        "runs": dict.fromkeys((scaling.STACK, *others), days),
        "day": {"seed": 1, "capacity": 100, "series": series},
    }


def test_one_bad_seed_misses_a_gate_though_the_mean_is_within_it():
    found = {gate.what: gate for gate in gates(results(run(), run(degradedPercent=0.7)))}
    gate = found["school day: people's time degraded"]
    assert (gate.mean, gate.worst, gate.met) == (pytest.approx(0.45), 0.7, False)
    assert found["all days: meetings cut"].met


def test_capacity_that_never_comes_is_a_gate_missed():
    gate = next(
        gate for gate in gates(results(run(), run(timeToCapacitySeconds=None))) if gate.what.startswith("flash")
    )
    assert not gate.met
    assert "| never | never | missed |" in scaling_page.page(results(run(timeToCapacitySeconds=None)))


def parsed(document):
    return ET.fromstring(document)  # noqa: S314 - our own document


def test_the_picture_has_a_dot_for_every_policy_within_its_frame():
    root = parsed(scaling_picture.picture(results(run(degradedPercent=0, nodeHoursPerOracle=99), others=("a", "b"))))
    dots = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(dots) == 3
    assert all(0 <= float(dot.attrib["cx"]) <= float(root.attrib["width"]) for dot in dots)
    assert all(0 <= float(dot.attrib["cy"]) <= float(root.attrib["height"]) for dot in dots)


def test_the_kept_results_hold_every_policy_day_and_figure():
    """Their shape: figures move with the model, and a run rewrites them."""
    kept = json.loads((RESULTS / "scaling.json").read_text())
    assert list(kept["runs"]) == list(scaling.POLICIES)
    assert kept["seeds"] == list(scaling.SEEDS)
    for name, days in kept["runs"].items():
        assert list(days) == scaling.days_of(name)
        assert all(set(made) == set(scaling.FIGURES) for runs in days.values() for made in runs)
    assert scaling_page.page(kept) == (RESULTS / "scaling.md").read_text()
    assert scaling_picture.picture(kept) == (RESULTS / "scaling.svg").read_text()
    assert all(gate.met for gate in gates(kept))


def test_every_policy_runs_the_same_days_at_the_same_price():
    plans = [scaling.settings(name, "school") for name in scaling.POLICIES]
    assert len({(plan.capacity, plan.hourly) for plan in plans}) == 1
    assert [bool(plan.timetable) for plan in plans][:3] == [True, False, True]
    assert not scaling.settings(scaling.STACK, "flash").timetable
