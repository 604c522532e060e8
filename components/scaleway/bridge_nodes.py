"""The nodes of one shard's bridges, and their firewall."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.kubernetes.component import Component
from components.kubernetes.labels import SHARD_LABEL
from components.scaleway.dedicated_nodes import PoolSite, dedicated_pool, media_firewall
from config.shard import Shard
from sizing.pools import pool_bounds
from sizing.ports import open_ports


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeNodesArgs:
    """Inputs of `BridgeNodes`."""

    pools: PoolSite
    shard: Shard


class BridgeNodes(Component):
    """A pool in the shard's zone with public addresses, and a stateful security group.

    Inbound on the public interface: exactly the UDP ports of the shard in the port plan, IPv4 and IPv6. The private
    network is not filtered, so the cluster itself needs no rule.
    """

    pool: kubernetes.Pool

    def __init__(self, name: str, args: BridgeNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:BridgeNodes", name, opts)
        shard = args.shard
        firewall = media_firewall(
            f"{name}-firewall", args.pools, zone=shard.zone, ports=open_ports(shard), opts=self.child()
        )
        self.pool = dedicated_pool(
            f"{name}-pool",
            args.pools,
            zone=shard.zone,
            node_type=shard.bridges.node_type,
            root=shard.bridges.root_volume,
            bounds=pool_bounds(shard.bridges),
            reserved=(SHARD_LABEL, shard.name),
            firewall=firewall,
            opts=self.child(),
        )
        self.register_outputs({"pool_id": self.pool.id})
