"""What the check sends, understands and says, with nothing behind it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_stacks import kubernetes_objects

import probe
from components.kubernetes.stack_objects import StackObjects
from components.monitoring.probe_pods import NOT_CARRIED, ProbePods
from config.images import Images
from config.problems import ConfigError
from config.read import parse
from config.source import read as read_stack
from probe import cluster, messages
from probe.__main__ import main
from probe.from_stack import targets
from probe.results import Result, as_json, exposition, failed, table
from probe.room_names import room_for, shard_of, xxh32
from probe.run import round_of
from probe.targets import Targets, read

RESULTS = [
    Result(check="certificate", of="meet.example.org", status="ok", detail="30 days left", days=30),
    Result(check="bosh", of="s0", status="failed", detail="answered 503", seconds=0.25),
    *(Result(check="bridge", of=f"s0/{port}", status="silent", detail="198.51.100.7: silent") for port in (1, 2)),
    Result(check="bridge", of="s0/3", status="failed", detail="198.51.100.7: refused"),
]
FOUR = {"s0": (1, 1), "s1": (2, 1), "s2": (3, 4), "s3": (28, 1)}


def test_xxh32_is_the_published_hash():
    assert xxh32(b"", 0) == 0x02CC5D05
    assert xxh32(b"abc", 0) == 0x32D153FF
    assert xxh32(b"Nobody inspects the spammish repetition", 0) == 0xE2293B2F


def test_a_room_is_found_for_every_shard_and_each_name_is_fresh():
    for shard in FOUR:
        rooms = {room_for(shard, FOUR) for _ in range(5)}
        assert len(rooms) == 5
        assert {shard_of(room, FOUR) for room in rooms} == {shard}


@given(st.text("abcdef0123456789", min_size=1, max_size=40))
def test_a_shard_that_comes_takes_rooms_for_itself_alone(room):
    before, after = shard_of(room, {name: FOUR[name] for name in ("s0", "s1", "s2")}), shard_of(room, FOUR)
    assert after in (before, "s3")


@given(st.binary(max_size=200))
def test_no_answer_that_a_stranger_invents_is_taken_for_stun(data):
    assert messages.stun_answer(data, b"123456789012") is None


def test_an_error_answer_of_stun_is_read_with_its_code():
    code = b"\x00\x09\x00\x04\x00\x00\x04\x01"
    data = b"\x01\x13\x00\x08\x21\x12\xa4\x42" + b"123456789012" + code
    assert messages.stun_answer(data, b"123456789012") == (messages.ALLOCATE | messages.ERROR, 401)
    assert messages.stun_answer(data, b"223456789012") is None
    assert messages.stun_answer(data[:-1], b"123456789012") is None


@given(st.text(max_size=400).filter(lambda text: len(text.encode()) < 60_000))
def test_what_a_websocket_frame_carries_comes_out_whole_and_never_before(text):
    data = text.encode()
    size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
    whole = b"\x81" + size + data
    assert messages.first_frame(whole + b"next") == (text, b"next")
    assert messages.first_frame(whole[:-1]) is None


def test_a_table_names_what_failed_and_counts_what_is_inconclusive():
    text = table(RESULTS)
    assert re.search(r"^bosh +s0 +failed +250 +answered 503$", text, re.MULTILINE)
    assert text.endswith("5 checks, 2 failed, 2 inconclusive")
    assert json.loads(as_json(RESULTS))["failed"] == len(failed(RESULTS)) == 2


def test_series_are_bounded_by_shards_and_hosts_however_many_bridges_there_are():
    many = [*RESULTS, *(Result(check="bridge", of=f"s0/{n}", status="silent", detail="") for n in range(1000))]
    lines = exposition(many, 1700000000.0).splitlines()
    assert 'jitsi_probe_success{check="bosh",of="s0"} 0' in lines
    assert 'jitsi_probe_certificate_days{of="meet.example.org"} 30' in lines
    assert 'jitsi_probe_bridges{of="s0",status="failed"} 1' in lines
    assert 'jitsi_probe_bridges{of="s0",status="silent"} 1002' in lines
    assert 'jitsi_probe_bridges{of="s0",status="ok"} 0' in lines
    assert "jitsi_probe_finished_timestamp_seconds 1700000000" in lines
    assert len(lines) < 20


def pod(name, shard, node, *, udp=None, phase="Running", **about):
    ports = [{"containerPort": 8080, "protocol": "TCP"}] + ([{"containerPort": udp, "protocol": "UDP"}] if udp else [])
    labels = {"app.kubernetes.io/instance": shard, **about.pop("labels", {})}
    return {
        "metadata": {"name": name, "labels": labels, **about},
        "spec": {"nodeName": node, "containers": [{"ports": ports}]},
        "status": {"phase": phase},
    }


def test_bridges_are_where_their_node_is_at_the_port_that_they_advertise():
    def node(name, **addresses):
        listed = [{"type": kind, "address": address} for kind, address in addresses.items()]
        return {"metadata": {"name": name}, "status": {"addresses": listed}}

    pods = [
        pod("jvb-s0-0-7c9f-aaaaa", "s0", "n1", udp=10000),
        pod("jvb-s0-0-7c9f-bbbbb", "s0", "n1", udp=10000, deletionTimestamp="now"),
        pod("jvb-s0-0-7c9f-ccccc", "s0", "n2", udp=10000, phase="Pending"),
        pod("jvb-s1-3", "s1", "n2", labels={"apps.kubernetes.io/pod-index": "3"}),
    ]
    nodes = [node("n1", InternalIP="10.0.0.1", ExternalIP="198.51.100.1"), node("n2", InternalIP="10.0.0.2")]
    found = cluster.bridges(pods, nodes, {"s1": 30400})
    assert [(b.shard, b.address, b.port) for b in found] == [("s0", "198.51.100.1", 10000), ("s1", "", 30403)]
    assert cluster.nodes_of(pods) == ["n1", "n2"]


def test_what_a_stack_says_survives_its_document_and_holds_no_secret():
    made = targets(read_stack("prod-fr-par", None).config)
    assert read(made.as_json()) == made
    assert set(made.shards) == {"s0", "s1", "s2", "s3"}
    with pytest.raises(ValueError, match="not a document of targets"):
        read('{"domain": "x"}')


def test_shards_that_take_no_new_rooms_are_left_out_and_named(tmp_path):
    path = tmp_path / "Pulumi.x.yaml"
    shards = "[{name: s0, zone: fr-par-1}, {name: s1, zone: fr-par-2, state: draining}]"
    path.write_text(
        "config:\n  scaleway:region: fr-par\n  jitsi:domain: a.example.org\n"
        f"  jitsi:shards: {shards}\n  jitsi:monitoring: {{probe: 5m}}\n"
    )
    made = targets(read_stack(None, str(path)).config)
    assert (list(made.shards), made.unchecked, made.told) == (["s0"], {"s1": "draining"}, True)


def test_a_stack_that_is_not_there_is_a_wrong_question(capsys):
    assert main(["--stack", "no-such-stack"]) == 2
    assert "no-such-stack" in capsys.readouterr().err


def test_the_certificate_of_each_host_name_is_checked():
    """Each name has one of its own, so one that is not renewed would stay unseen beside the domain's."""
    names = {"domain": "a.example.org", "hosts": ("b.example.org",), "turn_host": "turn.a.example.org"}
    made = read(Targets(xmpp_domain="meet.jitsi", shards={}, **names).as_json())
    results = round_of(made, None, address="127.0.0.1", port=9)
    assert [result.of for result in results if result.check == "certificate"] == [
        *("a.example.org", "b.example.org", "turn.a.example.org")
    ]


def test_inside_the_cluster_it_needs_nothing_but_python(tmp_path):
    made = Targets(domain="127.0.0.1", xmpp_domain="meet.jitsi", shards={"s0": (1, 1)})
    folder = tmp_path / "probe"
    folder.mkdir()
    objects = StackObjects(namespace="jitsi", instance="x", images=Images())
    for name, text in ProbePods(objects=objects, targets=made, every=300).texts.items():
        (folder / name).write_text(text)
    assert not (folder / NOT_CARRIED).exists()
    assert (Path(probe.__file__).parent / NOT_CARRIED).exists()
    command = [
        sys.executable,
        "-S",
        "-m",
        "probe",
        "--targets",
        "probe/targets.json",
        "--bridges",
        "none",
        "--port",
        "9",
    ]
    done = subprocess.run([*command, "--json"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert {(r["check"], r["status"]) for r in found["results"]} == {
        (check, "failed") for check in ("certificate", "page", "config.js", "bosh", "websocket")
    }


@pytest.mark.parametrize(("stack", "there"), [("dev", False), ("announced", False), ("many-ports-per-node", True)])
def test_a_stack_has_of_it_what_its_key_says_and_without_the_key_nothing(stack, there):
    found = [o.properties for o in kubernetes_objects(stack)]
    mine = {o["kind"] for o in found if o["metadata"]["labels"]["app.kubernetes.io/name"] == "probe"}
    kinds = {"ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "NetworkPolicy", "Role", "RoleBinding"}
    assert mine == ({*kinds, "ServiceAccount"} if there else set())
    (edge,) = [o["data"] for o in found if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "haproxy"]
    assert ("X-Jitsi-Shard" in edge["haproxy.cfg"]) == there


def test_a_check_that_nobody_would_read_is_refused():
    values = {"scaleway:region": "fr-par", "jitsi:domain": "a.example.org"}
    values["jitsi:shards"] = '[{"name": "s0", "zone": "fr-par-1"}]'
    values["jitsi:monitoring"] = '{"probe": "5m", "alerts": false, "dashboards": false}'
    with pytest.raises(ConfigError, match=r"monitoring\.probe: .*nothing would read the results"):
        parse(values)


def test_the_local_stack_is_answered_with_the_reason_why_nothing_answers(monkeypatch, capsys):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(["--stack", "local"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("probe: kwok plays the pods of the local stack")
    assert "make probe STACK=dev" in line
