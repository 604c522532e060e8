"""The parts of the comparison with the real controller that need no cluster."""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import asdict
from threading import Lock
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.metrics.names import EXPECTED, PARTICIPANTS, STRESS, TIMETABLE
from lab.benchmarks.controller import agreement, model, objects
from lab.benchmarks.controller.autoscaler import compressed, deployed_specs
from lab.benchmarks.controller.metrics_api import BASE, MetricsServer, ServedScenario, Sync
from lab.benchmarks.controller.page import page
from lab.benchmarks.controller.picture import picture
from lab.benchmarks.controller.scenario import ALL, BOOT, DRAIN, LONG, MINUTE, SHORT, Kind, Loss, Scenario, scenario_of
from lab.benchmarks.controller.watched import Pod, WatchedNamespace
from plan.simulate.hpa_replicas import Sample
from plan.simulate.hpa_spec import GROW_AT_ONCE, SHRINK_AFTER_FIVE_MINUTES, spec_of

READY = [(f"p{number}", 0.0) for number in range(6)]
STEADY = Scenario("steady", "Deployment", 30, people=((0, 400),))
STEPS = st.lists(st.tuples(st.floats(0.1, 99), st.integers(0, 40)), max_size=6).map(
    lambda changes: [(0.0, 2), *sorted(changes)]
)


def spec(kind: Kind):
    return spec_of(objects.autoscaler(kind, deployed_specs()[kind]))


def test_what_behavior_leaves_to_the_api_server_is_compressed_too():
    rules = spec_of({"maxReplicas": 9, "metrics": [], "behavior": compressed({"scaleUp": {}})})
    for made, usual in ((rules.up, GROW_AT_ONCE), (rules.down, SHRINK_AFTER_FIVE_MINUTES)):
        assert made.window * 15 == usual.window
        assert [(policy.kind, policy.value, policy.period * 15) for policy in made.policies] == [
            (policy.kind, policy.value, policy.period) for policy in usual.policies
        ]


def test_a_window_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="200 s cannot be divided by 15"):
        compressed({"scaleDown": {"stabilizationWindowSeconds": 200}})


def test_the_program_scales_both_kinds_by_bridges_and_by_the_namespace():
    kinds: tuple[Kind, ...] = ("Deployment", "StatefulSet")
    for kind in kinds:
        assert {target.name for target in spec(kind).targets} == set(ALL)


@given(STEPS, STEPS)
def test_staircases_are_as_far_apart_as_the_other_way_round(one, other):
    assert agreement.difference(one, other, 100) == agreement.difference(other, one, 100)
    assert agreement.difference(one, one, 100) == agreement.Difference(0, 0, 0, 0)


def test_a_difference_counts_by_how_long_it_is():
    found = agreement.difference([(0, 2), (10, 12)], [(0, 2), (10.5, 12), (50, 13)], 100)
    assert found.mean == pytest.approx((10 * 0.5 + 50) / 100)
    assert (found.most, found.lasting) == (10, 1), "half a second is less than a look"
    assert found.share == pytest.approx(0.505)


def test_hours_are_those_of_the_stack():
    assert agreement.stack_hours([(0, 2), (120, 4)], 240) == pytest.approx(3.0), "240 s are an hour"


def test_looks_without_metrics_are_told_apart():
    values: list[list[Any]] = [[1, None], [None, None], [None, None], [1, 1]]
    syncs = [Sync(values=given, replicas=replicas) for given, replicas in zip(values, (5, 4, 4, 3), strict=True)]
    assert agreement.losses(syncs) == agreement.Losses(partial=1, total=2, shrunk=2, moved=1)


def test_people_follow_the_corners_and_growth_is_carried_on():
    scenario = Scenario("line", "Deployment", 20, people=((0, 100), (10, 600)))
    assert [scenario.people_at(minute * MINUTE) for minute in (-1, 0, 5, 10, 20)] == [100, 100, 350, 600, 600]
    assert scenario.expected_at(5 * MINUTE) == 350 + 2 * 50
    assert scenario.expected_at(20 * MINUTE) == 600


@given(st.integers(0, 5000), st.integers(1, 40))
def test_everyone_is_on_some_bridge_and_stress_has_an_end(people, bridges):
    scenario = Scenario("any", "Deployment", 10, people=((0, people),))
    ready = [(str(number), 0.0) for number in range(bridges)]
    loads = scenario.of_pods(PARTICIPANTS, 60, ready) or {}
    assert sum(loads.values()) == people * 1000
    assert max((scenario.of_pods(STRESS, 60, ready) or {}).values()) <= 1111


@pytest.mark.parametrize(
    ("how", "told"), [("pods", {"p0", "p1", "p3", "p4"}), ("error", None), ("empty", None), (None, {*dict(READY)})]
)
def test_metrics_are_lost_in_three_ways(how, told):
    losses = (Loss(5, 6, (STRESS,), how),) if how else ()
    scenario = Scenario("lossy", "Deployment", 10, people=((0, 100),), losses=losses)
    values = scenario.of_pods(STRESS, 5.5 * MINUTE, READY)
    assert (set(values) if values else None) == told
    assert set(scenario.of_pods(PARTICIPANTS, 5.5 * MINUTE, READY) or {}) == {*dict(READY)}
    assert set(scenario.of_pods(STRESS, 6 * MINUTE, READY) or {}) == {*dict(READY)}


def test_a_new_bridge_takes_people_before_it_has_metrics():
    values = STEADY.of_pods(PARTICIPANTS, 61, [("old", 0.0), ("new", 60.0)])
    assert values == {"old": 200_000}


def test_an_unknown_metric_is_refused():
    with pytest.raises(LookupError, match="pods have no metric jvb_color"):
        STEADY.of_pods("jvb_color", 0, READY)
    with pytest.raises(LookupError, match="the namespace has no metric jvb_stress"):
        STEADY.total(STRESS, 0)


@pytest.mark.parametrize("scenario", [*SHORT, *LONG], ids=lambda scenario: scenario.name)
def test_a_scenario_is_read_back_from_a_result(scenario):
    assert scenario_of(json.loads(json.dumps(asdict(scenario)))) == scenario


def test_every_scenario_ends_as_calm_as_it_began_or_calmer():
    for scenario in (*SHORT, *LONG):
        assert scenario.people_at(scenario.seconds) <= scenario.people_at(0)
        assert all(loss.ends < scenario.minutes for loss in scenario.losses), scenario.name


def test_an_ordinal_comes_back_only_when_its_pod_is_gone():
    pods: dict[Kind, int] = {"StatefulSet": 4, "Deployment": 6}
    for kind, there in pods.items():
        workload = model.Workload(kind, 4, BOOT)
        workload.scale(0, 2)
        workload.scale(1, 4)
        assert len(workload.pods) == there, kind
        workload.advance(DRAIN)
        assert len(workload.live) == 4, kind


def test_growing_deletes_nothing():
    workload = model.Workload("Deployment", 26, BOOT)
    workload.scale(0, 32)
    assert (len(workload.pods), len(workload.ready(0))) == (32, 26)


@pytest.mark.tools
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_the_closed_loop_settles_where_the_target_is_met(kind: Kind):
    scenario = Scenario("steady", kind, 30, people=((0, 400),))
    steps, _ = model.closed_loop(scenario, spec(kind), model.regular_looks(scenario, spec(kind), 0.5))
    assert steps[-1][1] == 6, "400 people: 5 of 80 by participants, 6 by stress (0.74 on 6, 0.89 on 5)"


def test_the_metrics_api_answers_as_the_scenario_has_it(tmp_path):
    certificate, key, _ = objects.certificate(tmp_path)
    watched = WatchedNamespace({name: Pod(name, "2026-01-01T00:00:00Z", 0, False, 0.0) for name in ("a", "b")}, 2, 2)
    cluster = SimpleNamespace(lock=Lock(), of={"n": watched})
    server = MetricsServer(("127.0.0.1", 0), certificate, key, cluster)  # type: ignore[arg-type]
    losses = (Loss(0, 10**9, (STRESS,), "error"), Loss(0, 10**9, (TIMETABLE,), "empty"))
    server.played["n"] = ServedScenario(Scenario("now", "Deployment", 10, ((0, 30),), losses=losses), ALL)
    server.run()
    try:
        trust = ssl.create_default_context(cafile=certificate)
        trust.check_hostname = False

        def get(path) -> Any:
            url = f"https://127.0.0.1:{server.server_address[1]}{BASE}{path}"
            try:
                with urllib.request.urlopen(url, context=trust) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                return error.code

        listed = get(f"/namespaces/n/pods/%2A/{PARTICIPANTS}?labelSelector=app%3Djvb")["items"]
        assert [(item["describedObject"]["name"], item["value"]) for item in listed] == [
            ("a", "15000m"),
            ("b", "15000m"),
        ]
        (total,) = get(f"/namespaces/n/metrics/{EXPECTED}")["items"]
        assert (total["describedObject"]["kind"], total["metricName"], total["value"]) == (
            "Namespace",
            EXPECTED,
            "30000m",
        )
        assert get(f"/namespaces/n/pods/*/{STRESS}") == 500
        assert get(f"/namespaces/n/metrics/{TIMETABLE}")["items"] == []
        assert get("/namespaces/n/metrics/jvb_color") == get("/namespaces/m/metrics/any") == 404
        assert get("")["kind"] == "APIResourceList"
    finally:
        server.shutdown()
        server.server_close()
    looks = server.played["n"].syncs
    assert [look.values for look in looks] == [
        [{"a": Sample(15000), "b": Sample(15000)}, 30000],
        [None, None],
    ], "a look begins with the first metric of the autoscaler"


@pytest.fixture
def result():
    one = {
        "name": "a <short> day",
        "kind": "Deployment",
        "minutes": 10,
        "syncs": {"number": 40, "meanSeconds": 1.02, "longestSeconds": 1.5},
        "apart": {"mean": 0.021, "most": 3, "share": 0.01, "lasting": 0},
        "ownClock": {"mean": 0.05},
        "replayed": {"looks": 39, "other": [[1.0, 2, 3]]},
        "maximum": {"real": 12, "model": 12},
        "replicaHours": {"real": 1.0, "model": 1.01},
        "nodeHours": {"real": 1.1, "model": 1.1},
        "withoutMetrics": {"partial": 3, "total": 4, "shrunk": 0, "moved": 0},
        "people": [[0, 80], [4, 80], [6, 960]],
        "timetable": [[0, 0]],
        "losses": [{"begins": 2, "ends": 4, "metrics": ["jvb_stress"], "how": "error"}],
        "real": [[0, 2], [21, 12]],
        "model": [[0, 2], [20.9, 12]],
    }
    return {"date": "2026-01-01", "commit": "abc", "controller": "v1.35.4", "compression": 15, "scenarios": [one]}


def test_the_table_says_what_was_found(result):
    text = page(result)
    assert "| a <short> day, 10 min | Deployment | 39 | 1 | 0.021 | 0 | 0.050 | 12 / 12 | 1.00 / 1.01 |" in text
    assert "lost in 7 looks, all of them in 4" in text
    assert "longest 1.50 s" in text


def test_the_picture_draws_both_curves_and_the_losses(result):
    root = ET.fromstring(picture(result))  # noqa: S314 - our own picture
    space = "{http://www.w3.org/2000/svg}"
    lines = {element.get("class"): element.get("d") for element in root.iter(f"{space}path")}
    assert lines["real"] != lines["model"]
    assert len([each for each in root.iter(f"{space}rect") if each.get("class") == "lost"]) == 2, "one and the legend's"
    assert any("a <short> day" in (each.text or "") for each in root.iter(f"{space}text"))
