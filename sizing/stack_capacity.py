"""What a stack carries, on how many nodes: the report's `capacity`."""

from typing import Any

from config.bridges import Bridges
from config.stack import StackConfig
from sizing.capacity import Bounds, largest_meeting, offered_participants, shard_capacity
from sizing.drain import drain_seconds
from sizing.pod_sizes import bridge_size, bridges_on_node, is_node_known
from sizing.pools import min_recorders, recorder_nodes
from sizing.stream_costs import traffic
from sizing.system_pods import system_max, system_min


def system_nodes(config: StackConfig) -> Bounds:
    """Nodes of the pools for everything but media; 0 on an existing cluster."""
    if not config.cluster.owns_nodes:
        return Bounds(0, 0)
    zones = config.system_zones
    return Bounds(sum(system_min(config, zone) for zone in zones), sum(system_max(config, zone) for zone in zones))


def _recorders(config: StackConfig) -> dict[str, Any]:
    """The report's `recorders`: recordings and streams at once; empty without recording."""
    if config.recording is None:
        return {}
    nodes = recorder_nodes(config.recording)
    return {
        "recorders": {
            "min": min_recorders(config.recording),
            "max": config.recording.max,
            "idle": config.recording.idle,
            "nodes": {"min": nodes.min, "max": nodes.max} if config.cluster.owns_nodes else {"min": 0, "max": 0},
        }
    }


def _bridge(config: StackConfig, bridges: Bridges) -> dict[str, Any]:
    """One bridge: requests, which are its limits, without the sidecar's; its heap; how many share a node; for how many it is meant.

    `perNode` is None on nodes of others that no key describes. With `hostPort`, a node has `bridges.perNode` ports. `carries` is the
    traffic of `participants`.
    """
    size, fits = bridge_size(bridges), bridges_on_node(bridges)
    if bridges.layout == "hostPort":
        fits = min(fits, bridges.per_node)
    known = is_node_known(config.cluster, bridges)
    return {
        "millicpu": size.millicpu,
        "memoryMib": size.memory_mib,
        "heapMib": size.heap_mib,
        "nodeType": bridges.node_type if known else None,
        "perNode": fits if known else None,
        "participants": bridges.participants,
        "carries": traffic(bridges, config.meetings).as_dict(),
    }


def stack_capacity(config: StackConfig) -> dict[str, Any]:
    """The report's `capacity`. `nodes` counts bridge nodes; those of the system pool are in `systemNodes`.

    A shard's `participants` are what its bridges carry, `signalling.participants` what its prosody does; `bridge` is the size of
    one; with visitors `largestMeeting` says how many one meeting may have.
    """
    shards = [shard_capacity(shard) for shard in config.resolved]
    bridges = sum((capacity.bridges for capacity in shards), Bounds(0, 0))
    nodes = sum((Bounds(capacity.nodes.min, capacity.nodes.max) for capacity in shards), Bounds(0, 0))
    return {
        "participants": offered_participants(config.resolved),
        "bridges": bridges.as_dict(),
        "nodes": nodes.as_dict(),
        "systemNodes": system_nodes(config).as_dict(),
        "perShard": [
            {
                "shard": capacity.shard.name,
                "zone": capacity.shard.zone,
                "state": capacity.shard.state,
                "participants": capacity.participants,
                "bridge": _bridge(config, capacity.shard.bridges),
                "bridges": capacity.bridges.as_dict(),
                "nodes": {"min": capacity.nodes.min, "max": capacity.nodes.max},
                "signalling": {"participants": config.signalling.participants},
                **(
                    {"largestMeeting": largest_meeting(config.visitors, capacity.participants).as_dict()}
                    if config.visitors
                    else {}
                ),
            }
            for capacity in shards
        ],
        "drainSeconds": drain_seconds(config.resolved),
        **_recorders(config),
    }
