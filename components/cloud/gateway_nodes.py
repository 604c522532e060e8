"""The nodes of jigasi's gateways, and the firewall in front of them."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.children import child_options
from components.cloud.dedicated_nodes import dedicated_pool, media_firewall
from components.gateway.pods import JIGASI
from components.labels import ROLE_LABEL
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
        firewall = media_firewall(
            f"{name}-firewall",
            zone=args.zone,
            ports=[(sip.first_port, sip.last_port)],
            tags=args.tags,
            opts=child_options(self, opts),
        )
        self.pool = dedicated_pool(
            f"{name}-pool",
            cluster_id=args.cluster_id,
            region=args.region,
            zone=args.zone,
            node_type=sip.node_type,
            least=sip.replicas,
            most=sip.replicas,
            autoscaling=False,
            reserved=(ROLE_LABEL, JIGASI),
            firewall=firewall,
            tags=args.tags,
            opts=child_options(self, opts),
        )
        self.register_outputs({"pool_id": self.pool.id})
