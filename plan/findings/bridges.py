"""Rules about a single bridge: network, node size and load."""

from collections.abc import Iterator

from config.bridges import MIN_MIB, MIN_MILLICPU, Bridges
from config.model import format_duration
from config.node_types import NODE_TYPES, node_type_of
from plan.findings.rule import Hit, Subject, largest, rule
from sizing.pod_sizes import allocatable, bridge_pod, bridge_size, bridges_on_node, is_node_known

MOST_PER_CORE = 54
"""Participants per core at the best point that was measured: two cores, five small videos and three audio streams for each."""
ORDINARY_MEETING = 50  # participants: a class with guests, a staff meeting


@rule("bridge-network-too-small", "error")
def bridge_network_too_small(subject: Subject) -> Iterator[Hit]:
    """A full node needs more bandwidth than its type has."""
    if not subject.config.cluster.owns_nodes:
        return
    for position, shard in enumerate(subject.shards):
        bridges, node = shard.bridges, node_type_of(shard.bridges.node_type)
        needed = bridges.participants * bridges.bitrate_kbps * bridges.per_node
        if node.bandwidth_mbps is None or needed <= node.bandwidth_mbps * 1000:
            continue
        fitting = node.bandwidth_mbps * 1000 // (bridges.bitrate_kbps * bridges.per_node)
        yield Hit(
            subject.bridges_key(position, "participants"),
            f"{bridges.participants} participants x {bridges.bitrate_kbps} kbit/s x {bridges.per_node} per node = "
            f"{needed / 1000:g} Mbit/s, above the {node.bandwidth_mbps} Mbit/s of {node.name}",
            (f"lower participants to {fitting}, or " if fitting else "lower bitrateKbps, or ")
            + ("lower perNode, or " if bridges.per_node > 1 else "")
            + "use a nodeType with more bandwidth",
        )


@rule("bridge-does-not-fit-node", "error")
def bridge_does_not_fit_node(subject: Subject) -> Iterator[Hit]:
    """A node leaves too few resources for a bridge."""
    for position, shard in enumerate(subject.shards):
        size, node = bridge_size(shard.bridges), node_type_of(shard.bridges.node_type)
        if shard.bridges.resources.model_fields_set and is_node_known(subject.config.cluster, shard.bridges):
            yield from _sized_above_node(subject, position, shard.bridges)
        if size.millicpu >= MIN_MILLICPU and size.memory_mib >= MIN_MIB:
            continue
        yield Hit(
            subject.bridges_key(position, "per_node"),
            f"{node.name} ({node.vcpus} vCPU, {node.memory_gib} GiB) leaves each of {shard.bridges.per_node} bridges "
            f"{max(0, size.millicpu)} millicores and {max(0, size.memory_mib)} MiB; a bridge needs {MIN_MILLICPU} and {MIN_MIB}",
            ("lower perNode, or " if shard.bridges.per_node > 1 else "") + "use a larger nodeType",
        )


def _sized_above_node(subject: Subject, position: int, bridges: Bridges) -> Iterator[Hit]:
    room, pod = allocatable(bridges.node_type), bridge_pod(bridges)
    if not pod.fits(room):
        yield Hit(
            subject.bridges_key(position, "resources"),
            f"a bridge and its sidecar take {pod.millicpu} millicores and {pod.memory_mib} MiB, and a {bridges.node_type} "
            f"leaves {room.millicpu} and {room.memory_mib} to pods: bridges stay Pending",
            "lower resources"
            + (", or use a larger nodeType" if any(pod.fits(allocatable(name)) for name in NODE_TYPES) else ""),
        )


@rule("bridges-beside-per-node", "error")
def bridges_beside_per_node(subject: Subject) -> Iterator[Hit]:
    """A node of the pool has room for another number of bridges than perNode says."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        fits = bridges_on_node(bridges)
        if not subject.config.cluster.owns_nodes or not bridges.resources.model_fields_set:
            continue  # an equal part of the node fits perNode times
        if fits and fits != bridges.per_node:
            pod = bridge_pod(bridges)
            fewer = fits < bridges.per_node
            set_to = f"set perNode: {fits}, or " if fits <= largest(Bridges, "per_node") else ""
            yield Hit(
                subject.bridges_key(position, "resources"),
                f"a {bridges.node_type} holds {fits} bridges of {pod.millicpu} millicores and {pod.memory_mib} MiB with their "
                f"sidecars, and perNode is {bridges.per_node}: "
                + (
                    "the pool has too few nodes for all bridges"
                    if fewer
                    else "bridges crowd on a node and its network, or leave it partly idle, and spares keep no node booted"
                ),
                f"{set_to}{'lower' if fewer else 'raise'} resources; without them, each bridge gets an equal part of the node",
            )


@rule("participants-above-cpu", "info")
def participants_above_cpu(subject: Subject) -> Iterator[Hit]:
    """A bridge is meant for more participants than its cores carry."""
    for position, shard in enumerate(subject.shards):
        bridges, size = shard.bridges, bridge_size(shard.bridges)
        carried = size.millicpu * MOST_PER_CORE // 1000
        if bridges.participants > carried > 0:
            yield Hit(
                subject.bridges_key(position, "participants"),
                f"{bridges.participants} participants on {size.millicpu} millicores, and {MOST_PER_CORE} per core is the best that was "
                f"measured: stress passes jicofo's limit at about {carried}, long before the bridge counts as full",
                f"lower participants to {carried}, or give the bridge more CPU",
            )


@rule("relays-often", "info")
def relays_often(subject: Subject) -> Iterator[Hit]:
    """Bridges are so small that ordinary meetings span several of them."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if not bridges.relays or bridges.participants >= ORDINARY_MEETING:
            continue
        shared = f"; {bridges.per_node} of them share a node" if bridges.per_node > 1 else ""
        yield Hit(
            subject.bridges_key(position, "participants"),
            f"a bridge carries {bridges.participants} participants of a meeting{shared}: a meeting of "
            f"{ORDINARY_MEETING} spans {-(-ORDINARY_MEETING // bridges.participants)} bridges, and each sends every "
            "forwarded stream to the others",
            "run one large bridge per node (perNode: 1, a larger nodeType, more participants)",
        )


@rule("relays-off", "info")
def relays_off(subject: Subject) -> Iterator[Hit]:
    """A meeting cannot grow beyond one bridge."""
    for position, shard in enumerate(subject.shards):
        if not shard.bridges.relays:
            yield Hit(
                subject.bridges_key(position, "relays"),
                f"relays: false: a meeting stays on one bridge, even beyond the {shard.bridges.participants} "
                "participants it carries well and with other bridges idle; load never moves away from a full bridge",
                "remove relays (default true) unless meetings never grow that large",
            )


@rule("target-above-capacity", "warning")
def target_above_capacity(subject: Subject) -> Iterator[Hit]:
    """The autoscaling target is above a bridge's capacity."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.topology == "autoscaled" and bridges.scaling.participants > bridges.participants:
            yield Hit(
                subject.bridges_key(position, "scaling", "participants"),
                f"a bridge is added above {bridges.scaling.participants} participants per bridge, but a bridge "
                f"carries {bridges.participants} well",
                f"set scaling.participants to about {max(1, bridges.participants * 8 // 10)}, so that the next "
                "bridge boots before the others are full",
            )


@rule("one-bridge", "warning")
def one_bridge(subject: Subject) -> Iterator[Hit]:
    """A shard may run on a single bridge."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if shard.state != "active" or bridges.min > 1:
            continue
        scaled = bridges.topology == "autoscaled"
        two = (
            "set min: 2"
            if not scaled or bridges.max > 1
            else f"set min: 2, and {subject.ceiling_key(position)} to 2 or more"
        )
        yield Hit(
            subject.bridges_key(position, "min"),
            ("the autoscaler may keep one bridge" if scaled else f"topology {bridges.topology} keeps one bridge")
            + ": if it or its node fails, every meeting waits for the next one to boot "
            f"({format_duration(bridges.scaling.boot_time)}), and updates have no other bridge to move participants "
            "to",
            two,
        )


@rule("shared-cores", "info")
def shared_cores(subject: Subject) -> Iterator[Hit]:
    """Bridges of a protected stack run on shared cores."""
    if not subject.kapsule or not subject.config.protect:
        return
    for position, shard in enumerate(subject.shards):
        node = node_type_of(shard.bridges.node_type)
        if not node.dedicated:
            yield Hit(
                subject.bridges_key(position, "node_type"),
                f"{node.name} shares its cores with other customers: their load delays media, and the bridge's "
                "stress does not show it",
                "use a type with dedicated cores, such as COMPUTE3-X4C-8G, if quality matters",
            )
