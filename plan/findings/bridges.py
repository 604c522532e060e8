"""Rules about one bridge: its node's network and room, and the load it is asked to take."""

from collections.abc import Iterator

from config.node_types import NODE_TYPES
from plan.findings.rule import Found, Subject, rule
from plan.pools import bridge_size

LEAST_MILLICPU = 500  # below, garbage collection alone delays packets
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
