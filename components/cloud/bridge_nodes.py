"""The nodes of one shard's bridges, and the firewall in front of them."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.children import child_options
from components.cloud.dedicated_nodes import dedicated_pool, media_firewall
from components.labels import SHARD_LABEL
from config.shard import Shard
from plan.pools import pool_bounds
from plan.ports import open_ports


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeNodesArgs:
    """Inputs of `BridgeNodes`."""

    cluster_id: pulumi.Input[str]
    shard: Shard
    region: str
    tags: tuple[str, ...]


class BridgeNodes(pulumi.ComponentResource):
    """A pool in the shard's zone with public addresses, and a stateful security group that drops all inbound but its ports.

    Inbound on the public interface: exactly the UDP ports that the port plan gives to the shard, IPv4 and IPv6. The
    private network is not filtered, so the cluster itself needs no rule.
    """

    pool: kubernetes.Pool

    def __init__(self, name: str, args: BridgeNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:BridgeNodes", name, None, opts)
        shard = args.shard
        firewall = media_firewall(
            f"{name}-firewall", zone=shard.zone, ports=open_ports(shard), tags=args.tags, opts=child_options(self, opts)
        )
        bounds = pool_bounds(shard.bridges)
        self.pool = dedicated_pool(
            f"{name}-pool",
            cluster_id=args.cluster_id,
            region=args.region,
            zone=shard.zone,
            node_type=shard.bridges.node_type,
            least=bounds.min,
            most=bounds.max,
            autoscaling=bounds.autoscaled,
            reserved=(SHARD_LABEL, shard.name),
            firewall=firewall,
            tags=args.tags,
            opts=child_options(self, opts),
        )
        self.register_outputs({"pool_id": self.pool.id})
