"""The alert of a shard that fills up, evaluated by Prometheus itself, and rules that Prometheus takes over while it runs."""

import json
import socket
import subprocess
import time

import httpx
import pytest
import yaml
from sample_stacks import kubernetes_objects
from waiting import eventually

from components.metrics.shard_rules import NEAR_LIMIT, shard_group

pytestmark = pytest.mark.tools

LINE = "- {name: s2, zone: fr-par-1}"
PROMETHEUS = {"namespace": "jitsi", "component": "jicofo"}


def people(shard, values, pod="jicofo-a"):
    labels = ",".join(f'{key}="{value}"' for key, value in {**PROMETHEUS, "shard": shard, "pod": pod}.items())
    return {"series": f"jitsi_jicofo_participants_current{{{labels}}}", "values": values}


def firing(toolchain, tmp_path, given, at, *shards, line: str | None = LINE):
    """Whether exactly these shards' alerts fire `at` then, worded as they should be."""
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [shard_group("jitsi", 4000, line)]}))
    advice = (
        f"Add the line `{LINE}` to jitsi:shards, and run pulumi up: the new shard takes its part of new rooms, and no open one."
        if line
        else "Every slot is taken: move a part of the rooms to another stack."
    )
    wanted = [
        {
            "exp_labels": {"severity": "warning", "namespace": "jitsi", "shard": shard},
            "exp_annotations": {
                "summary": f"Shard {shard} nears what its prosody carries: {value} of 4000",
                "description": f"More than 90% of signalling.participants (4000) for 10m. {advice}",
            },
        }
        for shard, value in shards
    ]
    test = {
        "interval": "15s",
        "input_series": given,
        "alert_rule_test": [{"eval_time": at, "alertname": NEAR_LIMIT, "exp_alerts": wanted}],
    }
    path = tmp_path / "test.json"
    path.write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]}))
    done = subprocess.run(
        [toolchain.paths["promtool"], "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    return done.returncode == 0 or done.stdout + done.stderr


def test_a_shard_that_stays_above_nine_tenths_for_ten_minutes_asks_for_the_next_one(toolchain, tmp_path):
    given = [people("s0", "3700x80"), people("s1", "3600x80"), people("s1", "400x80", pod="jicofo-b")]
    assert firing(toolchain, tmp_path, given, "11m", ("s0", 3700)) is True
    assert firing(toolchain, tmp_path, given, "9m") is True


def test_a_rush_that_passes_asks_for_nothing(toolchain, tmp_path):
    given = [people("s0", "3000x10 4100x30 3500 4100x30")]
    assert firing(toolchain, tmp_path, given, "11m") is True
    assert firing(toolchain, tmp_path, given, "17m") is True


def test_where_no_line_helps_the_alert_says_so(toolchain, tmp_path):
    assert firing(toolchain, tmp_path, [people("s0", "5000x80")], "15m", ("s0", 5000), line=None) is True


def test_this_tests_promtool_can_see_an_alert_that_does_not_fire(toolchain, tmp_path):
    assert "s0" in str(firing(toolchain, tmp_path, [people("s0", "100x80")], "15m", ("s0", 100)))


def the(kind):
    (found,) = [
        o.properties
        for o in kubernetes_objects("local")
        if o.properties["kind"] == kind and o.properties["metadata"]["name"] == "prometheus"
    ]
    return found


def test_prometheus_takes_another_shards_rules_over_without_a_restart(toolchain, tmp_path):
    """Its own arguments, and files that change as the kubelet changes them."""
    (container,) = the("StatefulSet")["spec"]["template"]["spec"]["containers"]
    rules = yaml.safe_load(the("ConfigMap")["data"]["rules.yml"])
    mount, data = tmp_path / "etc", tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def bring(number, groups):
        version = mount / f"..{number}"
        version.mkdir(parents=True)
        (version / "prometheus.yml").write_text("rule_files: [rules.yml]\n")
        (version / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
        (mount / "next").symlink_to(version.name)
        (mount / "next").rename(mount / "..data")

    bring(1, rules["groups"][1:])
    for name in ("prometheus.yml", "rules.yml"):
        (mount / name).symlink_to(f"..data/{name}")
    arguments = [
        argument.replace("/etc/prometheus", str(mount)).replace("=/prometheus", f"={data}").replace("=30s", "=1s")
        for argument in container["args"]
    ]
    child = subprocess.Popen(
        [toolchain.paths["prometheus"], *arguments, f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=(tmp_path / "log").open("w"),
    )

    def known():
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/rules", timeout=5).json()
        except (httpx.TransportError, ValueError):
            return set()
        return {group["name"] for group in answer.get("data", {}).get("groups", [])}

    try:
        names = {group["name"] for group in rules["groups"]}
        eventually(lambda: known() == names - {rules["groups"][0]["name"]}, 30)
        time.sleep(1.5)  # what is there at the start is not a change
        bring(2, rules["groups"])
        eventually(lambda: known() == names, 20)
        assert child.poll() is None
    finally:
        child.terminate()
        child.wait(20)
