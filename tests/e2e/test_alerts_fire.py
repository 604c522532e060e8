"""Every alert, evaluated by Prometheus itself: what makes it fire, and what is so near that it must not."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from components.metrics.rules import recording_rules
from components.monitoring.alerts.catalogue import alert_groups, alerts
from components.monitoring.rule_groups import monitoring_facts, rule_groups
from config.read import parse

pytestmark = pytest.mark.tools

RUNBOOKS = Path(__file__).parents[2] / "docs/runbooks"
LONG = 40  # minutes of samples
KEYS = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
    "jitsi:monitoring": '{"probe": "5m"}',
    "jitsi:auth": '{"type": "jwt", "jwt": {"appId": "school"}}',
    "jitsi:recording": '{"bucket": "school-example-recordings"}',
    "jitsi:bridges": json.dumps(
        {
            "participants": 100,
            "drain": {"deadline": "20m"},
            "schedule": [
                {
                    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                    "start": "00:20",
                    "end": "20:00",
                    "timezone": "UTC",
                    "bridges": 4,
                }
            ],
        }
    ),
}
STACK = parse(KEYS)
FACTS = replace(monitoring_facts(STACK), shards=(*STACK.resolved, *STACK.resolved))
"""One alert is for several shards only; the series are of the first."""
NAMES = sorted({alert.name for alert in alerts(FACTS)})


def series(name, values, /, **labels):
    listed = ",".join(f'{key}="{value}"' for key, value in {"namespace": "jitsi", **labels}.items())
    return {"series": f"{name}{{{listed}}}", "values": f"{values}x{LONG}" if "x" not in values else values}


def of(component, name, values, pod=None, **labels):
    return series(
        name, values, component=component, shard="s0", pod=pod or f"{component}-s0-7c9f8d5b6f-aaaaa", **labels
    )


def volume(log):
    """What Prometheus says of its 20 GiB."""
    parts = {"storage_blocks": 2**20, "wal_storage_size": log, "head_chunks_storage_size": 2**20}
    return [series(f"prometheus_tsdb_{part}_bytes", str(size)) for part, size in parts.items()]


def bridge(letter="a", *, people="10", stress="0.3", joined="1", drain="0", shutting="0", up="1", **more):
    pod = f"jvb-s0-0-7c9f8d5b6f-aaaa{letter}"
    figures = {
        "local_endpoints": people,
        "stress": stress,
        "mucs_joined": joined,
        "mucs_connected": "1",
        "drain_mode": drain,
        "graceful_shutdown": "0",
        "shutting_down": shutting,
        **more,
    }
    found = [of("jvb", f"jitsi_jvb_{name}", values, pod, node="n1") for name, values in figures.items()]
    return [*found, of("jvb", "up", up, pod, node="n1")]


def core(*, people="10", operational="1", leaving="0", healthy="1", prosody="1", jicofo="1", **more):
    figures = {
        "participants_current": people,
        "conferences": "3",
        "bridge_selector_bridge_count_operational": operational,
        "bridge_selector_bridge_count_in_shutdown": leaving,
        "healthy": healthy,
        "participants_total": "0+10",
        **more,
    }
    return [
        *(of("jicofo", f"jitsi_jicofo_{name}", values) for name, values in figures.items()),
        of("jicofo", "up", jicofo),
        of("prosody", "up", prosody),
    ]


def haproxies(figure, *values, **labels):
    return [
        series(figure, value, component="haproxy", pod=f"haproxy-{number}", **labels)
        for number, value in enumerate(values)
    ]


def scaler(*, wanted="2", most="10", active="1"):
    own = {"horizontalpodautoscaler": "jvb-s0-0"}
    prefix = "kube_horizontalpodautoscaler"
    return [
        series(f"{prefix}_status_desired_replicas", wanted, **own),
        series(f"{prefix}_spec_max_replicas", most, **own),
        series(f"{prefix}_status_condition", active, condition="ScalingActive", status="true", **own),
    ]


def pending(pod, values):
    return [series("kube_pod_status_phase", values, phase="Pending", pod=pod)]


def recorder(name, values):
    return [series(name, values, component="jibri", pod="jibri-0")]


def probed(name, values, **labels):
    """`of` and others; the check itself goes on, unless it is said."""
    finished = [] if name.endswith("timestamp_seconds") else probed("finished_timestamp_seconds", "0+60")
    return [series(f"jitsi_probe_{name}", values, component="probe", pod="probe-0", **labels), *finished]


def answers(code, values, server="s0"):
    return haproxies("haproxy_backend_http_responses_total", values, proxy="signalling", code=code, server=server)


FOUR = [part for letter in "abcd" for part in bridge(letter)]
A_BRIDGE = "jvb-s0-0-7c9f8d5b6f-aaaaa"
ROOMS, SIZE = "haproxy_sticktable_used", "haproxy_sticktable_size"
PEERS = ("haproxy_process_active_peers", "haproxy_process_connected_peers")
REQUESTS = "prometheus_http_requests_total"
ASKED = {"handler": "/api/v1/series", "code": "200", "component": "prometheus"}
LATE = "1x5 0x85"

CASES = {
    "NoProsody": [(core(prosody="1x5 stale"), "10m", 1), (core(prosody="1x5 0 1x85"), "7m", 0)],
    "NoJicofo": [(core(jicofo=LATE), "10m", 1), (core(jicofo="1x5 0 1x85"), "7m", 0)],
    "NoBridges": [
        (core(operational=LATE, healthy=LATE), "10m", 1),
        (core(operational="2", leaving="0x5 2x85", healthy=LATE), "10m", 1),
        (core(operational="2", leaving="0x5 1x85"), "10m", 0),
        (core(operational="1x5 0 1x85", healthy="1x5 0 1x85"), "7m", 0),
    ],
    "ShardNearLimit": [(core(people="3700"), "12m", 1), (core(people="3600"), "12m", 0)],
    "ProsodyConnectionsNearLimit": [
        (
            [
                of("prosody", "prosody_mod_c2s__connections", "3000", host="meet.jitsi"),
                of("prosody", "prosody_mod_bosh__active_sessions", "700"),
            ],
            "12m",
            1,
        ),
        ([of("prosody", "prosody_mod_c2s__connections", "3500", host="meet.jitsi")], "12m", 0),
    ],
    "BridgesLost": [
        (core(bridge_selector_lost_bridges_total="0x5 3x85"), "8m", 1),
        (core(bridge_selector_lost_bridges_total="0x5 1x85"), "8m", 0),
    ],
    "IceFailuresHigh": [
        (core(participants_ice_failed_total="0+1"), "20m", 1),
        (core(participants_total="0+1", participants_ice_failed_total="0+0.1"), "20m", 0),
    ],
    "BridgesOfSeveralVersions": [
        (core(bridge_selector_bridge_version_count="2x150"), "125m", 1),
        (core(bridge_selector_bridge_version_count="2x100 1x50"), "125m", 0),
    ],
    "BridgeStressHigh": [(bridge(stress="0.95"), "8m", 1), (bridge(stress="0.95x3 0.89x87"), "8m", 0)],
    "OutgoingLossHigh": [
        (bridge(outgoing_loss_fraction="0.08"), "8m", 1),
        (bridge(people="3", outgoing_loss_fraction="0.3"), "8m", 0),
    ],
    "IncomingLossHigh": [
        (bridge(incoming_loss_fraction="0.08"), "8m", 1),
        (bridge(incoming_loss_fraction="0.04"), "8m", 0),
    ],
    "CpuSteal": [(bridge(cpu_steal="0.2"), "15m", 1), (bridge(cpu_steal="0.1"), "15m", 0)],
    "BridgeJoinedNowhere": [
        (bridge(joined=LATE), "10m", 1),
        (bridge(joined=LATE, drain="1"), "10m", 0),
    ],
    "ZombieBridge": [
        (bridge(shutting="1"), "12m", 1),
        (bridge(up="0"), "12m", 1),
        (bridge(drain="1", people="0"), "12m", 1),
        (bridge(drain="1", people="5"), "12m", 0),
        (bridge(shutting="0x5 1x2 _x80", up="1x7 _x80"), "12m", 0),
    ],
    "DrainOverTime": [
        (bridge(drain="1"), "27m", 1),
        (bridge(drain="0x5 1x20 _x60"), "32m", 0),
    ],
    "HeadroomGone": [
        ([*core(people="105"), *bridge(people="105")], "8m", 1),
        ([*core(people="99"), *bridge(people="99")], "8m", 0),
        ([*core(people="0"), *bridge(people="0", joined="0")], "8m", 0),
    ],
    "TimetableNotMet": [
        (bridge(), "25m", 1),
        (bridge(), "15m", 0),
        (FOUR, "25m", 0),
    ],
    "AutoscalerBlind": [(scaler(active=LATE), "12m", 1), (scaler(active="1x5 0x2 1x83"), "12m", 0)],
    "AutoscalerAtMax": [(scaler(wanted="10"), "12m", 1), (scaler(wanted="9"), "12m", 0)],
    "PoolStuck": [
        (pending(A_BRIDGE, "1"), "12m", 1),
        (pending("jvb-spare-s0-7c9f8d5b6f-aaaaa", "1"), "12m", 0),
        (pending(A_BRIDGE, "1x6 0x80"), "12m", 0),
    ],
    "MetricsAdapterStale": [
        ([series(REQUESTS, "0+4x10 40x80", **ASKED)], "21m", 1),
        ([series(REQUESTS, "0+4", **ASKED)], "21m", 0),
    ],
    "EdgeDown": [(haproxies("up", LATE, LATE), "10m", 1), (haproxies("up", LATE, "1"), "10m", 0)],
    "ShardUnreachable": [
        (haproxies("haproxy_server_status", LATE, LATE, proxy="signalling", server="s0", state="UP"), "10m", 1),
        (haproxies("haproxy_server_status", LATE, "1", proxy="signalling", server="s0", state="UP"), "10m", 0),
        (haproxies("haproxy_server_status", LATE, LATE, proxy="signalling", server="s0b", state="UP"), "10m", 0),
    ],
    "HaproxiesDisagree": [
        (haproxies(ROOMS, "1000", "700", name="rooms"), "8m", 1),
        ([*haproxies(PEERS[0], "1", "1"), *haproxies(PEERS[1], "1", "0")], "8m", 1),
        (haproxies(ROOMS, "1000", "950", name="rooms"), "8m", 0),
        ([*haproxies(PEERS[0], "1", "1"), *haproxies(PEERS[1], "1", "1")], "8m", 0),
    ],
    "SignallingErrors": [
        ([*answers("5xx", "0+60"), *answers("2xx", "0+300")], "15m", 1),
        ([*answers("5xx", "0+3"), *answers("2xx", "0+300")], "15m", 0),
        ([*answers("5xx", "0+2"), *answers("2xx", "0+2")], "15m", 0),
    ],
    "RoomTableNearFull": [
        ([*haproxies(ROOMS, "90000", name="rooms"), *haproxies(SIZE, "100000", name="rooms")], "8m", 1),
        ([*haproxies(ROOMS, "70000", name="rooms"), *haproxies(SIZE, "100000", name="rooms")], "8m", 0),
    ],
    "RoomSplit": [
        (haproxies(ROOMS, "2", "0", name="split"), "10m", 1),
        (haproxies(ROOMS, "0x5 3x6 0x80", "0", name="split"), "13m", 0),
        (haproxies(ROOMS, "700", "700", name="rooms"), "10m", 0),
    ],
    "ProbeFailing": [
        (probed("success", LATE, check="bosh", of="s0"), "15m", 1),
        (probed("success", "1x5 0x4 1x85", check="bosh", of="s0"), "15m", 0),
        (probed("bridges", "1", status="failed", of="s0"), "15m", 1),
        (probed("bridges", "1", status="silent", of="s0"), "15m", 0),
        (probed("finished_timestamp_seconds", "0+60x4 240x90"), "30m", 1),
        (probed("finished_timestamp_seconds", "0+0x4 300x4 600x4 900x4 1200x4 1500x80"), "26m", 0),
    ],
    "CertificateExpiring": [
        (probed("certificate_days", "13", of="meet.example.org"), "10m", 1),
        (probed("certificate_days", "14", of="meet.example.org"), "10m", 0),
    ],
    "RecordingsNotUploaded": [
        (recorder("jibri_upload_oldest_seconds", "0+60"), "38m", 1),
        (recorder("jibri_upload_oldest_seconds", "0+60x29 0x60"), "38m", 0),
    ],
    "RecordingIncomplete": [
        (recorder("jibri_recordings_incomplete_total", "3x5 4x85"), "8m", 1),
        (recorder("jibri_recordings_incomplete_total", "3"), "8m", 0),
    ],
    "NoFreeRecorder": [
        (recorder("jibri_occupied", "1"), "12m", 1),
        ([*recorder("jibri_occupied", "1"), series("jibri_occupied", "0", component="jibri", pod="jibri-1")], "12m", 0),
    ],
    "TargetSilent": [
        ([of("prosody", "up", LATE)], "20m", 1),
        ([of("prosody", "up", "1x5 0x5 1x80")], "20m", 0),
        (bridge(up=LATE), "20m", 0),
    ],
    "MetricsVolumeNearFull": [
        (volume(19 * 2**30), "20m", 1),
        (volume(17 * 2**30), "20m", 0),
        (volume(f"{19 * 2**30}x5 {2**30}x85"), "20m", 0),
    ],
    "RulesFail": [
        ([series("prometheus_rule_evaluation_failures_total", "0+1", rule_group="a")], "21m", 1),
        ([series("prometheus_rule_evaluation_failures_total", "7", rule_group="a")], "21m", 0),
    ],
}
"""Alert -> what is scraped, when it is looked at, and how many then fire. A Sunday of 1970 in UTC, from midnight."""


def rule_file(folder):
    recorded = [group for group in rule_groups(STACK) if not any("alert" in rule for rule in group["rules"])]
    groups = [*recorded, *alert_groups(FACTS)]
    (folder / "rules.yml").write_text(recording_rules(STACK.resolved, STACK.namespace, STACK.metrics, groups))


def run(toolchain, folder, tests):
    path = folder / "test.json"
    path.write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}))
    command = [toolchain.paths["promtool"], "test", "rules", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(name, given, at, count):
    asked = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'
    sample = {"labels": "{}", "value": count}
    return {
        "name": f"{name} at {at}",
        "interval": "1m",
        "input_series": given,
        "promql_expr_test": [{"expr": asked, "eval_time": at, "exp_samples": [sample]}],
    }


def test_every_alert_fires_when_it_should_and_not_when_it_should_not(toolchain, tmp_path):
    rule_file(tmp_path)
    done = run(toolchain, tmp_path, [told(name, *case) for name, cases in CASES.items() for case in cases])
    assert done.returncode == 0, done.stdout + done.stderr


def test_this_check_notices_an_alert_that_stays_silent(toolchain, tmp_path):
    rule_file(tmp_path)
    done = run(toolchain, tmp_path, [told("NoJicofo", core(), "10m", 1)])
    assert done.returncode != 0


def test_a_firing_alert_says_what_to_do(toolchain, tmp_path):
    rule_file(tmp_path)
    wanted = {
        "exp_labels": {"severity": "warning", "namespace": "jitsi", "shard": "s0"},
        "exp_annotations": {
            "summary": "Shard s0 nears the limit of its prosody: 3700 of 4000 participants",
            "description": "More than 90% of signalling.participants for 10m; above the limit, joining becomes slow for everyone on the shard.",
            "action": "Add the line `- {name: s1, zone: fr-par-2}` to jitsi:shards, and run pulumi up: the new shard takes its "
            "share of new rooms, but no open rooms.",
            "runbook_url": "docs/runbooks/ShardNearLimit.md",
        },
    }
    test = {
        "interval": "1m",
        "input_series": core(people="3700"),
        "alert_rule_test": [{"eval_time": "12m", "alertname": "ShardNearLimit", "exp_alerts": [wanted]}],
    }
    done = run(toolchain, tmp_path, [test])
    assert done.returncode == 0, done.stdout + done.stderr
