"""The model's side of a run: `plan.simulate.hpa` in virtual time, with the same metrics and start times of bridges.

`closed_loop` takes only the times of the controller's syncs from the real run, which a busy machine delays; the rest follows from
the model's decisions. `replayed` gives the model the controller's inputs at each sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lab.benchmarks.controller.scenario import BOOT, DRAIN
from plan.simulate.hpa import Observation, State, decide
from plan.simulate.hpa_replicas import PodView, Sample, Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.benchmarks.controller.metrics_api import Sync
    from lab.benchmarks.controller.scenario import Kind, Scenario
    from plan.simulate.hpa_spec import Spec, Target

Steps = list[tuple[float, int]]
"""(seconds into the run, number from then on)."""
LONG_AGO = -1e6


@dataclass(slots=True)
class _Pod:
    name: str
    ordinal: int
    ready_at: float
    gone_at: float | None = None


class Workload:
    """A Deployment or StatefulSet with enough nodes."""

    def __init__(self, kind: Kind, replicas: int, boot: float) -> None:
        self.replicas = replicas
        self.pods: list[_Pod] = []
        self.there: Steps = []
        self._ordinals = kind == "StatefulSet"
        self._boot = boot
        self._made = 0
        self.scale(LONG_AGO, replicas)
        self.there = [(0.0, replicas)]

    @property
    def live(self) -> list[_Pod]:
        """Pods that are not terminating."""
        return [pod for pod in self.pods if pod.gone_at is None]

    @property
    def status_replicas(self) -> int:
        """`status.replicas`: a StatefulSet counts terminating pods, a Deployment does not."""
        return len(self.pods if self._ordinals else self.live)

    def scale(self, now: float, replicas: int) -> None:
        """Create missing pods, delete surplus ones.

        A StatefulSet deletes the highest ordinals, a Deployment unready pods, then the youngest.
        """
        self.replicas = replicas
        surplus = max(0, len(self.live) - replicas)
        for pod in sorted(self.live, key=self._leaves_first(now))[:surplus]:
            pod.gone_at = now + DRAIN
        self._fill(now)

    def _leaves_first(self, now: float) -> Callable[[_Pod], tuple[bool, int]]:
        return lambda pod: (pod.ready_at <= now and not self._ordinals, -pod.ordinal)

    def _fill(self, now: float) -> None:
        """Whether an ordinal is free: a StatefulSet reuses it after its pod is gone."""
        if self._ordinals:
            taken = {pod.ordinal for pod in self.pods}
            missing = [ordinal for ordinal in range(self.replicas) if ordinal not in taken]
        else:
            missing = range(self._made, self._made + self.replicas - len(self.live))
        for ordinal in missing:
            self.pods.append(_Pod(f"{ordinal}-{self._made}", ordinal, now + self._boot))
            self._made += 1
        self.there.append((now, len(self.pods)))

    def advance(self, now: float) -> None:
        """Remove terminated pods."""
        for gone_at in sorted({pod.gone_at for pod in self.pods if pod.gone_at is not None and pod.gone_at <= now}):
            self.pods = [pod for pod in self.pods if pod.gone_at != gone_at]
            self._fill(gone_at)

    def ready(self, now: float) -> list[tuple[str, float]]:
        """Ready pods that are not terminating, oldest first."""
        return [(pod.name, pod.ready_at) for pod in self.live if pod.ready_at <= now]

    def views(self, now: float) -> tuple[PodView, ...]:
        """The pods, as the controller sees them."""
        return tuple(
            PodView(pod.name, pod.ready_at > now, pod.gone_at is not None, pod.ready_at <= now) for pod in self.pods
        )


def _value(scenario: Scenario, target: Target, now: float, workload: Workload) -> Samples | int | None:
    workload.advance(now)
    if target.kind != "Pods":
        return scenario.total(target.name, now)
    values = scenario.of_pods(target.name, now, workload.ready(now))
    return None if values is None else {name: Sample(milli) for name, milli in values.items()}


def closed_loop(
    scenario: Scenario, spec: Spec, looks: Sequence[Sequence[float]], *, boot: float = BOOT
) -> tuple[Steps, Steps]:
    """Replicas and existing pods over time; `looks` holds the times of each sync's metric requests."""
    workload = Workload(scenario.kind, spec.min, boot)
    scale: Steps = [(0.0, workload.replicas)]
    state = State()
    for times in looks:
        asked = zip(times, spec.targets, strict=True)
        values = tuple(_value(scenario, target, time, workload) for time, target in asked)
        now = times[-1]
        seen = Observation(workload.replicas, workload.status_replicas, workload.views(now), values)
        replicas, state = decide(state, seen, spec, now)
        if replicas != workload.replicas:
            workload.scale(now, replicas)
            scale.append((now, replicas))
    workload.advance(scenario.seconds)
    return scale, workload.there


def regular_looks(scenario: Scenario, spec: Spec, phase: float) -> list[list[float]]:
    """Times of syncs every second from `phase`, on an idle machine."""
    return [[phase + second] * len(spec.targets) for second in range(int(scenario.seconds))]


def replayed(spec: Spec, syncs: Sequence[Sync]) -> list[tuple[float, int, int]]:
    """Syncs with different decisions: (seconds, controller's replicas, model's replicas)."""
    state = State()
    other: list[tuple[float, int, int]] = []
    for sync, after in pairwise(syncs):
        seen = Observation(sync.replicas, sync.status_replicas, sync.pods, tuple(sync.values))
        decided, state = decide(state, seen, spec, sync.times[-1])
        if decided != after.replicas:
            other.append((sync.times[-1], after.replicas, decided))
    return other
