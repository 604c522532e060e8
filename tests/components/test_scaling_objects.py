"""What sizes the bridges, as objects: the autoscaler's questions, ScalingSchedules and placeholders."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_stacks import kubernetes_objects

from components.bridges.autoscaling import targets
from components.bridges.pods import BridgePods
from components.bridges.spares import placeholders
from components.metrics.prometheus_config import adapter_config, stale_after
from components.metrics.scaling_schedules import scaling_schedule
from config.metrics import Metrics
from config.read import parse
from sizing.timetable import needed_at

LESSON = {"days": ["mon", "fri"], "start": "08:00", "end": "12:00", "timezone": "Europe/Paris", "bridges": 4}
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
PROMETHEUS, COLLECTOR = Metrics(), Metrics(adapter="kubeMetrics")


def shard_of(**bridges):
    values = {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.example.org",
        "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
        "jitsi:bridges": json.dumps({"max": 50, **bridges}),
    }
    return parse(values).resolved[0]


def pods_of(shard):
    return BridgePods(namespace="video", shard=shard, image="registry/jvb:1", own_pools=True)


def of_namespace(metrics, name):
    return [m["object"] for m in metrics if m["type"] == "Object" and m["object"]["metric"]["name"] == name]


def test_a_shards_own_metrics_are_asked_of_its_namespace_by_the_shards_name():
    asked = targets(shard_of(schedule=[LESSON]), PROMETHEUS, "video")
    (expected,) = of_namespace(asked, "jvb_expected")
    (timetable,) = of_namespace(asked, "jvb_timetable")
    for metric in (expected, timetable):
        assert metric["describedObject"] == {"apiVersion": "v1", "kind": "Namespace", "name": "video"}
        assert metric["metric"]["selector"] == {"matchLabels": {"shard": "s0"}}
    assert expected["target"] == {"type": "AverageValue", "averageValue": "80"}
    assert timetable["target"] == {"type": "AverageValue", "averageValue": "1"}


def test_workloads_that_share_a_shards_bridges_share_its_metrics():
    shard = shard_of(schedule=[LESSON], perNode=3, min=3, nodeType="COMPUTE3-X8C-16G", participants=60)
    asked = targets(shard, PROMETHEUS, "video")
    assert of_namespace(asked, "jvb_expected")[0]["target"]["averageValue"] == "180"
    assert of_namespace(asked, "jvb_timetable")[0]["target"]["averageValue"] == "3"


def test_nothing_is_asked_that_nobody_answers():
    kinds = [m["type"] for m in targets(shard_of(scaling={"lookAhead": "0s"}), PROMETHEUS, "video")]
    assert kinds == ["Pods", "Pods"]
    assert [m["type"] for m in targets(shard_of(), COLLECTOR, "video")] == ["Pods", "Pods"]


def test_the_collectors_timetable_is_an_object_of_its_own():
    (asked,) = (m["object"] for m in targets(shard_of(schedule=[LESSON]), COLLECTOR, "video") if m["type"] == "Object")
    made = scaling_schedule(shard_of(schedule=[LESSON]), "video")
    assert asked["describedObject"] == {
        "apiVersion": made["apiVersion"],
        "kind": made["kind"],
        "name": made["metadata"]["name"],
    }


def test_the_adapter_knows_the_recorded_series_or_asks_the_expressions_itself():
    shards = [shard_of(schedule=[LESSON])]
    existing = Metrics(prometheus="existing", url="http://prometheus.monitoring.svc:9090")
    for metrics, series in ((PROMETHEUS, "shard:jvb_timetable:max"), (existing, "up")):
        rules = {rule["name"]["as"]: rule for rule in yaml.safe_load(adapter_config(shards, "video", metrics))["rules"]}
        assert rules["jvb_timetable"]["seriesQuery"].startswith(series + '{namespace="video"')
        assert rules["jvb_timetable"]["resources"] == {"overrides": {"namespace": {"resource": "namespace"}}}
    assert '<<if eq (index .LabelValuesByName "shard") "s0">>' in rules["jvb_timetable"]["metricsQuery"]
    assert "shard:" not in json.dumps(rules), "nothing is recorded by a Prometheus of somebody else's"


@pytest.mark.parametrize(("interval", "seconds"), [(5, 60), (15, 60), (30, 120), (300, 1200)])
def test_a_sample_answers_for_a_minute_or_four_scrapes(interval, seconds):
    assert stale_after(Metrics(interval=interval)) == seconds


# What kube-metrics-adapter makes of a ScalingSchedule (pkg/collector/scaling_schedule_collector.go): entries of the day
# that it is now in their zone, each from its start for its duration, the largest of those that are on.
def collected(schedule, instant):
    value = 0
    for entry in schedule["spec"]["schedules"]:
        period = entry["period"]
        local = instant.astimezone(ZoneInfo(period["timezone"]))
        if local.strftime("%a") not in period["days"]:
            continue
        hour, minute = map(int, period["startTime"].split(":"))
        start = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if start <= local < start + timedelta(minutes=entry["durationMinutes"]):
            value = max(value, entry["value"])
    return value


CLOCK = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
ENTRY = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1, unique=True),
        "start": CLOCK,
        "end": CLOCK,
        "timezone": st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata"]),
        "bridges": st.integers(1, 50),
        "lead": st.sampled_from(["0s", "10m", "9h", "24h"]),
    }
).filter(lambda entry: entry["start"] != entry["end"])


@settings(deadline=None)
@given(st.lists(ENTRY, min_size=1, max_size=3), st.integers(0, 7 * 24 * 60 - 1))
def test_the_collector_reads_the_same_timetable_while_clocks_do_not_change(entries, minute):
    shard = shard_of(schedule=entries)
    instant = MONDAY + timedelta(minutes=minute)
    assert collected(scaling_schedule(shard, "video"), instant) == needed_at(shard.bridges, instant)


def test_a_lead_of_seconds_is_a_minute_to_the_collector():
    shard = shard_of(schedule=[LESSON | {"lead": "61s"}])
    (entry,) = scaling_schedule(shard, "video")["spec"]["schedules"]
    assert (entry["period"]["startTime"], entry["durationMinutes"]) == ("07:58", 242)


def test_spares_are_a_deployment_where_they_always_stand():
    for bridges in ({}, {"schedule": [LESSON], "scaling": {"sparesWhen": "always"}}):
        found = placeholders(pods_of(shard_of(**bridges)))
        assert {part: document["kind"] for part, document in found.items()} == {"spares": "Deployment"}
        assert found["spares"]["spec"]["replicas"] == 1
    assert placeholders(pods_of(shard_of(scaling={"spares": 0}))) == {}


def test_spares_follow_the_timetable_as_jobs_that_end_themselves():
    shard = shard_of(schedule=[LESSON], scaling={"spares": 3})
    (part, cron) = next(iter(placeholders(pods_of(shard)).items()))
    assert part == "spares-0"
    assert (cron["spec"]["schedule"], cron["spec"]["timeZone"]) == ("51 7 * * mon,fri", "Europe/Paris")
    job = cron["spec"]["jobTemplate"]["spec"]
    assert (job["parallelism"], job["completions"], job["activeDeadlineSeconds"]) == (3, 3, 249 * 60)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_a_placeholder_waits_in_the_bridges_image_and_gives_way_at_once():
    for bridges in ({}, {"schedule": [LESSON]}):
        (document,) = placeholders(pods_of(shard_of(**bridges))).values()
        spec = document["spec"]
        template = spec["jobTemplate"]["spec"]["template"] if document["kind"] == "CronJob" else spec["template"]
        (container,) = template["spec"]["containers"]
        assert (container["image"], container["command"]) == ("registry/jvb:1", ["sleep", "infinity"])
        assert template["spec"]["terminationGracePeriodSeconds"] == 0
        assert template["spec"]["automountServiceAccountToken"] is False
        assert template["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "true"
        assert template["spec"]["priorityClassName"] == "video-spare"


def test_the_adapter_may_read_schedules_only_where_there_are_any():
    def rights(stack):
        (role,) = (
            o.properties
            for o in kubernetes_objects(stack)
            if o.properties["kind"] == "ClusterRole" and o.properties["metadata"]["name"].endswith("adapter-reader")
        )
        return {group for rule in role["rules"] for group in rule["apiGroups"]}

    assert "zalando.org" in rights("scaling-schedules")
    assert "zalando.org" not in rights("turn")
