"""How many recorders are wanted, and the alerts about them, evaluated by promtool."""

import json
import subprocess

import pytest
import yaml

from components.metrics.recorders_promql import recorders_group
from config.recording import Recording

pytestmark = pytest.mark.tools

WANTED = "namespace:jibri_wanted:sum"


def own(series, values, pod):
    return {"series": f'{series}{{namespace="jitsi",pod="{pod}",component="jibri"}}', "values": values}


def recorder(number, occupied, up="1x100"):
    pod = f"jibri-{number}"
    return [own("jibri_occupied", occupied, pod), own("up", up, pod)]


def jicofo(name, instances, available, rooms="0x100"):
    pod = f"jicofo-{name}-a-b"
    return [
        own("jitsi_jicofo_jibri_instances", instances, pod),
        own("jitsi_jicofo_jibri_instances_available", available, pod),
        own("jitsi_jicofo_conferences", rooms, pod),
    ]


def holds(toolchain, tmp_path, recording, given, **expected):
    """Whether this many are wanted at each time; none: no answer."""
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [recorders_group(recording, "jitsi")]}))
    checks = [
        {
            "expr": WANTED,
            "eval_time": at.removeprefix("at_"),
            "exp_samples": [] if number is None else [{"labels": f'{WANTED}{{namespace="jitsi"}}', "value": number}],
        }
        for at, number in expected.items()
    ]
    test = {"interval": "15s", "input_series": given, "promql_expr_test": checks}
    (tmp_path / "test.json").write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]})
    )
    done = subprocess.run(
        [toolchain.paths["promtool"], "test", "rules", str(tmp_path / "test.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0 or done.stdout + done.stderr


ONE = Recording(bucket="abc", idle=2, min=1)
FROM_NOTHING = Recording(bucket="abc", idle=2, min=0)


def test_the_idle_ones_stand_beside_those_that_record(toolchain, tmp_path):
    given = [*recorder(0, "0x20 1x80"), *recorder(1, "1x100"), *jicofo("s0", "2x100", "1x100")]
    assert holds(toolchain, tmp_path, ONE, given, at_4m=3, at_7m=4) is True


def test_a_recorder_that_cannot_be_scraped_counts_with_what_it_said_last(toolchain, tmp_path):
    given = [*recorder(0, "1x10 stale", up="1x10 0x90"), *recorder(1, "0x100")]
    assert holds(toolchain, tmp_path, ONE, given, at_2m=3, at_8m=3) is True


def test_a_recorder_that_is_gone_counts_no_more(toolchain, tmp_path):
    given = [*recorder(0, "1x10 stale", up="1x10 stale"), *recorder(1, "0x100")]
    assert holds(toolchain, tmp_path, ONE, given, at_2m=3, at_4m=2) is True


def test_before_any_recorder_answers_jicofo_says_how_many_record_and_the_largest_answer_counts(toolchain, tmp_path):
    given = [*jicofo("s0", "4x100", "1x100"), *jicofo("s1", "4x100", "2x100")]
    assert holds(toolchain, tmp_path, ONE, given, at_2m=5) is True


def test_where_nobody_answers_there_is_no_number_and_the_size_stays(toolchain, tmp_path):
    assert holds(toolchain, tmp_path, ONE, [own("up", "1x100", "web-s0-a-b")], at_2m=None) is True


def test_from_nothing_the_first_meeting_on_any_shard_brings_the_idle_ones(toolchain, tmp_path):
    given = [*jicofo("s0", "0x100", "0x100"), *jicofo("s1", "0x100", "0x100", rooms="0x20 3x40 0x40")]
    assert holds(toolchain, tmp_path, FROM_NOTHING, given, at_4m=0, at_6m=2, at_16m=0) is True
