"""Rules about pods: requests, placement and images."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import BRIDGE, component_of, instance_of
from plan.diff.paths import mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources, is_of_bridges, requests_of, room_of
from plan.resources.selection import most_pods
from plan.wire import UNKNOWN
from sizing.pod_sizes import PodSize


@rule("pod-without-requests", "error")
def pod_without_requests(stack: Resources) -> Iterator[Hit]:
    """A container has no resource requests."""
    for workload, spec in stack.workloads:
        silent = [
            str(container.get("name"))
            for container in mappings(spec.get("containers"))
            if not {"cpu", "memory"} <= set(mapping(container, "resources", "requests"))
        ]
        if silent:
            yield Hit(
                f"{workload.name}.spec.template.spec.containers",
                f"{', '.join(silent)} requests no cpu or memory: the node autoscaler ignores it, and it is evicted "
                "first when a node is full",
                "set resources.requests.cpu and memory",
            )


@rule("pod-above-node", "error")
def pod_above_node(stack: Resources) -> Iterator[Hit]:
    """A pod requests more than a node of its pool offers."""
    for workload, spec in stack.workloads:
        pool = stack.pool_under(spec)
        room = room_of(pool) if pool else None
        if pool is None or room is None:
            continue
        asked = requests_of(spec)
        if asked.millicpu > room.millicpu or asked.memory_mib > room.memory_mib:
            yield Hit(
                f"{workload.name}.spec.template.spec.containers",
                f"requests {asked.millicpu} millicores and {asked.memory_mib} MiB, but a "
                f"{pool.properties['nodeType']} of {pool.name} leaves {room.millicpu} and {room.memory_mib}: it "
                "stays Pending, and the autoscaler adds no node for it",
                "lower the requests, or use a larger nodeType",
            )


@rule("bridges-above-nodes", "error")
def bridges_above_nodes(stack: Resources) -> Iterator[Hit]:
    """The autoscaler may request more bridges than the pool's nodes hold."""
    for shard, pool in stack.bridge_pools:
        room, nodes = room_of(pool), whole(pool.properties.get("maxSize"))
        if room is None or nodes is None or not pool.properties.get("autoscaling"):
            continue
        for workload, spec in stack.workloads:
            if component_of(workload) != BRIDGE or instance_of(workload) != shard:
                continue
            bridges = most_pods(workload, stack.autoscaler(workload))
            per_node = _per_node(spec, room)
            if bridges is not None and per_node and bridges > nodes * per_node:
                yield Hit(
                    f"{workload.name}.spec",
                    f"up to {bridges} bridges, and {pool.name} holds {nodes} nodes x {per_node} = {nodes * per_node}: the last ones stay "
                    "Pending",
                    f"raise maxSize of the pool to {-(-bridges // per_node)}, and to more for bridges that drain",
                )


def _per_node(spec: dict[str, Any], room: PodSize) -> int:
    """Bridges of one workload on one node: one for each host port, else as many as fit."""
    containers = mappings(spec.get("containers"))
    if any(port.get("hostPort") for container in containers for port in mappings(container.get("ports"))):
        return 1
    return requests_of(spec).copies_in(room)


@rule("bridge-cannot-land", "error")
def bridge_cannot_land(stack: Resources) -> Iterator[Hit]:
    """Bridges do not tolerate their pool's taint, or may run on other nodes."""
    if not any(stack.bridge_pools):
        return
    for workload, spec in stack.workloads:
        if component_of(workload) != BRIDGE:
            continue
        pool = stack.pool_under(spec)
        if pool is None or not is_of_bridges(pool):
            yield Hit(
                f"{workload.name}.spec.template.spec.nodeSelector",
                "selects no bridge pool: its pods run beside prosody, on nodes whose firewall blocks their ports",
                "select the label of the shard's pool",
            )
            continue
        held = {(taint.get("key"), taint.get("value")) for taint in mappings(pool.properties.get("taints"))}
        tolerated = {(each.get("key"), each.get("value")) for each in mappings(spec.get("tolerations"))}
        if not held <= tolerated:
            named = ", ".join(f"{key}={value}" for key, value in sorted(held - tolerated, key=str))
            yield Hit(
                f"{workload.name}.spec.template.spec.tolerations",
                f"does not tolerate {named} of {pool.name}: its pods stay Pending",
                "tolerate the taint of the shard's pool",
            )


@rule("image-without-version", "warning")
def image_without_version(stack: Resources) -> Iterator[Hit]:
    """An image has no fixed version."""
    for workload, spec in stack.workloads:
        loose = sorted(
            {
                str(container["image"])
                for container in [*mappings(spec.get("containers")), *mappings(spec.get("initContainers"))]
                if container.get("image") and _is_loose(str(container["image"]))
            }
        )
        if loose:
            yield Hit(
                f"{workload.name}.spec.template.spec",
                f"{', '.join(loose)} has no fixed version: a pod that starts tomorrow may run another version than "
                "its neighbours",
                "use a fixed tag or a digest",
            )


@rule("image-differs", "error")
def image_differs(stack: Resources) -> Iterator[Hit]:
    """A container, also one of a sidecar or one that only starts the pod, runs another image than its part."""
    images = stack.config.images
    releases = {shard.name: shard.release for shard in stack.config.resolved}
    for pods in stack.pods:
        if pods.part is None:
            continue
        right = pods.part.image.of(images, releases.get(pods.instance, images.tag))
        for container in pods.containers:
            image = container.get("image")
            if image not in (right, UNKNOWN):
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec",
                    f"{container.get('name')} of {pods.title} runs {image or 'no image'}, and the config says {right}: its scripts "
                    "and settings are made for that one",
                    "set the image by images, or by the release of the shard",
                )


def _is_loose(image: str) -> bool:
    if "@sha256:" in image:
        return False
    _, _, tag = image.rpartition("/")[2].partition(":")
    return tag in ("", "latest", "stable", "unstable")
