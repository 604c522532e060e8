"""The table `Leaving` of the report says what the rendered objects do."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from plan_stacks import stack_of, subject_of, values_of
from sabotages import applied
from sabotages import evictions as evicted
from sabotages import leaving as leave
from sabotages import rollouts as rolled

from plan.evaluate import evaluate
from plan.leaving import Timer, timers
from plan.report import report
from plan.resources.made import Resources
from plan.text import render


def timers_of(**keys: Any) -> tuple[Timer, ...]:
    return timers(Resources(stack_of(**keys), evaluate(values_of(**keys), "test")))


@pytest.mark.parametrize("layout", ["hostPort", "nodePort"])
def test_every_timer_of_an_ordinary_stack_holds(layout: str) -> None:
    lines = timers_of(bridges={"layout": layout})
    assert len(lines) == {"hostPort": 10, "nodePort": 8}[layout]
    assert all(line.holds for line in lines)


def test_kapsules_own_node_deletions_are_named_when_they_are_too_short() -> None:
    lines = timers_of(bridges={"drain": {"migrateAfter": "15m"}})
    assert [(line.seconds, line.relation) for line in lines if not line.holds] == [
        (1032, "above what Kapsule waits when it removes a node itself, 15m")
    ]


def test_the_autoscaler_of_another_cluster_is_not_ours_to_judge() -> None:
    lines = timers_of(region=None, cluster={"kind": "existing"})
    assert ["--max-graceful-termination-sec=3600" in line.relation for line in lines if line.holds is None] == [True]


def test_the_report_says_what_each_step_of_leaving_is() -> None:
    text = render(report(subject_of(), evaluate(values_of(), "test")))
    for step in ("announce", "migrateAfter", "move", "exit"):
        assert re.search(rf"a leaving bridge: .*{step}: [a-z]", text)
    assert "safe-to-evict" in text
    assert "a node autoscaler removes a node only once its bridges have left by themselves" in text


def test_shards_that_agree_stand_together() -> None:
    shards = [{"name": name, "zone": "fr-par-1"} for name in ("s0", "s1", "s2")]
    shards[2]["bridges"] = {"drain": {"deadline": "2h"}}  # type: ignore[assignment]
    assert {line.shards for line in timers_of(shards=shards)} == {("s0", "s1"), ("s2",)}


Patch = Callable[[dict[str, Any]], object]
BROKEN: list[tuple[str, Patch | None, str, str]] = [
    ("bridges", leave.grace(30), "announce 12s + migrateAfter 10m + move 1m + exit 1m", "above deadline"),
    (
        "bridges",
        leave.no_setting("MOVE"),
        "announce 12s + migrateAfter 10m + move ? + exit 1m",
        "is not set",
    ),
    ("bridges", leave.setting("DEADLINE", "60"), "everybody moved", "above the preStop hook's limit"),
    ("bridges", leave.hook("sleep", "5"), "everybody moved", "no preStop hook waits"),
    ("s?-bridges-config", None, "everybody moved", "which does not exist"),
    (leave.CLUSTER, leave.scaler(maxGracefulTerminationSec=600), "terminationGracePeriodSeconds", "above Kapsule's"),
    ("bridges", evicted.evict("true"), "safe-to-evict", "evicts bridges in the middle of calls"),
    ("s?-bridges-budget", evicted.spec(maxUnavailable="100%"), "disruption budget", "2 of 2 bridges at a time (100%"),
    ("s?-bridges-budget", evicted.spec(maxUnavailable=0), "disruption budget", "0 of 2"),
    ("s?-bridges-budget", None, "disruption budget", "0 budgets select"),
    ("s0-bridges-host-port-0", evicted.spec(minReadySeconds=10), "the drain", "above minReadySeconds"),
    ("s0-bridges-host-port-0", evicted.spec(progressDeadlineSeconds=600), "minReadySeconds", "above progressDeadline"),
    ("s0-bridges-host-port-0", rolled.rolling(maxUnavailable="100%"), "rolling out", "2 of 2 bridges at a time (100%"),
    ("s1-bridges-node-port", evicted.spec(updateStrategy={"type": "OnDelete"}), "rolling out", "OnDelete"),
    ("jitsi-namespace", None, "the longest drain", "is not set"),
]


@pytest.mark.parametrize(("of", "patch", "what", "relation"), BROKEN)
def test_a_line_does_not_hold_once_the_object_behind_it_is_changed(
    of: str, patch: Patch | None, what: str, relation: str
) -> None:
    for name in leave.BRIDGES.values() if of == "bridges" else (of,):
        stack = applied(leave.Sabotage("A line holds.", name, patch, "report"))
        broken = [line for line in timers(stack) if line.what == what and line.holds is False]
        assert broken
        assert all(relation in line.relation for line in broken)
