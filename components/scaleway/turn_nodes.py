"""The nodes of TURN over UDP, their firewall, and their DNS records."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import domain, kubernetes

from components.kubernetes.component import Component
from components.kubernetes.labels import ROLE_LABEL
from components.scaleway.dedicated_nodes import PoolSite, dedicated_pool, media_firewall
from components.scaleway.public_address import RECORD_TTL_SECONDS, record_name
from components.turn.udp_pods import TURN_ROLE
from config.turn import TurnUdp
from sizing.pools import fixed_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnNodesArgs:
    """Inputs of `RelayNodes`."""

    pools: PoolSite
    udp: TurnUdp
    zone: str
    host: str
    dns_zone: str | None
    """Zone in which the records are created. None if the operator creates them."""
    elsewhere: pulumi.Output[str]
    """Address of a record whose node has none yet; it accepts no UDP."""


class TurnNodes(Component):
    """Pools of one node with a public address each, a stateful security group, and a record for each node.

    Inbound: one UDP port. Each node has its own pool, so that its address is an output; each update refreshes the records.
    """

    missing_records: list[pulumi.Output[str]]
    """Records that the operator must create, as `host -> address`; empty if the stack creates them."""

    def __init__(self, name: str, args: TurnNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RelayNodes", name, opts)
        child = self.child()
        firewall = media_firewall(
            f"{name}-firewall", args.pools, zone=args.zone, ports=[(args.udp.port, args.udp.port)], opts=child
        )
        self.missing_records = []
        for number in range(args.udp.nodes):
            pool = dedicated_pool(
                f"{name}-pool-{number}",
                args.pools,
                zone=args.zone,
                node_type=args.udp.node_type,
                root=args.udp.root_volume,
                bounds=fixed_nodes(1),
                reserved=(ROLE_LABEL, TURN_ROLE),
                firewall=firewall,
                opts=child,
            )
            own = pool.nodes.apply(public_address)
            address = pulumi.Output.all(own, args.elsewhere).apply(lambda both: both[0] or both[1])
            if args.dns_zone is None:
                self.missing_records.append(pulumi.Output.concat(args.host, " -> ", address))
            else:
                domain.Record(
                    f"{name}-record-{number}",
                    dns_zone=args.dns_zone,
                    name=record_name(args.host, args.dns_zone),
                    type="A",
                    data=address,
                    ttl=RECORD_TTL_SECONDS,
                    opts=child,
                )
        self.register_outputs({"host": args.host})


def public_address(nodes: Sequence[kubernetes.outputs.PoolNode]) -> str | None:
    """The public IPv4 address of a pool's only node. None while it has none."""
    # The property warns at each use that the cluster knows its nodes, but no resource waits for those.
    return next((address for node in nodes if (address := pulumi.get(node, "public_ip"))), None)
