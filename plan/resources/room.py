"""Rules about room: nodes for all pods of a pool, bridges per node, and volumes."""

from collections.abc import Iterator
from typing import Any

from components.kubernetes.labels import ROLE_LABEL, SYSTEM_ROLE
from config.quantities import quantity
from plan.diff.fleet import is_gateway_pool, is_recorder_pool, is_turn_pool, object_name, pool_shard
from plan.diff.paths import at, mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources, is_of_bridges, requests_of, room_of
from plan.resources.selection import most_pods
from plan.resources.templates import Template, known, templates, variable
from sizing.node_pools import system_pools
from sizing.pod_sizes import PodSize, nodes_for
from sizing.pools import DRAINING_SHARE, PoolBounds, fixed_nodes, gateway_zone, recorder_nodes, recorder_zone, turn_zone

ONE_NODE = fixed_nodes(1)
"""Of a pool for TURN over UDP: each node has its own, so that its address is an output."""


@rule("pool-too-small", "error")
def pool_too_small(stack: Resources) -> Iterator[Hit]:
    """The nodes of recorders, gateways or relays do not hold all of them."""
    pools = [pool for pool in stack.of("Pool") if mappings(pool.properties.get("taints")) and not is_of_bridges(pool)]
    for template in templates(stack, "jibri", "jigasi", "coturn-udp"):
        alike = [pool for pool in pools if pool.properties.get("labels") == mapping(template.spec.get("nodeSelector"))]
        alike = alike or [pool for pool in pools if stack.pool_under(template.spec) == pool]
        labels = alike[0].properties.get("labels") if alike else None
        alike = [pool for pool in pools if pool.properties.get("labels") == labels]
        room, sizes = room_of(alike[0]) if alike else None, [whole(pool.properties.get("maxSize")) for pool in alike]
        pods = most_pods(template.workload, stack.autoscaler(template.workload))
        if room is None or pods is None or None in sizes:
            continue
        asked, nodes = requests_of(template.spec), sum(filter(None, sizes))
        needed = pods if template.host_ports else nodes_for([asked] * pods, room)
        if needed is not None and needed > nodes:
            yield Hit(
                f"{alike[0].name}.maxSize",
                f"up to {pods} {template.name} need {needed} nodes, and there are {nodes} at most: the last ones stay Pending",
                f"raise maxSize to {needed}, or request less",
            )


@rule("bridges-share-node", "error")
def bridges_share_node(stack: Resources) -> Iterator[Hit]:
    """More or fewer bridges share a node than the stack file says."""
    shards = {shard.name: shard.bridges for shard in stack.config.resolved}
    for name, pool in stack.bridge_pools:
        bridges, room = shards.get(name), room_of(pool)
        held = [each for each in templates(stack, "jvb") if each.shard == name]
        if bridges is None or room is None or not held:
            continue
        sizes = [requests_of(each.spec) for each in held]
        if not all(size.millicpu and size.memory_mib for size in sizes):
            continue
        copies = min(size.copies_in(room) for size in sizes)
        fits = len(held) if held[0].host_ports else copies
        together = PodSize(sum(size.millicpu for size in sizes), sum(size.memory_mib for size in sizes))
        crowded = held[0].host_ports and copies > bridges.per_node
        if fits != bridges.per_node or (held[0].host_ports and not together.fits(room)) or crowded:
            yield Hit(
                f"{pool.name}.nodeType",
                f"{pool.properties.get('nodeType')} leaves {room.millicpu} millicores and {room.memory_mib} MiB to "
                f"{len(held)} workloads of bridges of {sizes[0].millicpu} and {sizes[0].memory_mib}, and the stack file says "
                f"{bridges.per_node} per node: bridges share a network that is too small, stay Pending, or leave a node half empty",
                f"request an equal part of the node for each of perNode bridges, or set perNode to the {copies} that fit",
            )


@rule("pool-beside-plan", "error")
def pool_beside_plan(stack: Resources) -> Iterator[Hit]:
    """A pool has another node type, zone, size or root volume than the stack file says."""
    for pool in stack.of("Pool"):
        for key, value in _asked(stack, pool).items():
            if known(pool.properties.get(key)) and pool.properties.get(key, False) != value:
                said = "Kapsule's own" if key.startswith("rootVolume") and value is False else value
                yield Hit(
                    f"{pool.name}.{key}",
                    f"is {pool.properties.get(key)}, and the stack file says {said}: nodes do not follow their pods, or "
                    "sizes and cost are those of others",
                    "let it follow the stack file",
                )


def _asked(stack: Resources, pool: Resource) -> dict[str, object]:
    """What the stack file says of a pool; empty for a pool of others."""
    shape = _shape(stack, pool)
    if shape and not shape["autoscaling"]:
        shape["size"] = shape["minSize"]  # else the node autoscaler's
    if shape and not stack.config.cluster.network_id:
        shape["publicIpDisabled"] = False  # a network of the stack has no gateway: images and uploads need an address
    return {**shape, **_root_volume(stack, pool)}


def _root_volume(stack: Resources, pool: Resource) -> dict[str, object]:
    config, labels = stack.config, pool.properties.get("labels") or {}
    shard = next((each for each in config.resolved if each.name == pool_shard(pool)), None)
    owner: Any = shard.bridges if shard else None
    if labels.get(ROLE_LABEL) == SYSTEM_ROLE:
        owner = config.cluster.system
    elif is_recorder_pool(pool):
        owner = config.recording
    elif is_gateway_pool(pool):
        owner = config.jigasi and config.jigasi.sip
    elif is_turn_pool(pool):
        owner = config.turn and config.turn.udp
    if owner is None:
        return {}
    root = owner.root_volume
    return {"rootVolumeType": root.type if root else False, "rootVolumeSizeInGb": root.size if root else False}


def _shape(stack: Resources, pool: Resource) -> dict[str, object]:
    shard = next((each for each in stack.config.resolved if each.name == pool_shard(pool)), None)
    system, recording = stack.config.cluster.system, stack.config.recording
    if shard is not None:
        bridges = shard.bridges
        scaled = bridges.topology == "autoscaled"
        leaving = -(-bridges.max // DRAINING_SHARE) + bridges.scaling.spares if scaled else 0
        return {
            "autoscaling": scaled,
            "nodeType": bridges.node_type,
            "zone": shard.zone,
            "minSize": -(-bridges.min // bridges.per_node),
            "maxSize": -(-(bridges.ceiling + leaving) // bridges.per_node),
        }
    if at(pool.properties, "labels", ROLE_LABEL) == SYSTEM_ROLE:
        zone = next((each for each in stack.config.system_zones if pool.name.endswith(f"-{each}")), None)
        zone = zone or stack.config.system_zone  # whose pool is not named after it
        return _bounded(system_pools(stack.config)[zone], system.node_type, zone)
    if is_recorder_pool(pool) and recording is not None:
        return _bounded(recorder_nodes(recording), recording.node_type, recorder_zone(stack.config))
    sip, udp = stack.config.jigasi and stack.config.jigasi.sip, stack.config.turn and stack.config.turn.udp
    if is_gateway_pool(pool) and sip:
        return _bounded(fixed_nodes(sip.replicas), sip.node_type, gateway_zone(stack.config, sip))
    if is_turn_pool(pool) and udp:
        return _bounded(ONE_NODE, udp.node_type, turn_zone(stack.config, udp))
    return {}


def _bounded(bounds: PoolBounds, node_type: str, zone: str | None) -> dict[str, object]:
    size = {"autoscaling": bounds.autoscaled, "minSize": bounds.min, "maxSize": bounds.max}
    return {**size, "nodeType": node_type, "zone": zone}


def _bytes(value: object) -> int | None:
    try:
        return int(quantity(value))
    except ValueError:
        return None


def _storage(claim: dict[str, object]) -> object:
    return at(claim, "spec", "resources", "requests", "storage")


@rule("volume-too-small", "error")
def volume_too_small(stack: Resources) -> Iterator[Hit]:
    """A volume is smaller than the stack file says, or a recorder's smaller than a recording."""
    config = stack.config
    asked = {
        "prometheus": config.metrics.storage,
        "etherpad": config.documents.storage if config.documents else None,
        "jibri": config.recording.storage if config.recording else None,
    }
    for template in templates(stack, *asked):
        for place, value in _claims(stack, template):
            size, expected = _bytes(value), _bytes(asked[template.name]) if asked[template.name] else None
            if known(value) and expected is not None and size != expected:
                yield Hit(
                    place,
                    f"storage is {value}, and the stack file says {asked[template.name]}: {template.name} stops when it is full",
                    f"set it to {asked[template.name]}",
                )
            needed = variable(template.main, "ROOM") if template.name == "jibri" else None
            if size is not None and needed is not None and known(needed) and not 0 < (whole(needed) or 0) <= size:
                yield Hit(
                    place,
                    f"storage is {value}, and ROOM, which a recorder waits for, {needed} bytes: it never starts",
                    "let ROOM follow recording.longest",
                )


def _claims(stack: Resources, template: Template) -> Iterator[tuple[str, object]]:
    for claim in mappings(at(template.workload.properties, "spec", "volumeClaimTemplates")):
        yield f"{template.workload.name}.spec.volumeClaimTemplates", _storage(claim)
    for volume in mappings(template.spec.get("volumes")):
        name = at(volume, "persistentVolumeClaim", "claimName")
        for claim in stack.of("PersistentVolumeClaim") if name else ():
            if object_name(claim) == name:
                yield f"{claim.name}.spec.resources.requests", _storage(claim.properties)


@rule("volume-lost", "error")
def volume_lost(stack: Resources) -> Iterator[Hit]:
    """A volume does not exist, or goes while it holds what is not uploaded."""
    claims = {object_name(each) for each in stack.of("PersistentVolumeClaim")}
    for template in templates(stack):
        for volume in mappings(template.spec.get("volumes")):
            name = at(volume, "persistentVolumeClaim", "claimName")
            if name and known(name) and name not in claims:
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{volume.get('name')} is claim {name}, which does not exist: {template.name} stays Pending",
                    "create the claim",
                )
    for template in templates(stack, "jibri"):
        policy = mapping(at(template.workload.properties, "spec", "persistentVolumeClaimRetentionPolicy"))
        if known(policy.get("whenScaled")) and policy.get("whenScaled", "Retain") != "Retain":
            yield Hit(
                f"{template.workload.name}.spec.persistentVolumeClaimRetentionPolicy",
                f"whenScaled is {policy['whenScaled']}: recordings of a recorder that leaves are lost where it could not upload",
                "set whenScaled to Retain",
            )
