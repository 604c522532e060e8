"""The nodes of Jigasi's SIP gateways, and their firewall."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.gateway.pods import JIGASI
from components.kubernetes.component import Component
from components.kubernetes.labels import ROLE_LABEL
from components.scaleway.dedicated_nodes import PoolSite, dedicated_pool, media_firewall
from config.jigasi import Sip
from sizing.pools import fixed_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayNodesArgs:
    """Inputs of `GatewayNodes`."""

    pools: PoolSite
    sip: Sip
    zone: str


class GatewayNodes(Component):
    """One node for each gateway, with a public address, and a stateful security group. Inbound: the media ports, UDP."""

    pool: kubernetes.Pool

    def __init__(self, name: str, args: GatewayNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:GatewayNodes", name, opts)
        sip = args.sip
        firewall = media_firewall(
            f"{name}-firewall",
            args.pools,
            zone=args.zone,
            ports=[(sip.first_port, sip.last_port)],
            opts=self.child(),
        )
        self.pool = dedicated_pool(
            f"{name}-pool",
            args.pools,
            zone=args.zone,
            node_type=sip.node_type,
            root=sip.root_volume,
            bounds=fixed_nodes(sip.replicas),
            reserved=(ROLE_LABEL, JIGASI),
            firewall=firewall,
            opts=self.child(),
        )
        self.register_outputs({"pool_id": self.pool.id})
