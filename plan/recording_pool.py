"""How large a recorder is, how many share a node, how long one may take to leave."""

from dataclasses import dataclass

from config.node_types import NODE_TYPES
from config.recording import Recording
from config.stack import StackConfig
from plan.drain import NAMESPACE_MARGIN_SECONDS, drain_seconds
from plan.pools import ALLOCATABLE_SHARE, NODE_RESERVED_MIB, NODE_RESERVED_MILLICPU, PoolBounds

LEAST_MILLICPU = 3400  # Chrome and x264 at 720p take three to four cores (upstream: 4)
LEAST_MIB = 5120  # with /dev/shm; below, Chrome is killed in large meetings
GOOD_MIB = 8192  # upstream's advice for 720p
SHM_MIB = 2048  # the image refuses to start with less on /dev/shm
SIDECARS_MILLICPU = 100
SIDECARS_MIB = 320
UPLOAD_SECONDS = 3600
"""What a leaving recorder has for its uploads once the recording has ended: 7 GB at 2 MB/s, or an outage of the store."""


@dataclass(frozen=True, slots=True)
class RecorderSize:
    """Requests of one recorder without its sidecars, and how many of it share a node."""

    millicpu: int
    memory_mib: int
    per_node: int


def recorder_size(node_type: str) -> RecorderSize:
    """An equal part of what a node leaves to pods, of as many recorders as it holds well; one at least, however small.

    More memory than upstream advises does not help a recorder, more cores do.
    """
    node = NODE_TYPES[node_type]
    cpu_room = node.vcpus * 1000 - NODE_RESERVED_MILLICPU
    memory_room = int(node.memory_gib * 1024 * ALLOCATABLE_SHARE) - NODE_RESERVED_MIB
    per_node = max(1, min(cpu_room // (LEAST_MILLICPU + SIDECARS_MILLICPU), memory_room // (LEAST_MIB + SIDECARS_MIB)))
    memory = min(memory_room // per_node - SIDECARS_MIB, GOOD_MIB)
    millicpu = cpu_room // per_node - SIDECARS_MILLICPU
    return RecorderSize(millicpu // 50 * 50, memory // 64 * 64, per_node)


def fewest(recording: Recording) -> int:
    """Recorders at rest: the idle ones stand also where nothing is recorded, unless there may be none at all."""
    return max(recording.min, recording.idle) if recording.min else 0


def recorder_nodes(recording: Recording) -> PoolBounds:
    """Nodes of the recorders' pool."""
    per_node = recorder_size(recording.node_type).per_node
    return PoolBounds(min=-(-fewest(recording) // per_node), max=-(-recording.max // per_node), autoscaled=True)


def zone_of(config: StackConfig) -> str | None:
    """Where the recorders' nodes and volumes are; none where another's cluster decides."""
    if config.recording is None or config.recording.zone is not None:
        return config.recording.zone if config.recording else None
    return config.own_nodes_zone if config.cluster.kind == "kapsule" else None


def recorder_grace_seconds(recording: Recording) -> int:
    """The pod's termination grace period: the longest recording, then its upload."""
    return recording.longest + UPLOAD_SECONDS


def longest_leave_seconds(config: StackConfig) -> int:
    """The longest that any pod of the stack may take to leave; Kapsule's autoscaler waits that long for a node."""
    bridges = drain_seconds(config.resolved, config.turn)
    return max(bridges, recorder_grace_seconds(config.recording)) if config.recording else bridges


def namespace_leave_seconds(config: StackConfig) -> int:
    """How long the engine waits for the namespace to go, meetings and recordings included."""
    return longest_leave_seconds(config) + NAMESPACE_MARGIN_SECONDS


def fits(node_type: str) -> bool:
    """Whether a node has what one recorder needs at least."""
    size = recorder_size(node_type)
    return NODE_TYPES[node_type].vcpus >= 4 and size.memory_mib >= LEAST_MIB  # noqa: PLR2004 - upstream asks for four
