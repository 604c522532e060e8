"""The reader and the evaluator of PromQL that the rules about resources use."""

import json
import math
import random
from datetime import UTC, datetime

import pytest
from e2e.test_timetable_in_prometheus import NIGHTS, ZONES, some_entry

from components.metrics.timetable_promql import needed_bridges
from config.bridges import Bridges
from config.shard import Shard
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError, seconds, selectors
from plan.promql.parse import parse
from plan.promql.series import ANY, Recording, Source, Stream, labelled
from plan.resources.entries import instants, needed
from sizing.timetable import needed_at


def stream(value=1.0, growth=0.0, **labels):
    return Stream(labelled(labels), lambda time: value + growth * time)


SOURCE = Source(
    {
        "people": [
            stream(30, 0.5, pod="a", shard="s0"),
            stream(20, pod="b", shard="s0"),
            stream(7, pod="c", shard="s1"),
        ],
        "leaving": [stream(0, pod="a", shard="s0"), stream(1, pod="b", shard="s0"), stream(0, pod="c", shard="s1")],
        "limit": [stream(40, shard="s0"), stream(5, shard="s1")],
        "any": [stream(1, code=ANY, shard="s0")],
    },
    {
        "total": [Recording("total", "sum by (shard) (people)", {"zone": "one"})],
        "round": [Recording("round", "round + 1", {})],
    },
)


def value(expression, time=0.0, *, possible=False):
    vector = Evaluation(SOURCE, [time], possible=possible).vector(parse(expression))
    return {
        tuple(f"{label}={text}" for label, text in labels): numbers[0]
        for labels, numbers in vector.items()
        if numbers[0] is not None
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("vector(-2 ^ 2 * 3 + 1)", {(): -11}),
        ("vector(7 % 4 - 2 - 1)", {(): 0}),
        ("vector(2 ^ 3 ^ 0)", {(): 2}),
        ("vector(1 > bool 2) or vector(5)", {(): 0}),
        ("vector(1 / 0)", {(): math.inf}),
        ("sum by (shard) (people)", {("shard=s0",): 50, ("shard=s1",): 7}),
        ("count without (pod) (people)", {("shard=s0",): 2, ("shard=s1",): 1}),
        ("avg(people{shard='s0'})", {(): 25}),
        ('max(people{shard!~"s1|s2"})', {(): 30}),
        ("sum by (shard) (people unless on (pod) leaving == 1)", {("shard=s0",): 30, ("shard=s1",): 7}),
        ("sum(people and on (pod) (leaving == 1))", {(): 20}),
        ("sum by (shard) (people) > on (shard) limit", {("shard=s0",): 50, ("shard=s1",): 7}),
        ("sum by (shard) (people) - on (shard) limit", {("shard=s0",): 10, ("shard=s1",): 2}),
        ("count(people * on (shard) group_left limit)", {(): 3}),
        ("sum by (shard) (nothing) or 0 * limit", {("shard=s0",): 0, ("shard=s1",): 0}),
        ('deriv(people{pod="a"}[60s])', {("pod=a", "shard=s0"): 0.5}),
        ('increase(people{pod="a"}[60s])', {("pod=a", "shard=s0"): 30}),
        ('min_over_time(people{pod="b"}[5m])', {("pod=b", "shard=s0"): 20}),
        ("absent(nothing{pod='x'} == 1)", {("pod=x",): 1}),
        ("absent(people)", {}),
        ("clamp(vector(9), 0, 5) + clamp_min(vector(-1), 0)", {(): 5}),
        ('label_replace(vector(1), "entry", "x-$1", "", "()")', {("entry=x-",): 1}),
        ("total", {("__name__=total", "shard=s0", "zone=one"): 50, ("__name__=total", "shard=s1", "zone=one"): 7}),
        ('sum({__name__=~"people|limit",shard="s1"})', {(): 12}),
        ('any{code="5xx"}', {("__name__=any", "code=5xx", "shard=s0"): 1}),
        ("day_of_week(vector(86400 * 3))", {(): 0}),  # 1970-01-04 was a Sunday
        ("floor(vector(3.9))", {(): 3}),
    ],
)
def test_an_expression_has_the_value_that_prometheus_gives_it(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("sum by (pod (people)", "expects ','"),
        ("people people", "does not expect 'people'"),
        ("people[5m]", "is a range"),
        ("rate(people)", "takes a range"),
        ("max_over_time(rate(people[5m])[1h:1m])", "expects ']'"),
        ("topk(3, people)", "topk is not known"),
        ("hour()", "the function hour is not known"),
        ("1 > 2", "needs bool"),
        ("people * on (shard) limit", None),
        ("limit * on (shard) people", "several series"),
        ("people{shard=~'('}", "no regular expression"),
        ("round", "recorded from itself"),
        ("sum(people, limit)", "takes one argument, got 2"),
        ("clamp(people, 1)", "does not take these arguments"),
        ("people{shard==1}", "is no matcher"),
        ("", "expects a token"),
    ],
)
def test_what_prometheus_refuses_or_this_reader_does_not_know_is_an_error(expression, says):
    if says is None:
        says = "two results have the labels"
    with pytest.raises(PromqlError, match=says.replace("(", r"\(").replace("]", r"\]")):
        value(expression)


def test_possible_series_ignore_values_and_name_what_never_matches():
    assert value("people > 1000", possible=True) == value("people")
    assert value("people unless on (pod) leaving", possible=True) == value("people")
    evaluation = Evaluation(SOURCE, [0.0], possible=True)
    evaluation.vector(parse('people{shard="s9"} or people * on (zone) total'))
    assert evaluation.empty == ['people{shard="s9"}', "the operator *: no labels of its two sides match"]


def test_selectors_and_durations_are_read():
    assert [selector.name for selector in selectors(parse("rate(a[5m]) + on (x) sum(b) or c offset 1h"))] == [
        "a",
        "b",
        "c",
    ]
    assert (seconds("1h30m"), seconds("600s")) == (5400, 600)
    with pytest.raises(PromqlError):
        seconds("5")


def test_the_schedule_is_read_alike_here_in_sizing_and_in_promql():
    dice = random.Random(14)
    for zone in ZONES:
        entries = [some_entry(dice, zone) for _ in range(2)]
        bridges = Bridges.model_validate_json(json.dumps({"max": 50, "schedule": entries}))
        shard = Shard(name="s0", zone="z", slot=0, state="active", release="r", weight=100, bridges=bridges)
        begins = [begin.timestamp() for name, begin, _ in NIGHTS if name == zone]
        nights = [begin + 600 * minute for begin in begins for minute in range(24 * 6)]
        times = sorted({*instants(bridges.schedule)[::3], *nights})
        asked = Evaluation(SOURCE, times).vector(parse(needed_bridges(bridges)))[()]
        for time, number in zip(times, asked, strict=True):
            at = datetime.fromtimestamp(time, UTC)
            assert needed(shard, time) == needed_at(bridges, at) == number, (entries, at)
