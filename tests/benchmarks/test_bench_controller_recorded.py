"""The recorded run of the real controller, played again by today's model: no cluster, and the same answer."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab.benchmarks.controller import agreement
from lab.benchmarks.controller.model import closed_loop
from lab.benchmarks.controller.page import AIM, page
from lab.benchmarks.controller.picture import picture
from lab.benchmarks.controller.scenario import scenario_of
from plan.simulate.hpa_spec import GROW_AT_ONCE, Policy, spec_of

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
RECORDED = json.loads((RESULTS / "controller.json").read_text())
RUNS = {each["name"]: each for each in RECORDED["scenarios"]}


def compare(one, changed=lambda spec: spec):
    scenario = scenario_of(one)
    steps, _ = closed_loop(scenario, changed(spec_of(one["spec"])), one["looks"], boot=one["bootSeconds"]["measured"])
    real = [(time, value) for time, value in one["real"]]
    return agreement.difference(real, steps, scenario.seconds), agreement.maximum(steps)


@pytest.mark.parametrize("name", RUNS)
def test_the_model_agrees_with_the_controller_that_was_recorded(name):
    found, maximum = compare(RUNS[name])
    assert found.mean <= AIM
    assert maximum == RUNS[name]["maximum"]["real"]


@pytest.mark.parametrize(
    "changed",
    [
        lambda spec: replace(spec, up=replace(spec.up, tolerance=0.2), down=replace(spec.down, tolerance=0.2)),
        lambda spec: replace(spec, down=replace(spec.down, window=spec.down.window * 5 // 6)),
        lambda spec: replace(spec, up=replace(GROW_AT_ONCE, policies=(Policy("Pods", 4, 15),))),
        lambda spec: replace(spec, up=replace(spec.up, window=4)),
        lambda spec: replace(spec, behavior=False),
        lambda spec: replace(
            spec, targets=tuple(replace(target, amount=target.amount * 11 // 10) for target in spec.targets)
        ),
    ],
    ids=["tolerance", "window", "growth", "slow growth", "no behavior", "targets"],
)
def test_another_rule_would_not_agree(changed):
    assert max(compare(run, changed)[0].mean for run in RUNS.values()) > AIM


def test_the_table_and_the_picture_are_those_of_the_recorded_run():
    assert (RESULTS / "controller.md").read_text() == page(RECORDED)
    assert (RESULTS / "controller.svg").read_text() == picture(RECORDED)
