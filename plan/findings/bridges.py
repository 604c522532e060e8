"""Rules about one bridge: its node's network and room, and the load it is asked to take."""

from collections.abc import Iterator

from config.model import format_duration
from config.node_types import NODE_TYPES
from plan.findings.rule import Found, Subject, rule
from plan.pools import bridge_size

LEAST_MILLICPU = 500  # below, garbage collection alone delays packets
ORDINARY_MEETING = 50  # people: a class with its guests, a staff meeting
LEAST_MIB = 1536  # the least heap (512 MiB) and the JVM's memory beside it (about 1 GiB)


@rule("bridge-network-too-small", "error")
def bridge_network_too_small(subject: Subject) -> Iterator[Found]:
    """A full node needs more network than its type has."""
    if not subject.kapsule:
        return
    for position, shard in enumerate(subject.shards):
        bridges, node = shard.bridges, NODE_TYPES[shard.bridges.node_type]
        needed = bridges.participants * bridges.bitrate_kbps * bridges.per_node
        if needed <= node.bandwidth_mbps * 1000:
            continue
        fitting = node.bandwidth_mbps * 1000 // (bridges.bitrate_kbps * bridges.per_node)
        yield Found(
            subject.bridges_key(position, "participants"),
            f"{bridges.participants} participants x {bridges.bitrate_kbps} kbit/s x {bridges.per_node} per node = "
            f"{needed / 1000:g} Mbit/s, above the {node.bandwidth_mbps} Mbit/s of {node.name}",
            f"lower participants to {fitting}, or perNode, or take a nodeType with more network"
            if fitting
            else "lower bitrateKbps or perNode, or take a nodeType with more network",
        )


@rule("bridge-does-not-fit-node", "error")
def bridge_does_not_fit_node(subject: Subject) -> Iterator[Found]:
    """What a node leaves for one bridge is too little to run one."""
    for position, shard in enumerate(subject.shards):
        size, node = bridge_size(shard.bridges), NODE_TYPES[shard.bridges.node_type]
        if size.millicpu >= LEAST_MILLICPU and size.memory_mib >= LEAST_MIB:
            continue
        yield Found(
            subject.bridges_key(position, "per_node"),
            f"{node.name} ({node.vcpus} vCPU, {node.memory_gib} GiB) leaves each of {shard.bridges.per_node} bridges "
            f"{max(0, size.millicpu)} millicores and {max(0, size.memory_mib)} MiB; a bridge needs {LEAST_MILLICPU} and {LEAST_MIB}",
            "lower perNode, or take a larger nodeType",
        )


@rule("relays-often", "info")
def relays_often(subject: Subject) -> Iterator[Found]:
    """Bridges are so small that ordinary meetings go over several of them."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if not bridges.relays or bridges.participants >= ORDINARY_MEETING:
            continue
        shared = f"; {bridges.per_node} of them share a node" if bridges.per_node > 1 else ""
        yield Found(
            subject.bridges_key(position, "participants"),
            f"a bridge takes {bridges.participants} people of a meeting{shared}: one of {ORDINARY_MEETING} lies on "
            f"{-(-ORDINARY_MEETING // bridges.participants)} bridges, and each sends every forwarded stream to the others",
            "take one large bridge per node (perNode: 1, a larger nodeType, more participants)",
        )


@rule("relays-off", "info")
def relays_off(subject: Subject) -> Iterator[Found]:
    """A meeting can be no larger than one bridge carries."""
    for position, shard in enumerate(subject.shards):
        if not shard.bridges.relays:
            yield Found(
                subject.bridges_key(position, "relays"),
                f"relays: false: a meeting stays on one bridge, also beyond the {shard.bridges.participants} people that it carries well and "
                "however many bridges are idle, and load is never moved away from one that is full",
                "leave relays out (true) unless no meeting grows so large",
            )


@rule("target-above-capacity", "warning")
def target_above_capacity(subject: Subject) -> Iterator[Found]:
    """The autoscaler is told to fill bridges beyond what they carry well."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.topology == "autoscaled" and bridges.scaling.participants > bridges.participants:
            yield Found(
                subject.bridges_key(position, "scaling", "participants"),
                f"a bridge is added beyond {bridges.scaling.participants} participants on each, but one carries "
                f"{bridges.participants} well",
                f"set scaling.participants to about {max(1, bridges.participants * 8 // 10)}, "
                "so that the next bridge boots before the others are full",
            )


@rule("one-bridge", "warning")
def one_bridge(subject: Subject) -> Iterator[Found]:
    """Everything of a shard hangs on a single bridge."""
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
        yield Found(
            subject.bridges_key(position, "min"),
            ("one bridge is enough for the autoscaler" if scaled else f"topology {bridges.topology} keeps one bridge")
            + ": when it, or its node, goes, every meeting waits for the next one to boot "
            f"({format_duration(bridges.scaling.boot_time)}), and an update has no other to move people to",
            two,
        )


@rule("shared-cores", "info")
def shared_cores(subject: Subject) -> Iterator[Found]:
    """Bridges of a serious stack on cores that strangers use, too."""
    if not subject.kapsule or not subject.config.protect:
        return
    for position, shard in enumerate(subject.shards):
        node = NODE_TYPES[shard.bridges.node_type]
        if not node.dedicated:
            yield Found(
                subject.bridges_key(position, "node_type"),
                f"{node.name} shares its cores with other customers: what they take is delay for media, and the bridge's stress "
                "does not show it",
                "take a type with dedicated cores, such as COMPUTE3-X4C-8G, where quality matters",
            )
