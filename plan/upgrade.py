"""How long a newer Kubernetes may take to reach every node of a stack."""

from config.stack import StackConfig
from plan.drain import NODE_DELETION_SECONDS
from plan.pools import pool_bounds
from plan.recording_pool import recorder_nodes

CONTROL_PLANE_SECONDS = 900  # what the provider itself waits for a cluster


def most_nodes(config: StackConfig) -> int:
    """Nodes of all pools, at their most."""
    sip, udp = config.jigasi.sip if config.jigasi else None, config.turn.udp if config.turn else None
    return sum(
        (
            config.cluster.system.max,
            *(pool_bounds(shard.bridges).max for shard in config.resolved),
            recorder_nodes(config.recording).max if config.recording else 0,
            sip.replicas if sip else 0,
            udp.nodes if udp else 0,
        )
    )


def upgrade_seconds(config: StackConfig) -> int:
    """The control plane, then one node after another, each as long as Kapsule waits for its calls."""
    return CONTROL_PLANE_SECONDS + most_nodes(config) * NODE_DELETION_SECONDS
