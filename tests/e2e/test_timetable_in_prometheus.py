"""The timetable's PromQL, evaluated by Prometheus' own engine, says at every instant what the plan says."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from components.metrics.rules import recording_rules
from components.metrics.timetable_promql import needed_bridges
from config.bridges import Bridges
from config.read import parse
from sizing.timetable import needed_at

pytestmark = pytest.mark.tools

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
NIGHTS = [  # in which the clocks of the zone change, but in the last
    ("Europe/Paris", datetime(2026, 3, 28, 6, tzinfo=UTC), 60),
    ("Europe/Paris", datetime(2026, 10, 24, 6, tzinfo=UTC), 60),
    ("Europe/Paris", datetime(2026, 10, 24, 6, tzinfo=UTC), 61),
    ("America/New_York", datetime(2031, 3, 8, 6, tzinfo=UTC), 60),
    ("America/New_York", datetime(2031, 11, 1, 6, tzinfo=UTC), 61),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 6, tzinfo=UTC), 60),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 6, tzinfo=UTC), 61),
    ("Asia/Kolkata", datetime(2026, 6, 6, 6, tzinfo=UTC), 61),
]
SCHEDULES = 2
PIECE = 240  # steps in one question: Prometheus keeps to 50 million samples for each
PIECES = 8


def stack_of(schedules, **keys):
    shards = [
        {"name": f"s{number}", "zone": "fr-par-1", "bridges": {"schedule": schedule}}
        for number, schedule in enumerate(schedules)
    ]
    settings = {"domain": "meet.example.org", "shards": shards, "bridges": {"max": 50}} | keys
    values = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
    return parse(values | {"scaleway:region": "fr-par"})


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


def some_entry(dice, zone):
    """Any entry; often one with an edge in the hours in which clocks change."""
    start = dice.randrange(24 * 60) if dice.random() < 0.5 else dice.randrange(60, 210)
    lasts = dice.choice([dice.randrange(1, 24 * 60), dice.randrange(1, 90)])
    entry = {
        "days": dice.sample(DAYS, dice.randrange(1, 8)),
        "start": clock(start),
        "end": clock((start + lasts) % (24 * 60)),
        "timezone": zone,
        "bridges": dice.randrange(1, 50),
        "lead": dice.choice(["0s", "10m", "2m", "3h", "24h"]),
    }
    if dice.random() < 0.3:
        entry["until"] = dice.choice(["2026-03-28", "2026-03-29", "2026-10-24", "2026-04-05", "2031-11-02"])
    return entry


def promtool(toolchain, *arguments):
    return subprocess.run([toolchain.paths["promtool"], *arguments], capture_output=True, text=True, check=False)


def evaluated(toolchain, tmp_path, begin, tests, *, step=60, series=(), rules=None):
    """Promtool's verdict on `tests`: (expression, instant, expected samples)."""
    files = []
    if rules is not None:
        (tmp_path / "rules.yml").write_text(rules)
        files = ["rules.yml"]
    group = {
        "interval": f"{step}s",
        "start_timestamp": begin.isoformat(),
        "input_series": list(series),
        "promql_expr_test": [
            {
                "expr": expression,
                "eval_time": f"{int((instant - begin).total_seconds())}s",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in samples],
            }
            for expression, instant, samples in tests
        ],
    }
    path = tmp_path / "test.json"
    path.write_text(json.dumps({"rule_files": files, "evaluation_interval": f"{step}s", "tests": [group]}))
    return promtool(toolchain, "test", "rules", str(path))


@pytest.mark.parametrize(
    ("zone", "noon", "step"), NIGHTS, ids=[f"{zone}-{noon:%Y-%m}-{step}s" for zone, noon, step in NIGHTS]
)
def test_the_expression_equals_the_plan_in_nights_in_which_clocks_change(zone, noon, step, toolchain, tmp_path):
    dice = random.Random(f"{zone}{noon}{step}")
    begin = datetime.fromtimestamp(-(-int(noon.timestamp()) // step) * step, UTC)  # subqueries keep to such instants
    count = PIECES * PIECE
    tests, series, seen = [], [], set()
    for number in range(SCHEDULES):
        entries = [some_entry(dice, zone) | {"days": DAYS}]
        entries += [some_entry(dice, dice.choice([zone, zone, zone, *ZONES])) for _ in range(dice.randrange(3))]
        plan = Bridges.model_validate_json(json.dumps({"max": 50, "schedule": entries}))
        planned = [needed_at(plan, begin + timedelta(seconds=step * position)) for position in range(count)]
        seen.update(planned)
        series.append({"series": f"planned_{number}", "values": " ".join(map(str, planned))})
        same = f"count_over_time((({needed_bridges(plan)}) == on () planned_{number})[{step * PIECE}s:{step}s])"
        ends = (begin + timedelta(seconds=step * (piece * PIECE - 1)) for piece in range(1, PIECES + 1))
        tests += [(same, end, [("{}", PIECE)]) for end in ends]
    assert len(seen) > 1
    done = evaluated(toolchain, tmp_path, begin, tests, step=step, series=series)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def test_the_recorded_series_follows_from_the_recorded_clocks(toolchain, tmp_path):
    lesson = {"days": ["mon"], "start": "08:00", "end": "08:05", "timezone": "Europe/Paris", "lead": "3m"}
    stack = stack_of([[lesson | {"bridges": 4}], [lesson | {"bridges": 2}, lesson | {"bridges": 9, "lead": "1m"}], []])
    begin = datetime(2026, 6, 1, 5, 55, tzinfo=UTC)
    tests = [
        (own, begin + timedelta(minutes=minute), [(own, needed_at(shard.bridges, begin + timedelta(minutes=minute)))])
        for shard in stack.resolved[:2]
        for own in [f'shard:jvb_timetable:max{{namespace="jitsi",shard="{shard.name}"}}']
        for minute in range(12)
    ]
    assert {samples[0][1] for _, _, samples in tests} == {0, 2, 4, 9}
    tests.append(('shard:jvb_timetable:max{shard="s2"}', begin, []))
    rules = recording_rules(stack.resolved, "jitsi", stack.metrics)
    done = evaluated(toolchain, tmp_path, begin, tests, rules=rules)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


PARIS = {"timezone": "Europe/Paris", "bridges": 4, "lead": "0s"}
NIGHT = {"days": ["mon"], "start": "22:00", "end": "06:00", "until": "2026-06-01"}
EDGES = [
    ("02:30 does not exist: on from the change", {"days": ["sun"], "start": "02:30", "end": "04:00"}, (3, 29, 1, 0), 4),
    ("and not before", {"days": ["sun"], "start": "02:30", "end": "04:00"}, (3, 29, 0, 59), 0),
    ("02:30 comes twice: on from the first", {"days": ["sun"], "start": "02:30", "end": "04:00"}, (10, 25, 1, 0), 4),
    ("until the second", {"days": ["sun"], "start": "01:00", "end": "02:30"}, (10, 25, 1, 29), 4),
    ("and no longer", {"days": ["sun"], "start": "01:00", "end": "02:30"}, (10, 25, 1, 30), 0),
    ("the night of the last day is whole", NIGHT, (6, 2, 3, 59), 4),
    ("the next one is none", NIGHT, (6, 8, 21, 0), 0),
]


@pytest.mark.parametrize(("entry", "at", "value"), [case[1:] for case in EDGES], ids=[case[0] for case in EDGES])
def test_the_expression_that_is_not_recorded_says_the_same(entry, at, value, toolchain, tmp_path):
    plan = Bridges.model_validate_json(json.dumps({"max": 50, "schedule": [PARIS | entry]}))
    instant = datetime(2026, *at, tzinfo=UTC)
    assert needed_at(plan, instant) == value
    tests = [(needed_bridges(plan), instant + timedelta(seconds=second), [("{}", value)]) for second in (0, 59)]
    done = evaluated(toolchain, tmp_path, instant - timedelta(minutes=1), tests)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_itself_can_fail(toolchain, tmp_path):
    entry = PARIS | {"days": DAYS, "start": "08:00", "end": "09:00"}
    plan = Bridges.model_validate_json(json.dumps({"schedule": [entry]}))
    instant = datetime(2026, 6, 2, 6, 30, tzinfo=UTC)
    assert evaluated(toolchain, tmp_path, instant, [(needed_bridges(plan), instant, [("{}", 4)])]).returncode == 0
    assert evaluated(toolchain, tmp_path, instant, [(needed_bridges(plan), instant, [("{}", 5)])]).returncode != 0
