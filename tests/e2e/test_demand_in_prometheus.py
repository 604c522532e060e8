"""Who is there and who is expected_participants, evaluated by Prometheus' own engine: what counts, what falls back, what is missing."""

import json
import subprocess

import pytest

from components.metrics.demand_promql import Demand
from components.metrics.rules import recording_rules
from config.metrics import Metrics
from config.read import parse
from sizing.bridge_load import MAX_GROWTH_FACTOR, expected_participants

pytestmark = pytest.mark.tools

LOOK_AHEAD = 90
STACK = parse(
    {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.example.org",
        "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}, {"name": "s0-x", "zone": "fr-par-1", "slot": 1}]',
        "jitsi:bridges": json.dumps({"scaling": {"lookAhead": f"{LOOK_AHEAD}s"}}),
    }
)
SHARD = STACK.resolved[0]
A, B, C = (f"jvb-s0-0-7c9f8d5b6f-aaaa{letter}" for letter in "abc")
NEIGHBOUR = "jvb-s0-x-0-7c9f8d5b6f-aaaaa"
JICOFO = "jicofo-s0-5d4c8b7f9-xyzab"


def series(name, pod, values):
    return {"series": f'{name}{{namespace="jitsi",pod="{pod}"}}', "values": values}


def bridge(pod, people, *, up="1x80", drain="0x80"):
    return [
        series("jitsi_jvb_local_endpoints", pod, people),
        series("jitsi_jvb_drain_mode", pod, drain),
        series("up", pod, up),
    ]


def verdict(toolchain, tmp_path, given, wanted):
    """`wanted`: (expression, minutes, value or none). Samples are 15 s apart."""
    (tmp_path / "rules.yml").write_text(recording_rules(STACK.resolved, "jitsi", Metrics()))
    tests = []
    for asked, at, value in wanted:
        recorded = f'{asked}{{namespace="jitsi",shard="s0"}}' if asked.startswith("shard:") else None
        samples = [] if value is None else [{"labels": recorded or '{namespace="jitsi"}', "value": value}]
        tests.append({"expr": recorded or asked, "eval_time": at, "exp_samples": samples})
    group = {"interval": "15s", "input_series": given, "promql_expr_test": tests}
    path = tmp_path / "test.json"
    path.write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "fuzzy_compare": True, "tests": [group]})
    )
    command = [toolchain.paths["promtool"], "test", "rules", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


PEOPLE = "shard:jvb_participants:sum"
EXPECTED = "shard:jvb_expected:sum"
GROWN = 60 + 40 / 60 * LOOK_AHEAD

CASES = {
    "people of one shard are added up, those of another whose name begins alike are not": (
        [*bridge(A, "10x80"), *bridge(B, "20x80"), *bridge(NEIGHBOUR, "500x80")],
        [(PEOPLE, "5m", 30)],
    ),
    "people on bridges that leave do not count": (
        [*bridge(A, "10x80"), *bridge(B, "20x80", drain="0x8 1x70")],
        [(PEOPLE, "1m", 30), (PEOPLE, "5m", 10)],
    ),
    "a bridge whose scrape fails counts with what it said last": (
        [*bridge(A, "10x80"), *bridge(B, "20x8 stale", up="1x8 0x70")],
        [(PEOPLE, "10m", 30)],
    ),
    "a bridge that has gone does not": (
        [*bridge(A, "10x80"), *bridge(B, "20x8 stale", up="1x8 stale", drain="0x8 stale")],
        [(PEOPLE, "3m", 10)],
    ),
    "a bridge that left while it could not be scraped stays out": (
        [*bridge(A, "10x80"), *bridge(B, "20x16 stale", up="1x16 0x70", drain="0x8 1x8 stale")],
        [(PEOPLE, "6m", 10)],
    ),
    "where no bridge has answered for ten minutes jicofo's count stands in": (
        [*bridge(A, "10x8 stale", up="1x8 0x70"), series("jitsi_jicofo_participants_current", JICOFO, "33x80")],
        [(PEOPLE, "11m", 10), (PEOPLE, "13m", 33), (EXPECTED, "13m", 33)],
    ),
    "where jicofo is silent too there is no answer": (
        [*bridge(A, "10x8 stale", up="1x8 0x70")],
        [(PEOPLE, "13m", None), (EXPECTED, "13m", None)],
    ),
    "jicofo away changes nothing while a bridge answers": (
        [*bridge(A, "10x80"), series("jitsi_jicofo_participants_current", JICOFO, "99x4 stale")],
        [(PEOPLE, "5m", 10), (EXPECTED, "5m", 10)],
    ),
    "steady people are expected_participants to stay": ([*bridge(A, "60x80")], [(EXPECTED, "5m", 60)]),
    "growth is carried on": (
        [*bridge(A, "0+10x6 60x70"), *bridge(B, "0x80")],
        [("shard:jvb_participants:deriv", "1m30s", 40 / 60), (EXPECTED, "1m30s", GROWN)],
    ),
    "but to no more than the double": (
        [*bridge(A, "0x20 30+30x3 120x70")],
        [(EXPECTED, "5m30s", MAX_GROWTH_FACTOR * 60)],
    ),
    "shrinking is not": ([*bridge(A, "60-10x6 0x70")], [(EXPECTED, "1m", 20)]),
    "people who are moved are no growth": (
        [*bridge(A, "40-10x4 0x70", drain="1x80"), *bridge(B, "0+10x4 40x70")],
        [(EXPECTED, "1m", 40)],
    ),
    "neither is a Prometheus that has just begun to look": (
        [*bridge(A, "_x8 80x70"), *bridge(B, "_x9 80x70"), *bridge(C, "_x10 80x70")],
        [(EXPECTED, "3m", 240)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_demand(name, toolchain, tmp_path):
    given, wanted = CASES[name]
    done = verdict(toolchain, tmp_path, given, wanted)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_recorded_says_the_same(toolchain, tmp_path):
    demand = Demand(SHARD, "jitsi", Metrics())
    given = [*bridge(A, "0+10x6 60x70"), *bridge(B, "5x80")]
    wanted = [(demand.expected(), "1m30s", GROWN + 5), (demand.participants, "5m", 65)]
    done = verdict(toolchain, tmp_path, given, wanted)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_plan_expects_as_many():
    assert expected_participants(60, 40 / 60, LOOK_AHEAD) == pytest.approx(GROWN)
    assert expected_participants(60, 2, LOOK_AHEAD) == MAX_GROWTH_FACTOR * 60


def test_the_check_itself_can_fail(toolchain, tmp_path):
    assert verdict(toolchain, tmp_path, bridge(A, "60x80"), [(EXPECTED, "5m", 61)]).returncode != 0
