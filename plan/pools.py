"""How many nodes a shard's pool holds, and how large a bridge may be on one of them."""

from dataclasses import dataclass

from config.bridges import Bridges
from config.node_types import NODE_TYPES

DRAINING_SHARE = 4  # one bridge in four may be draining while its replacement already runs
NODE_RESERVED_MILLICPU = 400  # kubelet, CNI, CSI and log agents of a Kapsule node, with a margin
NODE_RESERVED_MIB = 1024  # the same, beside the share that the kubelet keeps for itself
ALLOCATABLE_SHARE = 0.88  # of a node's memory, after the kernel's and the kubelet's reservations
LARGEST_BRIDGE_MIB = 8192  # a bridge's heap gains nothing beyond; the rest of a large node is for the kernel's buffers
OFF_HEAP_MIB = 1280  # JVM metaspace, threads and direct buffers beside the heap
SIDECAR_MILLICPU = 50
SIDECAR_MIB = 64


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """Least and most nodes, and whether Kapsule's autoscaler moves between them."""

    min: int
    max: int
    autoscaled: bool


def _nodes_for(bridges: int, per_node: int) -> int:
    return -(-bridges // per_node)


def pool_bounds(bridges: Bridges) -> PoolBounds:
    """Nodes for `min` bridges, and for `max` with spares and with the bridges that drain meanwhile.

    A draining bridge keeps its port and its share of the node until it is gone, so a pool that held `max` bridges exactly
    could not grow back while some of them leave.
    """
    least = _nodes_for(bridges.min, bridges.per_node)
    if bridges.topology != "autoscaled":
        return PoolBounds(min=least, max=least, autoscaled=False)
    draining = -(-bridges.max // DRAINING_SHARE)
    return PoolBounds(
        min=least,
        max=_nodes_for(bridges.max + bridges.scaling.spares + draining, bridges.per_node),
        autoscaled=True,
    )


@dataclass(frozen=True, slots=True)
class BridgeSize:
    """Requests and limits of one bridge, equal (Guaranteed), and the JVM's heap in them."""

    millicpu: int
    memory_mib: int
    heap_mib: int


def bridge_size(bridges: Bridges) -> BridgeSize:
    """An equal part of what a node leaves to pods.

    CPU requests equal limits because a bridge reports stress against its cgroup's quota; without a limit it would measure
    itself against the whole node.
    """
    node = NODE_TYPES[bridges.node_type]
    millicpu = (node.vcpus * 1000 - NODE_RESERVED_MILLICPU) // bridges.per_node - SIDECAR_MILLICPU
    usable = int(node.memory_gib * 1024 * ALLOCATABLE_SHARE) - NODE_RESERVED_MIB
    memory = min(usable // bridges.per_node - SIDECAR_MIB, LARGEST_BRIDGE_MIB)
    return BridgeSize(
        millicpu=millicpu // 50 * 50,
        memory_mib=memory // 64 * 64,
        heap_mib=max(512, (memory - OFF_HEAP_MIB) // 64 * 64),
    )
