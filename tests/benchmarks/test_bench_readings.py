"""What is read of processes, audit logs, states and printed lines."""

import json

import pytest
import yaml
from bench_results import results

from config.read import parse
from lab.benchmarks import audit, cluster_peer, from_nothing, kustomize
from lab.benchmarks.process_tree import Watch, descendants, part, peak_kb
from lab.benchmarks.programs import launcher
from lab.benchmarks.stacks import stack
from lab.benchmarks.waits import Step, Steps, slow, standing
from plan.evaluate import evaluate

VALUES = {key: value if isinstance(value, str) else json.dumps(value) for key, value in stack(1)["config"].items()}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["/cache/pulumi-1/bin/pulumi", "preview"], "engine"),
        (["python", "/x/local/language_host/host.py", "--executor", "/x/pulumi-language-python-exec"], "language host"),
        (["python", "/x/pulumi-language-python-exec", "--monitor", "127.0.0.1:1"], "program"),
        (["/plugins/pulumi-resource-kubernetes", "127.0.0.1:1"], "provider kubernetes"),
        (["python", "-m", "scaleway_emulator", "--port", "1"], "Scaleway emulator"),
        (["/cache/kube-apiserver", "--etcd-servers", "x"], "API server"),
        (["sleep", "1"], "other"),
        ([], "other"),
    ],
)
def test_a_command_line_tells_the_part_that_a_process_plays(arguments, expected):
    assert part(arguments) == expected


def test_descendants_are_found_through_any_number_of_parents():
    assert descendants({2: 1, 3: 2, 4: 3, 5: 9, 9: 1, 7: 8}, 2) == {3, 4}


def test_peak_memory_is_read_in_kilobytes_and_an_ended_process_has_none():
    assert peak_kb(["Name:\tx", "VmHWM:\t   1234 kB"]) == 1234
    assert peak_kb(["Name:\tx"]) == 0


def test_a_watch_without_processes_sees_nothing_of_the_engine():
    with Watch() as watch:
        pass
    assert "engine" not in watch.summary()


def event(verb, agent="pulumi-kubernetes/4", uri="/api/v1/x"):
    return json.dumps({"verb": verb, "userAgent": agent, "requestURI": uri})


def test_only_what_the_engine_really_changed_counts_as_a_write():
    lines = [event("patch"), event("get"), event("patch", uri="/x?dryRun=All&force=true"), event("create", "kwok/0.8")]
    assert audit.count(lines) == audit.Writes(real=1, dry=1)


def test_a_log_is_read_on_from_where_it_was_and_half_lines_wait(tmp_path):
    path = tmp_path / "audit.log"
    path.write_text(event("create") + "\n")
    log = audit.Log(path)
    with path.open("a") as more:
        more.write(event("delete") + "\n" + event("create")[:20])
    assert log.since().real == 1
    with path.open("a") as more:
        more.write(event("create")[20:] + "\n")
    assert log.since().real == 1


def test_the_state_gives_objects_with_open_secrets_and_nothing_else():
    secret = {cluster_peer.SIGNATURE: cluster_peer.SECRET, "plaintext": '{"key": "dmFsdWU="}'}
    resources = [
        {"custom": False, "type": "jitsi:jitsi:JitsiMeet", "inputs": {}},
        {"custom": True, "type": "scaleway:network/vpc:Vpc", "inputs": {"name": "vpc"}},
        {"custom": True, "type": "kubernetes:core/v1:Secret", "inputs": {"kind": "Secret", "data": secret}},
    ]
    assert cluster_peer.objects({"deployment": {"resources": resources}}) == [
        {"kind": "Secret", "data": {"key": "dmFsdWU="}}
    ]


def workload(kind, replicas, **status):
    return {"kind": kind, "metadata": {"generation": 2}, "spec": {"replicas": replicas}, "status": status}


def test_a_workload_is_ready_when_its_controller_has_seen_it_and_its_pods_are():
    assert cluster_peer.ready(workload("Deployment", 2, observedGeneration=2, readyReplicas=2))
    assert not cluster_peer.ready(workload("Deployment", 2, observedGeneration=1, readyReplicas=2))
    assert not cluster_peer.ready(workload("StatefulSet", 2, observedGeneration=2, readyReplicas=1))
    assert cluster_peer.ready(workload("Deployment", 0, observedGeneration=2))
    assert not cluster_peer.ready(
        workload("DaemonSet", 0, observedGeneration=2, numberReady=1, desiredNumberScheduled=2)
    )


def test_milestones_are_the_first_lines_that_tell():
    lines = [(1.04, "The stack in Pulumi.local.yaml:"), (3.0, "Control plane and Scaleway emulator …")]
    lines += [(9.0, "pulumi up, stack local …"), (30.0, "Ready after 0:30."), (31.0, "Ready after 9:99.")]
    expected = {"environment and tools": 3.0, "control plane": 9.0, "update": 30.0}
    assert from_nothing.milestones(lines) == expected
    assert list(expected) == list(results()["makeUp"]["reached"])


def test_a_new_shell_has_nothing_of_this_project_in_its_environment(monkeypatch):
    for name in ("PULUMI_HOME", "JITSI_LOCAL_STATE", "PYTHONPYCACHEPREFIX", "MAKEFLAGS", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.setenv(name, "set")
    monkeypatch.setenv("UV", "/somewhere/uv")
    left = from_nothing.environment()
    assert not [name for name in left if name.startswith(("PULUMI_", "JITSI_", "PYTHON", "MAKE", "UV_"))]
    assert left["UV"] == "/somewhere/uv"


@pytest.mark.parametrize("shards", [1, 4, 64])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_measured_stacks_are_valid_for_any_number_of_shards(shards, mixed):
    config = stack(shards, mixed)["config"]
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    layouts = {shard.bridges.layout for shard in parse(values).resolved}
    assert layouts == ({"hostPort", "nodePort"} if mixed and shards >= 4 else {"hostPort"})


def test_the_peer_gets_the_common_objects_once_and_the_shards_objects_for_each(tmp_path):
    resources = evaluate(VALUES, "bench")
    each = kustomize.write_base(tmp_path, resources)
    common = len(list((tmp_path / "common").glob("*-*.yaml")))
    assert each > 10
    documents = [yaml.safe_load(path.read_text()) for path in tmp_path.glob("*/*-*.yaml")]
    assert len(documents) == common + each
    names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in documents]
    assert len(set(names)) == len(names)
    top = kustomize.write_overlays(tmp_path, ["s0", "s1"])
    listed = yaml.safe_load((top / "kustomization.yaml").read_text())["resources"]
    assert listed == ["../common", "../overlays/s0", "../overlays/s1"]
    for name in listed:
        assert (top / name / "kustomization.yaml").exists()


def test_the_launcher_passes_a_status_on_and_writes_what_it_took(tmp_path):
    result = tmp_path / "result.json"
    assert launcher.main(str(result), ["sh", "-c", "exit 3"]) == 3
    measured = json.loads(result.read_text())
    assert 0 < measured["seconds"] < 60
    assert measured["peakMb"] > 0


def step(name, begun, ended, type_="scaleway:kubernetes/pool:Pool"):
    return Step(name, type_, begun, ended)


def test_waits_that_overlap_count_once_and_components_do_not_wait_themselves():
    steps = [step("b", 8, 14), step("a", 0, 5), step("c", 10, 12), step("short", 20, 21), step("d", 13, 16)]
    steps.append(step("all", 0, 100, "jitsi:jitsi:JitsiMeet"))
    assert [each.name for each in slow(steps)] == ["b", "a", "d"]
    assert standing(steps) == 13


def test_steps_are_timed_from_their_first_to_their_last_event():
    steps = Steps()
    metadata = {"urn": "urn:pulumi:s::jitsi::scaleway:x::pool", "type": "scaleway:x"}
    steps.take({"resourcePreEvent": {"metadata": metadata}}, 1.0)
    steps.take({"summaryEvent": {}}, 2.0)
    steps.take({"resOutputsEvent": {"metadata": metadata}}, 6.5)
    assert steps.ended == [step("pool", 1.0, 6.5, "scaleway:x")]
