"""Number of replicas proposed by one metric (upstream: pkg/controller/podautoscaler/replica_calculator.go, v1.35).

Values are whole milli-units and means are truncated, as upstream. Only the ratio of mean and target is a float64, so that
`ceil` rounds in the same way.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from plan.simulate.hpa_spec import Spec, Target

CPU_INITIALIZATION = 300  # --horizontal-pod-autoscaler-cpu-initialization-period, seconds
INITIAL_READINESS = 30  # --horizontal-pod-autoscaler-initial-readiness-delay, seconds
FULL = 100  # per cent of a request


class PodView(NamedTuple):
    """A pod as seen by the controller; times in seconds on the clock of `now`."""

    name: str
    pending: bool = False
    gone: bool = False
    """Terminating or failed."""
    ready: bool = True
    started: float = 0
    ready_changed: float = 0
    """Last transition of the condition Ready."""
    request: int = 1000
    """Requested CPU, milli-units."""


class Sample(NamedTuple):
    """A pod's value in milli-units, with timestamp and window from the metrics API."""

    value: int
    timestamp: float = 0
    window: float = 0


Samples = Mapping[str, Sample]


class _Groups(NamedTuple):
    ready: int
    unready: list[str]
    missing: list[str]


def _starting(now: float, pod: PodView, sample: Sample) -> bool:
    """Whether a CPU sample is ignored because the pod is starting."""
    if now < pod.started + CPU_INITIALIZATION:
        return not pod.ready or sample.timestamp < pod.ready_changed + sample.window
    return not pod.ready and pod.started + INITIAL_READINESS > pod.ready_changed


def _sorted_out(now: float, pods: Iterable[PodView], values: dict[str, Sample], cpu: bool) -> _Groups:
    """Group the pods, and remove ignored ones from `values`. Unknown pods in `values` stay, as upstream."""
    ready, unready, missing = 0, [], []
    for pod in pods:
        if pod.gone:
            values.pop(pod.name, None)
        elif pod.pending:
            unready.append(pod.name)
        elif (sample := values.get(pod.name)) is None:
            missing.append(pod.name)
        elif cpu and _starting(now, pod, sample):
            unready.append(pod.name)
        else:
            ready += 1
    for name in unready:
        values.pop(name, None)
    return _Groups(ready, unready, missing)


def _ratio(values: Samples, target: Target, requests: Mapping[str, int]) -> float:
    if target.measure == "Utilization":
        requested = sum(requests[name] for name in values if name in requests)
        used = sum(sample.value for name, sample in values.items() if name in requests)
        return (used * FULL // requested) / target.amount
    return (sum(sample.value for sample in values.values()) // len(values)) / target.amount


def within(ratio: float, spec: Spec) -> bool:
    """Whether a ratio is within the tolerance around 1, bounds included."""
    return 1.0 - spec.down.tolerance <= ratio <= 1.0 + spec.up.tolerance


def from_pods(
    now: float, current: int, pods: tuple[PodView, ...], samples: Samples, *, target: Target, spec: Spec
) -> int | None:
    """Return the replicas for a mean over pods. None if no counted pod has a sample."""
    if not pods:
        return None
    values = dict(samples)
    utilisation = target.measure == "Utilization"
    groups = _sorted_out(now, pods, values, cpu=target.kind == "Resource" and target.name == "cpu")
    requests = {pod.name: pod.request for pod in pods if not pod.gone} if utilisation else {}
    if not values or (utilisation and not requests.keys() & values.keys()):
        return None
    ratio = _ratio(values, target, requests)
    growing_unready = bool(groups.unready) and ratio > 1
    if not growing_unready and not groups.missing:
        return current if within(ratio, spec) else math.ceil(ratio * groups.ready)
    if ratio < 1:
        for name in groups.missing:
            values[name] = Sample(requests[name] * max(FULL, target.amount) // FULL if utilisation else target.amount)
    elif ratio > 1:
        values.update((name, Sample(0)) for name in groups.missing)
    if growing_unready:
        values.update((name, Sample(0)) for name in groups.unready)
    rated = _ratio(values, target, requests)
    if within(rated, spec) or ratio < 1 < rated or rated < 1 < ratio:
        return current
    proposed = math.ceil(rated * len(values))
    flipped = (rated < 1 and proposed > current) or (rated > 1 and proposed < current)
    return current if flipped else proposed


def from_total(
    current: int, status_replicas: int, pods: tuple[PodView, ...], value: int, *, target: Target, spec: Spec
) -> int | None:
    """Return the replicas for a total of an object or external metric; an average ignores readiness.

    A terminating pod counts as ready while it is ready, as upstream.
    """
    if target.measure == "Value":
        ratio = value / target.amount
        if within(ratio, spec):
            return current
        if not pods:
            return None
        return math.ceil(ratio * sum(pod.ready and not pod.pending for pod in pods))
    if status_replicas and within(value / (target.amount * status_replicas), spec):
        return status_replicas
    return math.ceil(value / target.amount)
