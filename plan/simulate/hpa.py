"""The Horizontal Pod Autoscaler of Kubernetes 1.35 as a pure function (upstream: horizontal.go).

`decide` is one reconcile. It knows nothing of bridges: state in, state out, so that it can be held against the real
controller on its own.
"""

import math
from dataclasses import dataclass, replace

from plan.simulate.hpa_replicas import PodView, Samples, from_pods, from_total
from plan.simulate.hpa_spec import DOWN_WINDOW, Rules, Spec, Target

SYNC_PERIOD = 15  # --horizontal-pod-autoscaler-sync-period, seconds
LEAST_LIMIT = 4  # without behavior, growth is to 4 or to the double

Timed = tuple[tuple[float, int], ...]
"""(time, number)."""


@dataclass(frozen=True, slots=True)
class State:
    """What the controller remembers of one autoscaler."""

    recommendations: Timed = ()
    added: Timed = ()
    removed: Timed = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reconcile reads."""

    replicas: int
    """scale.spec.replicas."""
    status_replicas: int
    """scale.status.replicas."""
    pods: tuple[PodView, ...]
    values: tuple[Samples | int | None, ...]
    """For each of `Spec.targets`: samples by pod, a total in milli-units, or None where the metrics API fails."""


def decide(state: State, metrics: Observation, spec: Spec, now: float) -> tuple[int, State]:
    """The number of replicas after one reconcile at `now` seconds, and what is remembered for the next one."""
    current = metrics.replicas
    if not state.recommendations:
        state = replace(state, recommendations=((now, current),))
    if current == 0:
        return 0, state
    if current > spec.max:
        wanted = spec.max
    elif current < spec.min:
        wanted = spec.min
    else:
        proposed = _largest(metrics, spec, now)
        if proposed is None:
            return current, state
        wanted, state = (_with_behavior if spec.behavior else _without_behavior)(state, current, proposed, spec, now)
    if wanted == current or not spec.behavior:
        return wanted, state
    event = (now, abs(wanted - current))
    if wanted > current:
        return wanted, replace(state, added=_stored(state.added, event, spec.up))
    return wanted, replace(state, removed=_stored(state.removed, event, spec.down))


def _proposal(target: Target, value: Samples | int | None, metrics: Observation, spec: Spec, now: float) -> int | None:
    if value is None:
        return None
    if isinstance(value, int):
        return from_total(metrics.replicas, metrics.status_replicas, metrics.pods, value, target=target, spec=spec)
    return from_pods(now, metrics.replicas, metrics.pods, value, target=target, spec=spec)


def _largest(metrics: Observation, spec: Spec, now: float) -> int | None:
    """The largest proposal; None where all failed, or where one did and the others would shrink."""
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
    """With the new event, which takes the place of one that is older than every period of its own direction.

    Upstream does the same, so an event may be forgotten before the other direction's longer period is over.
    """
    cutoff = event[0] - max((policy.period for policy in rules.policies), default=0)
    outdated = [place for place, (time, _) in enumerate(events) if time < cutoff]
    if not outdated:
        return (*events, event)
    return (*events[: outdated[-1]], event, *events[outdated[-1] + 1 :])


def _sum_since(events: Timed, cutoff: float) -> int:
    return sum(number for time, number in events if time > cutoff)


def _without_behavior(state: State, current: int, proposed: int, spec: Spec, now: float) -> tuple[int, State]:
    """The rules before `behavior`: the largest wish of the last five minutes, growth to the double or to 4."""
    kept = tuple(wish for wish in state.recommendations if wish[0] >= now - DOWN_WINDOW)
    stable = max(proposed, *(number for _, number in kept)) if kept else proposed
    allowed = min(spec.max, max(2 * current, LEAST_LIMIT))
    return max(spec.min, min(stable, allowed)), replace(state, recommendations=(*kept, (now, proposed)))


def _with_behavior(state: State, current: int, proposed: int, spec: Spec, now: float) -> tuple[int, State]:
    wishes = state.recommendations
    lowest = min([proposed, *(number for time, number in wishes if time > now - spec.up.window)])
    highest = max([proposed, *(number for time, number in wishes if time > now - spec.down.window)])
    kept = _newer(wishes, now - max(spec.up.window, spec.down.window, 1))
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
    """How far the policies let the number go; each counts from where its period began, events of both directions."""
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        cutoff = now - policy.period
        start = current - _sum_since(state.added, cutoff) + _sum_since(state.removed, cutoff)
        limits.append((_grown if grow else _shrunk)(start, policy.kind, policy.value))
    return max(limits) if grow == (rules.select == "Max") else min(limits)
