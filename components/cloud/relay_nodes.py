"""The nodes of the TURN relay over UDP, the firewall in front of them, and the name that leads to them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import domain, kubernetes

from components.children import child_options
from components.cloud.dedicated_nodes import dedicated_pool, media_firewall
from components.cloud.public_address import RECORD_TTL_SECONDS, record_name
from components.labels import ROLE_LABEL
from components.turn.udp_relay import RELAY
from config.turn import TurnUdp


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayNodesArgs:
    """Inputs of `RelayNodes`."""

    cluster_id: pulumi.Input[str]
    udp: TurnUdp
    zone: str
    region: str
    host: str
    dns_zone: str | None
    """Where the records are made; none where the zone is another's."""
    elsewhere: pulumi.Output[str]
    """What a record says while its node has no address: an address that takes no UDP."""
    tags: tuple[str, ...]


class RelayNodes(pulumi.ComponentResource):
    """Pools of one node with a public address each, a stateful security group that lets in one UDP port, and a record for each.

    A pool for each node, so that each address is an output of its own. Records follow the nodes at each update.
    """

    wanted_records: list[pulumi.Output[str]]
    """What whoever has the zone must make: `host -> address`; empty where the records are made here."""

    def __init__(self, name: str, args: RelayNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RelayNodes", name, None, opts)
        child = child_options(self, opts)
        firewall = media_firewall(
            f"{name}-firewall", zone=args.zone, ports=[(args.udp.port, args.udp.port)], tags=args.tags, opts=child
        )
        self.wanted_records = []
        for number in range(args.udp.nodes):
            pool = dedicated_pool(
                f"{name}-pool-{number}",
                cluster_id=args.cluster_id,
                region=args.region,
                zone=args.zone,
                node_type=args.udp.node_type,
                least=1,
                most=1,
                autoscaling=False,
                reserved=(ROLE_LABEL, RELAY),
                firewall=firewall,
                tags=args.tags,
                opts=child,
            )
            own = pool.nodes.apply(public_address)
            address = pulumi.Output.all(own, args.elsewhere).apply(lambda both: both[0] or both[1])
            if args.dns_zone is None:
                self.wanted_records.append(pulumi.Output.concat(args.host, " -> ", address))
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
    """The public IPv4 address of a pool's one node; none while it has none."""
    # The property itself warns at each use that the cluster could be asked instead, where no resource waits for it.
    return next((address for node in nodes if (address := pulumi.get(node, "public_ip"))), None)
