"""Shards that another release, or a new set of the same one, replaces: rooms move to their successors, and they go when they are empty."""

from collections.abc import Iterator, Sequence

from config.boot import BOOT_SECONDS
from config.bridges import PROGRESS_MARGIN_SECONDS
from config.cluster import RootVolume
from config.model import format_duration
from config.node_types import node_type_of
from config.releases import are_counterparts
from plan.diff.fleet import Fleet, component_of, instance_of, kind_of, pool_shard
from plan.diff.paths import at, number
from plan.recorder import Resource
from sizing.parts import PROSODY
from sizing.prices import node_extra

FAULT_SECONDS, MEETING_SECONDS = 60, 4 * 3600
"""As in `components.ingress.handover`, which a test compares: patience with a new shard, and with meetings of a former one."""


def successor(shard: str, base: Fleet, head: Fleet) -> str | None:
    """Return the shard that takes a shard's new rooms, where the update waits for its last meeting. None if there is none."""
    before, after = ({workload.shard for workload in fleet.workloads} for fleet in (base, head))
    if shard not in before or shard in after:
        return None
    waits = {workload.shard for workload in head.workloads if workload.follows_pool}
    return next((other for other in sorted(waits) if are_counterparts(shard, other)), None)


def shard_of(resource: Resource) -> str:
    """Return the shard of an object or a bridge pool; empty for others."""
    return instance_of(resource) or pool_shard(resource) or ""


def handovers(old: Sequence[Resource], new: Sequence[Resource], base: Fleet, head: Fleet) -> Iterator[str]:
    """Yield what happens to each shard that is replaced: the order, what stops it, how long it takes, and what it costs meanwhile."""
    before, after = dict(_releases(old)), dict(_releases(new))
    for shard in sorted({workload.shard for workload in base.workloads}):
        if (other := successor(shard, base, head)) is None:
            continue
        yield (
            f"{shard} -> {other} ({before.get(shard)} -> {after.get(other)}): {other} is made beside {shard}. Its rooms come "
            f"once its pods are Ready, within {format_duration(BOOT_SECONDS + PROGRESS_MARGIN_SECONDS)} or so, jicofo knows its bridges "
            f"and ICE works on them; otherwise `pulumi up` ends after {FAULT_SECONDS} s, says why, and has moved no room. Then new rooms open "
            f"on {other}, and those of {shard} stay until they end: `pulumi up` waits for the last one, up to "
            f"{format_duration(MEETING_SECONDS)} without one that ends, and removes {shard}; run it again to wait on. Until then {_extra(old, shard)}. "
            f"To go back, append the former release to `release`: rooms return in the same way."
        )


def _releases(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    for resource in resources:
        if component_of(resource) == PROSODY.name and kind_of(resource) == "Deployment":
            containers = at(resource.properties, "spec", "template", "spec", "containers") or [{}]
            yield instance_of(resource), str(containers[0].get("image", "")).partition("@")[0].rpartition(":")[2]


def _extra(resources: Sequence[Resource], shard: str) -> str:
    """Return what the former shard's nodes cost while both run."""
    pool = next((each.properties for each in resources if pool_shard(each) == shard), None)
    if pool is None:
        return f"the nodes of {shard} run, too"
    return more_nodes(pool)


def more_nodes(pool: dict[str, object]) -> str:
    """Return how many nodes a second pool has, and what they cost an hour."""
    nodes = sorted({number(pool.get("minSize", pool.get("size"))), number(pool.get("maxSize", pool.get("size")))})
    node_type = str(pool.get("nodeType"))
    hourly = node_type_of(node_type).hourly_in(str(pool.get("zone")))
    counted = f"{' to '.join(map(str, nodes))} nodes of {node_type} more"
    if hourly is None:
        return f"{counted}, whose price is unknown"
    size = pool.get("rootVolumeSizeInGb")
    each = hourly + node_extra(RootVolume(size=number(size)) if size else None)
    return f"{counted}, {' to '.join(f'{each * count:.2f}' for count in nodes)} EUR an hour"
