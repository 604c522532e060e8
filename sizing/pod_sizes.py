"""Sizes of bridges and recorders, which share a node evenly, and what a node leaves to pods.

A pod of a fixed size has it in its record in `sizing.parts`. Signalling and HAProxy grow with the participants:
`sizing.signalling_sizes`, `sizing.haproxy_size`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.bridges import Bridges
from config.cluster import Cluster
from config.node_types import node_type_of
from config.quantities import mebibytes, millicores

NODE_RESERVED_MILLICPU = 400  # kubelet, CNI, CSI and log agents of a Kapsule node, with a margin
NODE_RESERVED_MIB = 1024  # the same, in addition to the kubelet's own share
ALLOCATABLE_SHARE = 0.88  # of a node's memory, after the kernel's and the kubelet's reservations


@dataclass(frozen=True, slots=True)
class PodSize:
    """Requests of one pod; memory is its limit, too. CPU has no limit, so that a burst may use what is idle."""

    millicpu: int
    memory_mib: int

    def fits(self, room: "PodSize") -> bool:
        """Whether `room` holds the pod."""
        return self.millicpu <= room.millicpu and self.memory_mib <= room.memory_mib

    def copies_in(self, room: "PodSize") -> int:
        """How many such pods `room` holds; 0 for a pod without requests."""
        if self.millicpu <= 0 or self.memory_mib <= 0:
            return 0
        return min(room.millicpu // self.millicpu, room.memory_mib // self.memory_mib)


COTURN_CPU_PERCENT = 60  # of the request; sessions never move, so a new pod helps only those who come after it
JIGASI_HEAP_MIB = 1024  # of gateways and transcribers; media is handled outside of it


def allocatable(node_type: str) -> PodSize:
    """What one node leaves to the stack's pods, after the kubelet and Kapsule's own."""
    node = node_type_of(node_type)
    return PodSize(
        node.vcpus * 1000 - NODE_RESERVED_MILLICPU, int(node.memory_gib * 1024 * ALLOCATABLE_SHARE) - NODE_RESERVED_MIB
    )


def nodes_for(pods: Iterable[PodSize], room: PodSize) -> int | None:
    """Nodes that hold the pods, largest first, each on the first node with room; None if one fits on no node."""
    nodes: list[PodSize] = []
    for pod in sorted(pods, key=lambda pod: (pod.millicpu, pod.memory_mib), reverse=True):
        place = next((number for number, left in enumerate(nodes) if pod.fits(left)), len(nodes))
        if place == len(nodes):
            if not pod.fits(room):
                return None
            nodes.append(room)
        nodes[place] = PodSize(nodes[place].millicpu - pod.millicpu, nodes[place].memory_mib - pod.memory_mib)
    return len(nodes)


BRIDGE_MAX_MIB = 8192  # a bridge's heap gains nothing beyond; the rest of a large node is for the kernel's buffers
BRIDGE_OFF_HEAP_MIB = 1280  # JVM metaspace, threads and direct buffers
BRIDGE_MIN_HEAP_MIB = 512  # assumed
BRIDGE_SIDECAR = PodSize(50, 64)  # tells the bridge to drain, and keeps its pod's deletion cost


@dataclass(frozen=True, slots=True)
class BridgeSize:
    """Requests and limits of one bridge, equal (Guaranteed), and the JVM's heap in them."""

    millicpu: int
    memory_mib: int
    heap_mib: int


def bridge_size(bridges: Bridges) -> BridgeSize:
    """`bridges.resources`, else an equal part of what a node leaves to pods, rounded down to 50 millicores and 64 MiB.

    CPU requests equal limits because a bridge reports stress against its cgroup's quota; without a limit it would measure
    itself against the whole node.
    """
    room, resources = allocatable(bridges.node_type), bridges.resources
    millicpu = (room.millicpu // bridges.per_node - BRIDGE_SIDECAR.millicpu) // 50 * 50
    memory = min(room.memory_mib // bridges.per_node - BRIDGE_SIDECAR.memory_mib, BRIDGE_MAX_MIB) // 64 * 64
    if resources.cpu is not None:
        millicpu = millicores(resources.cpu)
    if resources.memory is not None:
        memory = mebibytes(resources.memory)
    heap = (min(memory, BRIDGE_MAX_MIB) - BRIDGE_OFF_HEAP_MIB) // 64 * 64
    return BridgeSize(millicpu, memory, heap_mib=max(BRIDGE_MIN_HEAP_MIB, heap))


def bridge_pod(bridges: Bridges) -> PodSize:
    """A bridge with its sidecar."""
    size = bridge_size(bridges)
    return PodSize(size.millicpu + BRIDGE_SIDECAR.millicpu, size.memory_mib + BRIDGE_SIDECAR.memory_mib)


def bridges_on_node(bridges: Bridges) -> int:
    """Bridges that a node of `nodeType` has room for, whatever `perNode` says; 0 if it holds none."""
    return bridge_pod(bridges).copies_in(allocatable(bridges.node_type))


def is_node_known(cluster: Cluster, bridges: Bridges) -> bool:
    """Whether `nodeType` says which nodes the bridges run on: on nodes of others only if it is set, or decides their size."""
    return cluster.owns_nodes or "node_type" in bridges.model_fields_set or not bridges.resources.are_set


RECORDER_MIN_VCPUS = 4  # of its node; upstream's advice
RECORDER_MIN_MILLICPU = 3400  # Chrome and x264 at 720p take three to four cores
RECORDER_MIN_MIB = 5120  # with /dev/shm; below, Chrome is killed in large meetings
RECORDER_MAX_MIB = 8192  # upstream's advice for 720p; more memory does not help a recorder, more cores do
RECORDER_SHM_MIB = 2048  # the image refuses to start with less on /dev/shm
RECORDER_EXPORTER = PodSize(50, 64)  # sidecar `watch`: metrics and the bound on a recording's size
RECORDER_UPLOADER = PodSize(50, 256)  # sidecar `upload`: rclone
RECORDER_SIDECARS = PodSize(
    RECORDER_UPLOADER.millicpu + RECORDER_EXPORTER.millicpu, RECORDER_UPLOADER.memory_mib + RECORDER_EXPORTER.memory_mib
)


@dataclass(frozen=True, slots=True)
class RecorderSize:
    """Requests of one recorder without its sidecars, and how many recorders share a node."""

    millicpu: int
    memory_mib: int
    per_node: int


def recorder_size(node_type: str) -> RecorderSize:
    """An equal part of what a node leaves to pods, for as many recorders as it holds well; at least one, however small."""
    room = allocatable(node_type)
    per_node = max(
        1,
        min(
            room.millicpu // (RECORDER_MIN_MILLICPU + RECORDER_SIDECARS.millicpu),
            room.memory_mib // (RECORDER_MIN_MIB + RECORDER_SIDECARS.memory_mib),
        ),
    )
    memory = min(room.memory_mib // per_node - RECORDER_SIDECARS.memory_mib, RECORDER_MAX_MIB)
    millicpu = room.millicpu // per_node - RECORDER_SIDECARS.millicpu
    return RecorderSize(millicpu // 50 * 50, memory // 64 * 64, per_node)


def recorder_fits(node_type: str) -> bool:
    """Whether a node has the least that one recorder needs."""
    return (
        node_type_of(node_type).vcpus >= RECORDER_MIN_VCPUS and recorder_size(node_type).memory_mib >= RECORDER_MIN_MIB
    )
