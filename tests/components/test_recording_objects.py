"""Recorders as they are rendered: what keeps a recording, who knows which password, and how many there are."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from components.metrics.recorders_promql import wanted
from components.recording import jibri_conf
from components.scaleway.recordings_bucket import bucket_policy
from config.read import parse
from config.recording import Recording
from plan.evaluate import evaluate
from plan.simulate.hpa import Observation, State, decide
from plan.simulate.hpa_spec import spec_of
from sizing.pod_sizes import RECORDER_MIN_MIB, RECORDER_MIN_MILLICPU, recorder_size
from sizing.pools import min_recorders, recorder_nodes

PAGE = Path(__file__).parents[2] / "docs/recording.md"
ADMINISTRATOR = "user_id:00000000-0000-4000-8000-000000000000"
RECORDING = {"bucket": "my-school", "retention": "90d", "max": 4, "administrators": [ADMINISTRATOR]}


def values(recording, **more):
    keys = {"shards": [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}], **more}
    keys |= {"recording": recording} if recording else {}
    made = {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org"}
    return made | {f"jitsi:{key}": json.dumps(value) for key, value in keys.items()}


_made = cache(lambda text: evaluate(json.loads(text), "test"))


def made_of(recording, **more):
    return _made(json.dumps(values(recording, **more)))


@pytest.fixture(scope="module")
def on():
    return evaluate(values(RECORDING, protect=True, ingress={"tls": {"mode": "selfSigned"}}), "test")


def document(resources, kind, name):
    return next(
        r.properties for r in resources if r.properties.get("kind") == kind and r.properties["metadata"]["name"] == name
    )


def container(spec, name):
    return next(c for c in [*spec["containers"], *spec.get("initContainers", [])] if c["name"] == name)


def variables(of):
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in of["env"]}


def test_a_recorder_outlives_its_longest_recording_and_has_an_hour_for_the_upload(on):
    spec = document(on, "StatefulSet", "jibri")["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == 4 * 3600 + 3600
    jibri = container(spec, "jibri")
    assert variables(jibri)["JIBRI_USAGE_TIMEOUT"] == "240 minutes"
    assert jibri["lifecycle"]["preStop"]["exec"]["command"][-1].endswith("leave.sh")
    assert [c["restartPolicy"] for c in spec["initContainers"]] == ["Always", "Always"]
    cluster = next(r for r in on if r.type == "scaleway:kubernetes/cluster:Cluster")
    assert cluster.properties["autoscalerConfig"]["maxGracefulTerminationSec"] == 5 * 3600


def test_nothing_evicts_a_recorder_and_its_volume_stays(on):
    workload = document(on, "StatefulSet", "jibri")["spec"]
    annotations = workload["template"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert workload["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert "replicas" not in workload
    run = next(v for v in workload["template"]["spec"]["volumes"] if v["name"] == "run")
    assert run["emptyDir"]["sizeLimit"] == "4Gi"


def test_recorders_run_on_their_own_tainted_nodes_and_no_others(on):
    pool = next(r for r in on if r.name == "scaleway-recorders-pool").properties
    (taint,) = pool["taints"]
    spec = document(on, "StatefulSet", "jibri")["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == pool["labels"]
    assert spec["tolerations"][0]["key"] == taint["key"]
    assert (pool["minSize"], pool["maxSize"]) == (1, 4)


def test_every_shard_knows_the_recorders_passwords_and_the_recorder_every_shard(on):
    jibri = variables(container(document(on, "StatefulSet", "jibri")["spec"]["template"]["spec"], "jibri"))
    assert jibri["XMPP_SERVER"] == "prosody-s0.jitsi.svc.cluster.local,prosody-s1.jitsi.svc.cluster.local"
    for shard in ("s0", "s1"):
        prosody = variables(
            container(document(on, "Deployment", f"prosody-{shard}")["spec"]["template"]["spec"], "prosody")
        )
        assert prosody["ENABLE_RECORDING"] == "1"
        for user in ("JIBRI_XMPP_USER", "JIBRI_RECORDER_USER", "XMPP_HIDDEN_DOMAIN"):
            assert prosody[user] == jibri[user]
        assert prosody["JIBRI_RECORDER_PASSWORD"]["secretKeyRef"]["name"] == f"shard-{shard}"
        jicofo = variables(
            container(document(on, "Deployment", f"jicofo-{shard}")["spec"]["template"]["spec"], "jicofo")
        )
        assert jicofo["JIBRI_BREWERY_MUC"] == jibri["JIBRI_BREWERY_MUC"]
        allowed = document(on, "NetworkPolicy", f"prosody-{shard}")["spec"]["ingress"][0]["from"]
        assert {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "jibri"}}} in allowed


def test_the_buckets_keys_reach_the_upload_alone(on):
    spec = document(on, "StatefulSet", "jibri")["spec"]["template"]["spec"]
    (volume,) = [each["name"] for each in spec["volumes"] if each.get("secret", {}).get("secretName") == "jibri-store"]
    containers = [*spec["containers"], *spec["initContainers"]]
    assert [c["name"] for c in containers if any(m["name"] == volume for m in c["volumeMounts"])] == ["upload"]
    assert not any("ACCESS_KEY" in entry["name"] for c in containers for entry in c["env"])
    key = next(r for r in on if r.type == "scaleway:iam/apiKey:ApiKey")
    assert "secretKey" not in key.properties


def test_the_key_may_write_and_read_and_the_bucket_stays_when_the_stack_goes(on):
    rights = next(r for r in on if r.type == "scaleway:iam/policy:Policy").properties["rules"]
    assert [rule["permissionSetNames"] for rule in rights] == [
        ["ObjectStorageObjectsRead", "ObjectStorageObjectsWrite"]
    ]
    assert all(rule["projectIds"] for rule in rights)
    bucket = next(r for r in on if r.type == "scaleway:object/bucket:Bucket")
    assert bucket.protect
    assert bucket.properties["forceDestroy"] is False
    rules = bucket.properties["lifecycleRules"]
    assert [rule.get("expiration", {}).get("days") for rule in rules] == [None, 90]
    assert rules[0]["abortIncompleteMultipartUploadDays"] == 2


def test_the_bucket_policy_names_who_deploys_and_lets_recorders_delete_nothing():
    policy = json.loads(bucket_policy("b", "1234", [ADMINISTRATOR]))
    administrators, recorders = policy["Statement"]
    assert administrators["Action"] == ["s3:*"]
    assert administrators["Principal"] == {"SCW": [ADMINISTRATOR]}
    assert recorders["Principal"] == {"SCW": ["application_id:1234"]}
    assert not [action for action in recorders["Action"] if "Delete" in action or action.endswith("*")]


def test_without_recording_nothing_of_it_is_rendered():
    text = json.dumps([r.properties for r in made_of(None)])
    assert "jibri" not in text.lower()
    assert "RECORDING" not in text


def test_a_bucket_elsewhere_makes_no_bucket_and_no_key():
    made = made_of({"bucket": "theirs", "endpoint": "https://s3.example.org"})
    assert not [r for r in made if r.type.startswith(("scaleway:object", "scaleway:iam"))]
    upload = variables(container(document(made, "StatefulSet", "jibri")["spec"]["template"]["spec"], "upload"))
    assert upload["RCLONE_CONFIG_STORE_ENDPOINT"] == "https://s3.example.org"
    assert upload["RCLONE_CONFIG_STORE_PROVIDER"] == "Other"


def test_mkv_and_allowed_streams_stand_in_jibris_own_file():
    plain = Recording(bucket="abc")
    assert jibri_conf.render(plain) == "jibri {\n}\n"
    parsed = Recording.model_validate({"bucket": "abc", "format": "mkv", "streaming": {"allow": (r"rtmps://a\.b/.*",)}})
    text = jibri_conf.render(parsed)
    assert 'recording-format = "matroska"' in text
    assert r'["rtmps://a\\.b/.*"]' in text


@pytest.mark.parametrize("node_type", ["PRO2-XS", "PRO2-S", "PRO2-M", "COMPUTE3-X8C-16G"])
def test_as_many_recorders_share_a_node_as_it_carries_well(node_type):
    size = recorder_size(node_type)
    assert size.millicpu >= RECORDER_MIN_MILLICPU
    assert size.memory_mib >= RECORDER_MIN_MIB
    recording = Recording(bucket="abc", node_type=node_type, max=5)
    assert recorder_nodes(recording).max * size.per_node >= 5
    assert (recorder_nodes(recording).max - 1) * size.per_node < 5


def hpa(**keys):
    made = made_of({**RECORDING, **keys})
    return spec_of(document(made, "HorizontalPodAutoscaler", "jibri")["spec"])


def settled(spec, busy, idle, replicas):
    """Replicas once the autoscaler has had half an hour with so many busy ones."""
    state = State()
    for step in range(120):
        value = (busy + idle) * 1000
        seen = Observation(replicas=replicas, status_replicas=replicas, pods=(), values=(value,))
        replicas, state = decide(state, seen, spec, step * 15)
    return replicas


def test_the_autoscaler_keeps_the_idle_recorders_beside_the_busy_ones():
    spec = hpa(max=10, idle=2, min=1)
    assert spec.min == min_recorders(Recording(bucket="abc", max=10, idle=2, min=1)) == 2
    replicas = 2
    for busy in (1, 3, 7, 8, 9, 10, 4, 0):
        replicas = settled(spec, busy, 2, replicas)
        assert replicas == min(10, busy + 2)


def test_the_autoscaler_is_blind_to_one_idle_recorder_among_eleven():
    """What the finding recorders-idle-unseen is about."""
    assert settled(hpa(max=20, idle=1), 10, 1, 10) == 10
    assert settled(hpa(max=20, idle=2), 10, 2, 10) == 12
    assert settled(hpa(max=10, idle=1), 9, 1, 9) == 10


def test_recorders_shrink_only_after_a_quarter_of_an_hour():
    spec, state, replicas = hpa(max=10), State(), 5
    seen = []
    for step in range(80):
        value = (4 if step < 4 else 0) * 1000 + 1000
        observed = Observation(replicas=replicas, status_replicas=replicas, pods=(), values=(value,))
        replicas, state = decide(state, observed, spec, step * 15)
        seen.append(replicas)
    assert seen[:60] == [5] * 60
    assert seen[-1] == 1


def test_from_nothing_the_idle_ones_come_with_the_first_meeting():
    spec = Recording(bucket="abc", min=0, idle=2)
    assert min_recorders(spec) == 0
    assert "jitsi_jicofo_conferences" in wanted(spec, "jitsi")
    assert "jitsi_jicofo_conferences" not in wanted(Recording(bucket="abc"), "jitsi")
    made = made_of({**RECORDING, "min": 0})
    cluster = next(r for r in made if r.type == "scaleway:kubernetes/cluster:Cluster")
    assert cluster.properties["featureGates"] == ["HPAScaleToZero"]


def test_both_adapters_learn_how_many_recorders_are_wanted():
    managed = made_of(RECORDING)
    rules = yaml.safe_load(document(managed, "ConfigMap", "prometheus-adapter")["data"]["config.yaml"])["rules"]
    assert rules[-1]["name"]["as"] == "jibri_wanted"
    theirs = made_of(RECORDING, metrics={"adapter": "kubeMetrics"})
    found = document(theirs, "HorizontalPodAutoscaler", "jibri")
    assert found["metadata"]["annotations"]["metric-config.pods.jibri-busy.json-path/path"] == "/status.json"
    assert found["spec"]["metrics"][0]["pods"]["target"]["averageValue"] == "800m"


def test_a_raised_generation_makes_a_new_key_for_the_bucket():
    def description(**more):
        made = made_of(RECORDING, **more)
        return next(r for r in made if r.type == "scaleway:iam/apiKey:ApiKey").properties["description"]

    assert description() != description(secretGenerations={"recorder-key": 2})


def test_the_example_of_the_volume_holds_the_longest_recording():
    config = parse(values(RECORDING)).recording
    assert config is not None
    assert config.storage_bytes > 2 * config.longest_bytes


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_page_are_stacks_that_render(number):
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[number])
    stack = {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org"}
    stack["jitsi:shards"] = json.dumps([{"name": "s0", "zone": "fr-par-1"}])
    made = evaluate(stack | {key: json.dumps(value) for key, value in example.items()}, "test")
    recording = example["jitsi:recording"]
    assert document(made, "HorizontalPodAutoscaler", "jibri")["spec"]["maxReplicas"] == recording.get("max", 4)
    assert any(r.type == "scaleway:object/bucket:Bucket" for r in made) == ("endpoint" not in recording)


def test_every_metric_of_the_page_is_there_and_no_other():
    page = PAGE.read_text()
    script = (PAGE.parents[1] / "components/recording/scripts/watch.sh").read_text()
    told = set(re.findall(r"^(jibri_\w+) ", script, re.MULTILINE))
    assert set(re.findall(r"`(jibri_\w+)`", page)) == told - {"jibri_up", "jibri_unhealthy"}


def test_what_the_last_upload_needs_goes_after_the_recorders(on):
    workload = next(r for r in on if r.type == "kubernetes:apps/v1:StatefulSet" and "recorders" in r.name)
    annotations = workload.properties["metadata"]["annotations"]
    # A StatefulSet that is told to skip waiting is not waited for when it is deleted either.
    assert "pulumi.com/skipAwait" not in annotations
    assert annotations["pulumi.com/waitFor"] == "jsonpath={.metadata.uid}"
    needed = {urn.rpartition("::")[2] for urn in workload.dependencies}
    assert {"jitsi-recorders-store", "scaleway-recorders-pool"} <= needed
    key = next(r for r in on if r.type == "scaleway:iam/apiKey:ApiKey")
    store = next(r for r in on if r.name == "jitsi-recorders-store")
    assert key.urn in store.dependencies


@pytest.mark.parametrize("changed", [{"zone": "fr-par-2"}, {"storage": "40Gi"}])
def test_recorders_of_another_zone_or_size_have_volumes_of_their_own(changed):
    def volume(**keys):
        made = made_of({**RECORDING, **keys}, ingress={"tls": {"mode": "selfSigned"}})
        (claim,) = document(made, "StatefulSet", "jibri")["spec"]["volumeClaimTemplates"]
        return claim["metadata"]["name"]

    assert volume() != volume(**changed)
