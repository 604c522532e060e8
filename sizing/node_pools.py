"""Every node pool of a stack, and how long an upgrade of all their nodes takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from config.cluster import RootVolume
from config.shard import Shard
from config.stack import StackConfig
from sizing.drain import CONTROL_PLANE_SECONDS, NODE_DELETION_SECONDS
from sizing.pools import PoolBounds, fixed_nodes, gateway_zone, pool_bounds, recorder_nodes, turn_zone
from sizing.system_pods import system_max, system_min


@dataclass(frozen=True, slots=True)
class NodePool:
    """One pool: what its nodes are for, their type and zone, and how many there may be."""

    kind: Literal["system", "bridges", "gateways", "relays", "recorders"]
    node_type: str
    zone: str
    bounds: PoolBounds
    root: RootVolume
    shard: Shard | None = None
    """Whose bridges the pool is for."""


def system_pools(config: StackConfig) -> dict[str, PoolBounds]:
    """Zone -> bounds of its system pool, the first zone in front."""
    return {
        zone: PoolBounds(system_min(config, zone), system_max(config, zone), autoscaled=True)
        for zone in config.system_zones
    }


def node_pools(config: StackConfig) -> Iterator[NodePool]:
    """Every node pool of the stack; none on an existing cluster."""
    if not config.cluster.owns_nodes:
        return
    system = config.cluster.system
    for zone, bounds in system_pools(config).items():
        yield NodePool("system", system.node_type, zone, bounds, _root(system.root_volume))
    for shard in config.resolved:
        bridges = shard.bridges
        yield NodePool(
            "bridges", bridges.node_type, shard.zone, pool_bounds(bridges), _root(bridges.root_volume), shard
        )
    if sip := config.jigasi.sip if config.jigasi else None:
        bounds = fixed_nodes(sip.replicas)
        yield NodePool("gateways", sip.node_type, gateway_zone(config, sip), bounds, _root(sip.root_volume))
    if udp := config.turn.udp if config.turn else None:
        bounds = fixed_nodes(udp.nodes)
        yield NodePool("relays", udp.node_type, turn_zone(config, udp), bounds, _root(udp.root_volume))
    if recording := config.recording:
        yield NodePool(
            "recorders",
            recording.node_type,
            recording.zone or config.own_nodes_zone,
            recorder_nodes(recording),
            _root(recording.root_volume),
        )


def _root(volume: RootVolume | None) -> RootVolume:
    """Return the root volume of a pool's nodes, which is Kapsule's unless it is set."""
    return volume or RootVolume()


def max_nodes(config: StackConfig) -> int:
    """The sum of all pools' maximum."""
    return sum(pool.bounds.max for pool in node_pools(config))


def upgrade_at_rest_seconds(config: StackConfig) -> int:
    """The same while every pool has its minimum of nodes: the least that an upgrade in an empty hour takes."""
    return CONTROL_PLANE_SECONDS + sum(pool.bounds.min for pool in node_pools(config)) * NODE_DELETION_SECONDS


def upgrade_seconds(config: StackConfig) -> int:
    """Time for a newer Kubernetes to reach every node: the control plane, then nodes one by one, each with Kapsule's patience."""
    return CONTROL_PLANE_SECONDS + max_nodes(config) * NODE_DELETION_SECONDS
