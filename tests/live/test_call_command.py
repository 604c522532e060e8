"""`make call` against the live stack, as an operator runs it: all shards, over UDP and TURN, with a token; and a small load."""

import json
import os
import subprocess
import sys

import pytest

from lab.live import kubectl, stacks
from lab.live.guests import HEIGHT, at_home
from lab.live.tokens import APP, SECRET, token
from lab.live.world import BALANCER
from lab.paths import PROJECT
from lab.progress import Progress
from lab.toolchain.prepare import ensure

SHARDS = [{"name": name, "zone": "fr-par-1"} for name in ("s0", "s1")]
PATIENCE = 120
"""Seconds; the machine plays everything at once."""
PEOPLE, MINUTES = 4, 1


@pytest.fixture(scope="module")
def call(world):
    """Run `python -m probe call` with the given options; returns the exit status, the report and what was said besides."""
    stack = stacks.document(
        bridges={"min": 1},
        shards=SHARDS,
        turn=stacks.TURN,
        auth={"type": "jwt", "jwt": {"appId": APP}},
    )
    world.up(stack, {"jitsi:jwtSecret": SECRET})
    browser = at_home(world)
    path = kubectl.put_on_path(world, ensure("loop", Progress()).paths["kubectl"])

    def run(*options, **environment):
        file = world.folder / "stack" / stacks.FILE
        line = [sys.executable, "-m", "probe", "call", "--file", str(file), "--address", BALANCER, "--browser", browser]
        line += ["--json", "--patience", str(PATIENCE), "--height", str(HEIGHT), *options]
        variables = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}", **environment}
        done = subprocess.run(line, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


def summary(report):
    """What the page of results shows."""
    people = report["participants"]
    return {
        "participants": len(people),
        "failed": report["failed"],
        "ways": sorted({f"{each['path']}: {each['via']}" for each in people}),
    }


def test_make_call_meets_on_every_shard_over_udp_and_turn(call, measured):
    status, report, said = call(JITSI_CALL_TOKEN=token())
    assert (status, report["failed"]) == (0, 0), report
    people = report["participants"]
    assert [(each["shard"], each["path"]) for each in people] == [
        (shard["name"], path) for shard in SHARDS for path in ("udp", "turn") for _ in range(2)
    ]
    assert all(each["bridge"].startswith(f"jvb-{each['shard']}-") for each in people), said
    assert {each["via"] for each in people if each["path"] == "turn"} == {"relay tls"}
    assert {each["via"].split()[-1] for each in people if each["path"] == "udp"} == {"udp"}
    measured |= summary(report) | {"report": report}


def test_make_call_says_that_login_is_on(call, measured):
    status, report, _ = call("--shard", "s0", "--path", "udp", "--patience", "60")
    assert status == 1
    measured["problem"] = report["participants"][0]["problem"].partition(":")[0]
    assert "JITSI_CALL_TOKEN" in report["participants"][0]["problem"]


@pytest.mark.parametrize("path", ["udp", "turn"])
def test_make_call_tells_what_a_small_load_costs_the_bridge(call, measured, path):
    few = ("--people", str(PEOPLE), "--minutes", str(MINUTES))
    status, report, said = call("--shard", "s0", "--path", path, *few, JITSI_CALL_TOKEN=token())
    assert (status, report["failed"]) == (0, 0), report
    load = report["load"][f"s0 {path}"]
    assert load["streams"] == PEOPLE * (PEOPLE - 1) * 2, said
    assert load["cores"] > 0
    assert load["microsecondsPerPacket"] > 0
    measured |= summary(report) | {"report": report, "coresPerStream": load["coresPerStream"]}
