"""Scale-down of cluster-autoscaler: the nodes to remove. Pure.

A node is unneeded while its requested utilization is below the threshold, none of its pods forbids a move, and all of them
fit elsewhere. It is removed after `unneeded` seconds in that state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaleway_emulator.autoscaler.scheduling import Room, rooms
from scaleway_emulator.cluster.workloads import SAFE, SAFE_VOLUMES, matches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaleway_emulator.autoscaler.scale_up import Group
    from scaleway_emulator.cluster.workloads import Budget, Host, Pod

LONG_TERMINATING = 30.0  # upstream: a pod that overstays its grace by this no longer counts
REPLICATED = ("ReplicaSet", "ReplicationController", "StatefulSet", "Job", "DaemonSet")
MAX_EMPTY_AT_ONCE = 10  # --max-empty-bulk-delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The part of `autoscaler_config` that scale-down reads; durations in (scaled) seconds."""

    disabled: bool = False
    threshold: float = 0.5
    unneeded: float = 600.0
    delay_after_add: float = 600.0
    skip_local_storage: bool = True
    ignore_daemonsets: bool = False
    cutoff: int = -10


@dataclass(frozen=True, slots=True)
class Shrinking:
    """The decision, and the state to keep until the next scan."""

    since: dict[str, float] = field(default_factory=dict[str, float])
    """Node name -> time when it became unneeded."""
    remove: tuple[str, ...] = ()
    kept: dict[str, str] = field(default_factory=dict[str, str])
    """Node name -> reason why it stays."""


def utilization(host: Host, pods: Sequence[Pod], ignore_daemonsets: bool = False) -> float:
    """The larger of requested CPU and requested memory, as a fraction of the allocatable amount."""
    counted = [pod for pod in pods if not pod.finished and not (ignore_daemonsets and pod.daemon)]
    cpu, memory = sum(pod.cpu for pod in counted), sum(pod.memory for pod in counted)
    return max(cpu / max(1, host.cpu), memory / max(1, host.memory))


def obstacle(pod: Pod, budgets: Sequence[Budget], rules: Rules, now: float) -> str:
    """The reason why this pod keeps its node; "" for none."""
    if pod.daemon or pod.finished or pod.priority < rules.cutoff:
        return ""
    if pod.deleted_at is not None and now > pod.deleted_at + LONG_TERMINATING:
        return ""
    safe = pod.annotations.get(SAFE)
    if safe == "false":
        return f'{pod.key} is annotated safe-to-evict "false"'
    covering = [b for b in budgets if b.namespace == pod.namespace and matches(b.selector, pod.labels)]
    if safe != "true":
        if pod.controller not in REPLICATED:
            return f"{pod.key} has no controller that would start it elsewhere"
        if pod.namespace == "kube-system" and not covering:
            return f"{pod.key} is in kube-system and has no PodDisruptionBudget"
        allowed = {name.strip() for name in pod.annotations.get(SAFE_VOLUMES, "").split(",")}
        if rules.skip_local_storage and set(pod.local_storage) - allowed:
            return f"{pod.key} has local storage"
    if any(budget.allowed < 1 for budget in covering):
        return f"{pod.key} is held by a PodDisruptionBudget"
    return ""


def _why_kept(room: Room, budgets: Sequence[Budget], rules: Rules, now: float) -> str:
    used = utilization(room.host, room.pods, rules.ignore_daemonsets)
    if used >= rules.threshold:
        return f"utilization {used:.2f} is not below {rules.threshold:.2f}"
    reasons = (obstacle(pod, budgets, rules, now) for pod in room.pods)
    return next((reason for reason in reasons if reason), "")


def movers(room: Room, rules: Rules) -> list[Pod]:
    """The pods that must run elsewhere if the node is removed."""
    return [pod for pod in room.pods if not pod.daemon and not pod.finished and pod.priority >= rules.cutoff]


def _fit_elsewhere(pods: Sequence[Pod], others: Sequence[Room]) -> bool:
    imagined = [Room(room.host, list(room.pods)) for room in others]
    for pod in pods:
        if pod.deleted_at is not None:
            continue
        room = next((room for room in imagined if room.fits(pod, imagined)), None)
        if room is None:
            return False
        room.place(pod)
    return True


def shrink(
    pods: Sequence[Pod],
    hosts: Sequence[Host],
    groups: Mapping[str, Group],
    budgets: Sequence[Budget],
    rules: Rules,
    *,
    since: Mapping[str, float],
    last_scale_up: float,
    now: float,
) -> Shrinking:
    """The nodes to remove now: all empty ones that are due, else one with pods."""
    nodes = rooms(hosts, pods)
    remembered: dict[str, float] = {}
    kept: dict[str, str] = {}
    unneeded: list[Room] = []
    for room in nodes:
        if room.host.pool not in groups or not room.host.ready or room.host.unschedulable:
            continue
        leaving = {each.host.name for each in [room, *unneeded]}
        others = [other for other in nodes if other.host.name not in leaving]
        why = _why_kept(room, budgets, rules, now)
        if not why and not _fit_elsewhere(movers(room, rules), others):
            why = "its pods fit nowhere else"
        if why:
            kept[room.host.name] = why
        else:
            unneeded.append(room)
            remembered[room.host.name] = since.get(room.host.name, now)
    if rules.disabled or now < last_scale_up + rules.delay_after_add:
        return Shrinking(remembered, (), kept)
    due = [room for room in unneeded if now - remembered[room.host.name] >= rules.unneeded]
    due.sort(key=lambda room: (remembered[room.host.name], room.host.name))
    left = {name: group.size - group.min_size for name, group in groups.items()}
    empty = [room for room in due if not movers(room, rules)][:MAX_EMPTY_AT_ONCE]
    chosen = _within_minimum(empty, left) or _within_minimum([r for r in due if r not in empty], left)[:1]
    return Shrinking(remembered, tuple(room.host.name for room in chosen), kept)


def _within_minimum(candidates: Sequence[Room], left: dict[str, int]) -> list[Room]:
    chosen: list[Room] = []
    for room in candidates:
        if left[room.host.pool] > 0:
            left[room.host.pool] -= 1
            chosen.append(room)
    return chosen
