"""The Horizontal Pod Autoscaler of Kubernetes 1.35 as a pure function (upstream: horizontal.go).

`decide` is one reconcile, independent of bridges, so that it can be compared with the real controller.
"""

import math
from dataclasses import dataclass, replace

from plan.simulate.hpa_replicas import PodView, Samples, from_pods, from_total
from plan.simulate.hpa_spec import DOWN_WINDOW, Rules, Spec, Target

SYNC_PERIOD = 15  # --horizontal-pod-autoscaler-sync-period, seconds
SCALE_UP_LIMIT_MINIMUM = 4  # without behavior, the limit is the larger of 4 and twice the current number

Timed = tuple[tuple[float, int], ...]
"""(time, number)."""


@dataclass(frozen=True, slots=True)
class State:
    """The controller's state of one autoscaler."""

    recommendations: Timed = ()
    added: Timed = ()
    removed: Timed = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """Input of one reconcile."""

    replicas: int
    """scale.spec.replicas."""
    status_replicas: int
    """scale.status.replicas."""
    pods: tuple[PodView, ...]
    values: tuple[Samples | int | None, ...]
    """For each of `Spec.targets`: samples by pod, a total in milli-units, or None if the metrics API fails."""


def decide(state: State, metrics: Observation, spec: Spec, now: float) -> tuple[int, State]:
    """Return the number of replicas after one reconcile at `now` seconds, and the state for the next one."""
    current = metrics.replicas
    if not state.recommendations:
        state = replace(state, recommendations=((now, current),))
    if current == 0:
        return 0, state
    if current > spec.max:
        replicas = spec.max
    elif current < spec.min:
        replicas = spec.min
    else:
        proposed = _largest(metrics, spec, now)
        if proposed is None:
            return current, state
        replicas, state = (_with_behavior if spec.behavior else _without_behavior)(state, current, proposed, spec, now)
    if replicas == current or not spec.behavior:
        return replicas, state
    event = (now, abs(replicas - current))
    if replicas > current:
        return replicas, replace(state, added=_stored(state.added, event, spec.up))
    return replicas, replace(state, removed=_stored(state.removed, event, spec.down))


def _proposal(target: Target, value: Samples | int | None, metrics: Observation, spec: Spec, now: float) -> int | None:
    if value is None:
        return None
    if isinstance(value, int):
        return from_total(metrics.replicas, metrics.status_replicas, metrics.pods, value, target=target, spec=spec)
    return from_pods(now, metrics.replicas, metrics.pods, value, target=target, spec=spec)


def _largest(metrics: Observation, spec: Spec, now: float) -> int | None:
    """Return the largest proposal. None if all failed, or if one failed and the others would scale down."""
    proposals = [
        _proposal(target, value, metrics, spec, now) for target, value in zip(spec.targets, metrics.values, strict=True)
    ]
    valid = [proposal for proposal in proposals if proposal is not None]
    if not valid or (len(valid) < len(proposals) and max(valid) < metrics.replicas):
        return None
    return max(valid)


def _newer(events: Timed, cutoff: float) -> Timed:
    return tuple(event for event in events if event[0] > cutoff)


def _stored(events: Timed, event: tuple[float, int], rules: Rules) -> Timed:
    """Add an event; it replaces one that is older than every period of its direction.

    As upstream, an event may be dropped before the longer period of the other direction is over.
    """
    cutoff = event[0] - max((policy.period for policy in rules.policies), default=0)
    outdated = [place for place, (time, _) in enumerate(events) if time < cutoff]
    if not outdated:
        return (*events, event)
    return (*events[: outdated[-1]], event, *events[outdated[-1] + 1 :])


def _sum_since(events: Timed, cutoff: float) -> int:
    return sum(number for time, number in events if time > cutoff)


def _without_behavior(state: State, current: int, proposed: int, spec: Spec, now: float) -> tuple[int, State]:
    """Apply the rules without `behavior`: the largest recommendation of five minutes, at most twice the number or 4."""
    kept = tuple(entry for entry in state.recommendations if entry[0] >= now - DOWN_WINDOW)
    stable = max(proposed, *(number for _, number in kept)) if kept else proposed
    allowed = min(spec.max, max(2 * current, SCALE_UP_LIMIT_MINIMUM))
    return max(spec.min, min(stable, allowed)), replace(state, recommendations=(*kept, (now, proposed)))


def _with_behavior(state: State, current: int, proposed: int, spec: Spec, now: float) -> tuple[int, State]:
    recommendations = state.recommendations
    lowest = min([proposed, *(number for time, number in recommendations if time > now - spec.up.window)])
    highest = max([proposed, *(number for time, number in recommendations if time > now - spec.down.window)])
    kept = _newer(recommendations, now - max(spec.up.window, spec.down.window, 1))
    state = replace(state, recommendations=(*kept, (now, proposed)))
    stable = min(max(current, lowest), highest)
    if stable > current:
        limit = max(_limit(spec.up, current, state, now, grow=True), current)
        return min(stable, spec.max, limit), state
    if stable < current:
        limit = min(_limit(spec.down, current, state, now, grow=False), current)
        return max(stable, spec.min, limit), state
    return current, state


def _grown(start: int, kind: str, value: int) -> int:
    return start + value if kind == "Pods" else math.ceil(start * (1 + value / 100))


def _shrunk(start: int, kind: str, value: int) -> int:
    return start - value if kind == "Pods" else int(start * (1 - value / 100))


def _limit(rules: Rules, current: int, state: State, now: float, *, grow: bool) -> int:
    """Return the limit of the policies; each counts from the start of its period, with events of both directions."""
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        cutoff = now - policy.period
        start = current - _sum_since(state.added, cutoff) + _sum_since(state.removed, cutoff)
        limits.append((_grown if grow else _shrunk)(start, policy.kind, policy.value))
    return max(limits) if grow == (rules.select == "Max") else min(limits)
