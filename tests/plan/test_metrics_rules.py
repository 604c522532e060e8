"""Rules about metrics: options that no sample stack has, and texts that are not known yet."""

import copy
import json
from dataclasses import replace

import pytest
from sabotages import config_of
from sample_stacks import recorded

from config.read import parse
from plan.evaluate import evaluate
from plan.promql.nodes import PromqlError
from plan.resources.alert_worlds import BROKEN
from plan.resources.check import check
from plan.resources.custom_metrics import adapters, asked_metrics, expression
from plan.resources.made import Resources
from plan.resources.metrics_kept import RUNBOOKS
from plan.resources.relabelling import relabelled, steps_of

BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
    "jitsi:ingress": '{"tls": {"mode": "selfSigned"}}',
    "jitsi:recording": '{"bucket": "meetings-of-a-school"}',
    "jitsi:bridges": '{"schedule": [{"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "bridges": 3}]}',
}


@pytest.mark.parametrize(
    ("metrics", "monitoring"),
    [
        ('{"interval": "5m"}', '{"scrape": "operator", "probe": "5m"}'),
        ('{"interval": "5s", "retention": "1h"}', '{"alerts": false}'),
        ("{}", '{"kubeState": "existing"}'),
        ('{"adapter": "kubeMetrics"}', '{"scrape": "operator"}'),
        ('{"prometheus": "existing", "url": "http://p.m.svc:9090"}', '{"grafana": "none"}'),
    ],
)
def test_no_option_of_metrics_breaks_a_rule(metrics: str, monitoring: str) -> None:
    values = BASE | {"jitsi:metrics": metrics, "jitsi:monitoring": monitoring}
    assert check(Resources(parse(values), evaluate(values, "options"))) == ()


@pytest.mark.parametrize(("per_node", "most"), [(3, 10), (4, 9), (4, 7), (2, 3)])
def test_a_schedule_may_ask_for_every_bridge_of_a_shard_that_its_nodes_divide_unevenly(
    per_node: int, most: int
) -> None:
    bridges = {
        "perNode": per_node,
        "min": per_node,
        "max": most,
        "schedule": [
            {"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "bridges": number}
            for number in (most - 1, most)
        ],
    }
    values = BASE | {"jitsi:bridges": json.dumps(bridges)}
    found = check(Resources(parse(values), evaluate(values, "uneven")))
    assert [finding for finding in found if finding.rule.startswith("timetable-")] == []


@pytest.mark.parametrize(
    ("old", "new", "says"), [("floor(2 /", "floor(4 /", "at 20"), ("* 86400 + ", "* 86400 + 3600 + ", "bridges")]
)
def test_an_operators_prometheus_records_the_schedule(old: str, new: str, says: str) -> None:
    values = BASE | {"jitsi:monitoring": '{"scrape": "operator"}', "jitsi:metrics": '{"adapter": "kubeMetrics"}'}
    resources = []
    for resource in evaluate(values, "operated"):
        properties = copy.deepcopy(resource.properties)
        if resource.type.endswith(":PrometheusRule"):
            for rule in (rule for group in properties["spec"]["groups"] for rule in group["rules"]):
                rule["expr"] = rule["expr"].replace(old, new)
        resources.append(replace(resource, properties=properties))
    findings = [each for each in check(Resources(parse(values), tuple(resources))) if each.rule == "timetable-wrong"]
    assert [finding.where for finding in findings] == ["shard:jvb_timetable:max of shard s0"]
    assert says in findings[0].message


@pytest.mark.parametrize("text", ["[unknown]", "[secret]", "no: [yaml", "", "- a list"])
def test_a_file_that_cannot_be_read_yet_breaks_no_rule_by_an_exception(text: str) -> None:
    resources = []
    for resource in recorded("local"):
        properties = copy.deepcopy(resource.properties)
        if resource.type.endswith(":ConfigMap"):
            properties["data"] = dict.fromkeys(properties.get("data") or {}, text)
        resources.append(replace(resource, properties=properties))
    findings = check(Resources(config_of("local"), tuple(resources)))
    assert text not in ("[unknown]", "[secret]") or not [finding for finding in findings if "metric" in finding.rule]


@pytest.mark.parametrize(
    ("step", "labels"),
    [
        (
            {"source_labels": ["a", "b"], "regex": "(x);(y)", "target_label": "c", "replacement": "$2-${1}"},
            {"c": "y-x"},
        ),
        ({"sourceLabels": ["a"], "targetLabel": "c"}, {"c": "x"}),
        ({"source_labels": ["a"], "regex": "y", "target_label": "a", "replacement": "z"}, {}),
        ({"action": "labeldrop", "regex": "b"}, {"b": ""}),
        ({"action": "labelkeep", "regex": "a"}, {"b": ""}),
        ({"action": "labelmap", "regex": "(a)", "replacement": "own_$1"}, {"own_a": "x"}),
        ({"action": "keep", "source_labels": ["a"], "regex": "x|z"}, {}),
        ({"action": "drop", "source_labels": ["a"], "regex": "x"}, None),
        ({"action": "keep", "source_labels": ["a"], "regex": "xx"}, None),
    ],
)
def test_labels_are_rewritten_as_prometheus_does_it(step, labels) -> None:
    before = {"a": "x", "b": "y"}
    after = None if labels is None else {key: value for key, value in {**before, **labels}.items() if value}
    assert relabelled(before, steps_of([step])) == after


def test_every_alert_has_a_world_in_which_it_fires() -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(BROKEN)


def test_an_unknown_action_is_an_error() -> None:
    with pytest.raises(PromqlError, match="hashmod is not known"):
        steps_of([{"action": "hashmod"}])


def test_the_adapters_query_is_filled_for_the_shard_that_the_autoscaler_selects() -> None:
    stack = Resources(config_of("announced"), recorded("announced"))
    (adapter,) = adapters(stack)
    for autoscaler in stack.of("HorizontalPodAutoscaler"):
        for asked in asked_metrics(autoscaler):
            if asked.name == "jvb_expected":
                text = expression(adapter, asked, "jitsi")
                assert f"jvb-{asked.labels['shard']}-" in text
                assert "<<" not in text
                with pytest.raises(PromqlError, match="no query for"):
                    expression(adapter, replace(asked, labels={"shard": "s9"}), "jitsi")
