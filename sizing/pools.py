"""The node pools of a stack: how many nodes each may have, of which type, where, and when an empty node goes."""

from dataclasses import dataclass

from config.bridges import Bridges
from config.jigasi import Sip
from config.recording import Recording
from config.stack import StackConfig
from config.turn import TurnUdp
from sizing.pod_sizes import recorder_size

DRAINING_SHARE = 4  # one bridge in four may be draining while its replacement already runs

NODE_UNNEEDED_SECONDS = 300
"""Kapsule's `scale_down_unneeded_time`: a node without a bridge or placeholder is deleted after this time."""
NODE_DELAY_AFTER_ADD_SECONDS = 600
"""Kapsule's `scale_down_delay_after_add`: no node of the cluster is deleted for this time after one was added."""


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """Minimum and maximum of nodes, and whether Kapsule's autoscaler moves between them."""

    min: int
    max: int
    autoscaled: bool


def fixed_nodes(nodes: int) -> PoolBounds:
    """A pool that is not autoscaled."""
    return PoolBounds(min=nodes, max=nodes, autoscaled=False)


def _nodes_for(pods: int, per_node: int) -> int:
    return -(-pods // per_node)


def pool_bounds(bridges: Bridges) -> PoolBounds:
    """Nodes for `min` bridges, and for `max` with spares and with the bridges that drain meanwhile.

    A draining bridge keeps its port and its share of the node until it is gone, so a pool that held `max` bridges exactly
    could not grow back while some of them leave.
    """
    nodes = _nodes_for(bridges.min, bridges.per_node)
    if bridges.topology != "autoscaled":
        return fixed_nodes(nodes)
    draining = -(-bridges.max // DRAINING_SHARE)
    return PoolBounds(
        min=nodes, max=_nodes_for(bridges.max + bridges.scaling.spares + draining, bridges.per_node), autoscaled=True
    )


def min_recorders(recording: Recording) -> int:
    """Recorders while nothing is recorded: at least the idle ones, unless `min` is 0."""
    return max(recording.min, recording.idle) if recording.min else 0


def recorder_nodes(recording: Recording) -> PoolBounds:
    """Nodes of the recorders' pool."""
    per_node = recorder_size(recording.node_type).per_node
    return PoolBounds(
        min=_nodes_for(min_recorders(recording), per_node), max=_nodes_for(recording.max, per_node), autoscaled=True
    )


def gateway_zone(config: StackConfig, sip: Sip) -> str:
    """Zone of the SIP gateways' nodes."""
    return sip.zone or config.own_nodes_zone


def turn_zone(config: StackConfig, udp: TurnUdp) -> str:
    """Zone of the nodes for TURN over UDP."""
    return udp.zone or config.own_nodes_zone


def recorder_zone(config: StackConfig) -> str | None:
    """Zone of the recorders' nodes and volumes; None if an existing cluster decides."""
    if config.recording is None or config.recording.zone is not None:
        return config.recording.zone if config.recording else None
    return config.own_nodes_zone if config.cluster.owns_nodes else None
