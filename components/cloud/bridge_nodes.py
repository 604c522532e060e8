"""The nodes of one shard's bridges, and the firewall in front of them."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import instance, kubernetes

from components.children import child_options
from components.labels import SHARD_LABEL
from config.shard import Shard
from plan.pools import pool_bounds
from plan.ports import open_ports

ANYWHERE = ("0.0.0.0/0", "::/0")
EXCLUDED_FROM_BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers"


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
        firewall = instance.SecurityGroup(
            f"{name}-firewall",
            zone=shard.zone,
            stateful=True,
            inbound_default_policy="drop",
            outbound_default_policy="accept",
            inbound_rules=[
                instance.SecurityGroupInboundRuleArgs(
                    action="accept",
                    protocol="UDP",
                    ip_range=source,
                    port=first if first == last else None,
                    port_range=None if first == last else f"{first}-{last}",
                )
                for first, last in open_ports(shard)
                for source in ANYWHERE
            ],
            tags=list(args.tags),
            opts=child_options(self, opts),
        )
        bounds = pool_bounds(shard.bridges)
        self.pool = kubernetes.Pool(
            f"{name}-pool",
            cluster_id=args.cluster_id,
            region=args.region,
            zone=shard.zone,
            node_type=shard.bridges.node_type,
            size=bounds.min,
            min_size=bounds.min,
            max_size=bounds.max,
            autoscaling=bounds.autoscaled,
            autohealing=True,
            public_ip_disabled=False,
            security_group_id=firewall.id,
            labels={SHARD_LABEL: shard.name, EXCLUDED_FROM_BALANCERS: "true"},
            taints=[kubernetes.PoolTaintArgs(key=SHARD_LABEL, value=shard.name, effect="NoSchedule")],
            upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
            tags=list(args.tags),
            # The autoscaler owns the size from the first minute on.
            opts=pulumi.ResourceOptions.merge(
                child_options(self, opts),
                pulumi.ResourceOptions(ignore_changes=["size"] if bounds.autoscaled else None),
            ),
        )
        self.register_outputs({"pool_id": self.pool.id})
