"""Simulation of scaling policies on the same days: this program's with a school's stack, and its predecessors'."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.source import read
from plan.commands.simulate import WORKING_DAY
from plan.simulate.day import simulate
from plan.simulate.from_stack import hourly_price, settings_of
from plan.simulate.policies import policy
from plan.simulate.traces import TRACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from config.stack import StackConfig
    from plan.simulate.settings import Settings

STACK_FILE = Path(__file__).with_name("school.yaml")
STACK = "this program"
NO_TIMETABLE = "this program, no timetable"
KUBE_METRICS = "this program, kube-metrics-adapter"
PREDECESSORS = ("openfun", "hpi", "operator", "jitsi-autoscaler", "static")
POLICIES = (STACK, NO_TIMETABLE, KUBE_METRICS, *PREDECESSORS)
SEEDS = range(1, 11)
FIGURES = (
    "degradedPercent",
    "nodeHoursPerOracle",
    "nodeHours",
    "billedHours",
    "costEur",
    "cutConferences",
    "drainHours",
    "longestDrainSeconds",
    "movedParticipants",
    "timeToCapacitySeconds",
)
SHOWN_MOMENTS = ("t", "participants", "wanted", "ready", "draining", "nodes", "overloaded", "crowded", "waiting")
SERIES_STEP = 300  # seconds between two samples of the day in the chart


def days_of(name: str) -> list[str]:
    """The days of a policy; without its schedule this program differs on the school day only."""
    return ["school"] if name == NO_TIMETABLE else list(TRACES)


@cache
def _config() -> StackConfig:
    return read(None, str(STACK_FILE)).config


def settings(name: str, trace: str) -> Settings:
    """The inputs of a policy's day; the schedule applies to the school day only."""
    config = _config()
    shard, metrics = config.resolved[0], config.metrics
    bridges = shard.bridges
    if name in PREDECESSORS:
        return policy(name, bridges.participants, hourly_price(shard))
    if name == KUBE_METRICS:
        metrics = metrics.model_copy(update={"adapter": "kubeMetrics"})
    if name == NO_TIMETABLE or trace != "school":
        shard = replace(shard, bridges=bridges.model_copy(update={"schedule": ()}))
    return replace(settings_of(shard, metrics, WORKING_DAY), hourly=hourly_price(shard))


def run(name: str, trace: str, seed: int) -> dict[str, Any]:
    """Simulate a day under a policy; the output of `plan simulate --json`."""
    return simulate(TRACES[trace](seed), settings(name, trace), seed)


def _figures(job: tuple[str, str, int]) -> dict[str, Any]:
    figures = run(*job)
    return {figure: figures[figure] for figure in FIGURES}


def measure(
    say: Callable[[str], object], policies: Sequence[str] = POLICIES, seeds: Iterable[int] = SEEDS
) -> dict[str, Any]:
    """Simulate every policy on every day and seed, and keep one whole school day of this program."""
    seeds = list(seeds)
    pairs = [(name, trace) for name in policies for trace in days_of(name)]
    runs: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in policies}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        figures = pool.map(_figures, [(*pair, seed) for pair in pairs for seed in seeds])
        for name, trace in pairs:
            runs[name][trace] = [next(figures) for _ in seeds]
            say(f"  {name}, {trace}")
    day = run(STACK, "school", seeds[0])
    series = [{key: moment[key] for key in SHOWN_MOMENTS} for moment in day["series"] if moment["t"] % SERIES_STEP == 0]
    capacity = settings(STACK, "school").capacity
    return {"seeds": seeds, "runs": runs, "day": {"seed": seeds[0], "capacity": capacity, "series": series}}
