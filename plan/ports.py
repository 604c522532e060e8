"""The port plan: every bridge's public UDP port, local port, Service and firewall rule.

hostPort: bridge *n* of a shard has port `first + n mod perNode`, opened on its node. nodePort: port `first + n`, one
NodePort Service each. A port depends on nothing but the shard's first port, its layout, `perNode` and the bridge's own
number, so growth (a larger `max`, more shards) never moves a port that is already out. The bridge listens on the very
port that it advertises: STUN learns addresses only, never ports.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.shard import Shard


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgePort:
    """One bridge's way in: UDP, from anywhere, to a node's public address."""

    shard: str
    bridge: int
    zone: str
    layout: str
    port: int
    local_port: int
    service: str | None
    """The NodePort Service that carries it; none where the port is opened on the node."""

    @property
    def rule(self) -> str:
        """The firewall rule that lets it in, as text: zone, protocol, port."""
        return f"{self.zone} UDP {self.port}"


def bridge_service(shard: str, bridge: int) -> str:
    """Name of the Service of one bridge; also the name of its pod."""
    return f"jvb-{shard}-{bridge}"


def ports_of(shard: Shard) -> tuple[BridgePort, ...]:
    """Every bridge of one shard, up to the most that can run."""
    bridges = shard.bridges
    by_node_port = bridges.layout == "nodePort"
    return tuple(
        BridgePort(
            shard=shard.name,
            bridge=number,
            zone=shard.zone,
            layout=bridges.layout,
            port=(port := shard.first_port + (number if by_node_port else number % bridges.per_node)),
            local_port=port,
            service=bridge_service(shard.name, number) if by_node_port else None,
        )
        for number in range(bridges.ceiling)
    )


def port_plan(shards: Iterable[Shard]) -> tuple[BridgePort, ...]:
    """Every bridge of every shard, in the order of the stack file."""
    return tuple(port for shard in shards for port in ports_of(shard))


def open_ports(shard: Shard) -> tuple[tuple[int, int], ...]:
    """The UDP ports that the shard's pool lets in, as closed ranges in ascending order: exactly the plan's."""
    ranges: list[tuple[int, int]] = []
    for port in sorted({bridge.port for bridge in ports_of(shard)}):
        if ranges and port == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return tuple(ranges)


@dataclass(frozen=True, slots=True)
class HostPortSlot:
    """The bridges of a hostPort shard that share one port: one per node, a workload of their own."""

    index: int
    port: int
    min: int
    max: int


def host_port_slots(shard: Shard) -> tuple[HostPortSlot, ...]:
    """`perNode` workloads whose least and most bridges add up to the shard's; empty ones are left out."""
    bridges = shard.bridges
    per_node = bridges.per_node

    def share(total: int, index: int) -> int:
        return (total - index + per_node - 1) // per_node

    return tuple(
        HostPortSlot(
            index=index,
            port=shard.first_port + index,
            min=share(bridges.min, index),
            max=share(bridges.ceiling, index),
        )
        for index in range(min(per_node, bridges.ceiling))
    )
