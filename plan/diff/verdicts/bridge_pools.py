"""Changes of the bridges' node pools: replaced beside their bridges, or removed under them."""

import math

from config.boot import BOOT_SECONDS
from config.model import format_duration
from plan.diff.fleet import POOL_TYPE, Workload, pool_shard
from plan.diff.leaving_shards import more_nodes
from plan.diff.paths import under
from plan.diff.scaleway_rules import forcing_paths
from plan.diff.verdicts.nodes import REPLACED, node_leaves, replaced_for
from plan.diff.verdicts.rule import Case, Effect, rule
from sizing.rollout import leaving_at_once

ELSEWHERE = ("clusterId", "region", "projectId")
"""Properties whose change leaves nothing of the former pool's cluster for the bridges to move in."""


@rule("bridge-pool-goes", REPLACED)
def bridge_pool(case: Case) -> Effect | None:
    """A replaced pool goes after its bridges have moved to the new one; a deleted one takes their nodes away."""
    old = case.change.old
    shard = pool_shard(old) if old else None
    if old is None or shard is None or not case.change.goes:
        return None
    if case.change.operation == "replace" and not case.change.touches(*ELSEWHERE) and _follow(case, shard):
        return Effect("drains", _moves(case, shard), case.base.of(shard))
    how = "the pool is deleted" if case.change.operation == "delete" else replaced_for(case)
    return node_leaves(how, case.base.of(shard), case.base.grace_seconds(shard))


def _follow(case: Case, shard: str) -> bool:
    """Whether the shard's bridges select their pool by name, and leave it as they drain."""
    running = [workload for workload in case.base.workloads if workload.shard == shard]
    planned = [workload for workload in case.head.workloads if workload.shard == shard]
    return bool(planned) and all(each.follows_pool for each in planned) and all(each.drains for each in running)


def _moves(case: Case, shard: str) -> str:
    forcing = forcing_paths(POOL_TYPE)
    reason = next(path for path in case.change.paths if any(under(path, force) for force in forcing))
    workloads = [workload for workload in case.head.workloads if workload.shard == shard]
    least, most = (max(_seconds(each, longest=longest) for each in workloads) for longest in (False, True))
    return (
        f"another {reason}: a new pool is created beside this one, the bridges move there as they drain, {_at_once(workloads)}, and "
        f"this one is deleted when none is left. `pulumi up` waits for it, {format_duration(least)} while nobody meets and up to "
        f"{format_duration(most)}; meanwhile {more_nodes(case.change.after)}"
    )


def _at_once(workloads: list[Workload]) -> str:
    if any(each.kind == "DaemonSet" for each in workloads):
        return "all at once"
    least, most = (
        sum(leaving_at_once(count(each)) if each.batches else 1 for each in workloads) for count in (_min, _max)
    )
    return f"{least} at a time" if least == most else f"{least} to {most} at a time"


def _min(workload: Workload) -> int:
    return workload.min


def _max(workload: Workload) -> int:
    return workload.max


def _seconds(workload: Workload, *, longest: bool) -> int:
    """Time for the minimum of empty bridges, or for the maximum with meetings on nodes that have yet to boot."""
    count = max(1, workload.max if longest else workload.min)
    if workload.kind == "DaemonSet":
        return workload.drain_seconds + BOOT_SECONDS if longest else BOOT_SECONDS
    if not workload.batches:  # an ordinal comes back once its former pod has gone
        each = workload.min_ready_seconds + (workload.drain_seconds + BOOT_SECONDS if longest else 0)
        return count * each
    batches = math.ceil(count / leaving_at_once(count))
    if not longest:
        return (batches - 1) * workload.min_ready_seconds
    return batches * BOOT_SECONDS + (batches - 1) * workload.min_ready_seconds + workload.drain_seconds
