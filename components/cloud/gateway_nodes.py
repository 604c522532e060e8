"""The nodes of jigasi's gateways, and the firewall in front of them."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import instance, kubernetes

from components.children import child_options
from components.cloud.bridge_nodes import ANYWHERE, EXCLUDED_FROM_BALANCERS
from components.gateway.pods import JIGASI, ROLE
from config.jigasi import Sip


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayNodesArgs:
    """Inputs of `GatewayNodes`."""

    cluster_id: pulumi.Input[str]
    sip: Sip
    zone: str
    region: str
    tags: tuple[str, ...]


class GatewayNodes(pulumi.ComponentResource):
    """As many nodes as gateways, with public addresses, and a stateful security group: inbound the media ports, UDP, alone."""

    pool: kubernetes.Pool

    def __init__(self, name: str, args: GatewayNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:GatewayNodes", name, None, opts)
        sip = args.sip
        firewall = instance.SecurityGroup(
            f"{name}-firewall",
            zone=args.zone,
            stateful=True,
            inbound_default_policy="drop",
            outbound_default_policy="accept",
            inbound_rules=[
                instance.SecurityGroupInboundRuleArgs(
                    action="accept", protocol="UDP", ip_range=source, port_range=f"{sip.first_port}-{sip.last_port}"
                )
                for source in ANYWHERE
            ],
            tags=list(args.tags),
            opts=child_options(self, opts),
        )
        self.pool = kubernetes.Pool(
            f"{name}-pool",
            cluster_id=args.cluster_id,
            region=args.region,
            zone=args.zone,
            node_type=sip.node_type,
            size=sip.replicas,
            min_size=sip.replicas,
            max_size=sip.replicas,
            autoscaling=False,
            autohealing=True,
            public_ip_disabled=False,
            security_group_id=firewall.id,
            labels={ROLE: JIGASI, EXCLUDED_FROM_BALANCERS: "true"},
            taints=[kubernetes.PoolTaintArgs(key=ROLE, value=JIGASI, effect="NoSchedule")],
            upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
            tags=list(args.tags),
            opts=child_options(self, opts),
        )
        self.register_outputs({"pool_id": self.pool.id})
