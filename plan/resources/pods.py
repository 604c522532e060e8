"""Rules about pods: what they ask for, and whether nodes have it."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import BRIDGE, component_of, instance_of, kind_of
from plan.diff.paths import at
from plan.findings.rule import Found, rule
from plan.resources.made import Made, is_of_bridges, requests_of, room_of


@rule("pod-without-requests", "error")
def pod_without_requests(made: Made) -> Iterator[Found]:
    """A container that tells the scheduler nothing."""
    for workload, spec in made.workloads:
        silent = [
            str(one.get("name"))
            for one in spec.get("containers") or []
            if not {"cpu", "memory"} <= set(at(one, "resources", "requests") or {})
        ]
        if silent:
            yield Found(
                f"{workload.name}.spec.template.spec.containers",
                f"{', '.join(silent)} asks for no cpu or memory: the node autoscaler does not see it, and it is the first to be ended "
                "when a node is full",
                "set resources.requests.cpu and memory",
            )


@rule("pod-above-node", "error")
def pod_above_node(made: Made) -> Iterator[Found]:
    """A pod asks for more than a node of its pool leaves."""
    for workload, spec in made.workloads:
        pool = made.pool_under(spec)
        room = room_of(pool) if pool else None
        if pool is None or room is None:
            continue
        asked = requests_of(spec)
        if asked.millicpu > room.millicpu or asked.memory_mib > room.memory_mib:
            yield Found(
                f"{workload.name}.spec.template.spec.containers",
                f"asks for {asked.millicpu} millicores and {asked.memory_mib} MiB, and a {pool.properties['nodeType']} of {pool.name} "
                f"leaves {room.millicpu} and {room.memory_mib}: it stays Pending, and the autoscaler adds no node for it",
                "ask for less, or take a larger nodeType",
            )


@rule("bridges-above-nodes", "error")
def bridges_above_nodes(made: Made) -> Iterator[Found]:
    """The autoscaler may ask for more bridges than the pool's nodes hold."""
    for shard, pool in made.bridge_pools:
        room, most = room_of(pool), pool.properties.get("maxSize")
        if room is None or not isinstance(most, int) or not pool.properties.get("autoscaling"):
            continue
        for workload, spec in made.workloads:
            if component_of(workload) != BRIDGE or instance_of(workload) != shard or kind_of(workload) == "DaemonSet":
                continue
            wanted = _most(made, workload)
            per_node = _per_node(spec, room)
            if wanted is not None and per_node and wanted > most * per_node:
                yield Found(
                    f"{workload.name}.spec",
                    f"up to {wanted} bridges, and {pool.name} holds {most} nodes x {per_node} = {most * per_node}: the last ones stay "
                    "Pending",
                    f"raise maxSize of the pool to {-(-wanted // per_node)}, and to more for bridges that drain",
                )


def _most(made: Made, workload: Any) -> int | None:
    autoscaler = made.autoscaler(workload)
    most = (
        at(autoscaler.properties, "spec", "maxReplicas") if autoscaler else at(workload.properties, "spec", "replicas")
    )
    return most if isinstance(most, int) else None


def _per_node(spec: dict[str, Any], room: Any) -> int:
    """Bridges of one workload on one node: one for each host port, else as many as fit."""
    ports = [port for one in spec.get("containers") or [] for port in one.get("ports") or [] if port.get("hostPort")]
    if ports:
        return 1
    asked = requests_of(spec)
    if not asked.millicpu or not asked.memory_mib:
        return 0
    return min(room.millicpu // asked.millicpu, room.memory_mib // asked.memory_mib)


@rule("bridge-cannot-land", "error")
def bridge_cannot_land(made: Made) -> Iterator[Found]:
    """Bridges that their pool's taint keeps away, or that may run on nodes without their ports."""
    if not any(made.bridge_pools):
        return
    for workload, spec in made.workloads:
        if component_of(workload) != BRIDGE:
            continue
        pool = made.pool_under(spec)
        if pool is None or not is_of_bridges(pool):
            yield Found(
                f"{workload.name}.spec.template.spec.nodeSelector",
                "selects no pool of bridges: its pods run where no firewall lets their ports in, beside prosody",
                "select the label of the shard's pool",
            )
            continue
        held = {(one.get("key"), one.get("value")) for one in pool.properties.get("taints") or []}
        tolerated = {(one.get("key"), one.get("value")) for one in spec.get("tolerations") or []}
        if not held <= tolerated:
            named = ", ".join(f"{key}={value}" for key, value in sorted(held - tolerated, key=str))
            yield Found(
                f"{workload.name}.spec.template.spec.tolerations",
                f"does not tolerate {named} of {pool.name}: its pods stay Pending",
                "tolerate the taint of the shard's pool",
            )


@rule("image-without-version", "warning")
def image_without_version(made: Made) -> Iterator[Found]:
    """An image that may be another one tomorrow."""
    for workload, spec in made.workloads:
        loose = sorted(
            {
                str(one["image"])
                for one in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
                if one.get("image") and _is_loose(str(one["image"]))
            }
        )
        if loose:
            yield Found(
                f"{workload.name}.spec.template.spec",
                f"{', '.join(loose)} names no version: a pod that starts tomorrow may run another one than its neighbours",
                "write a tag that stays, or a digest",
            )


def _is_loose(image: str) -> bool:
    if "@sha256:" in image:
        return False
    _, _, tag = image.rpartition("/")[2].partition(":")
    return tag in ("", "latest", "stable", "unstable")
