"""The public UDP ports: every bridge's port, Service and firewall rule, and those of SIP gateways and TURN servers.

Ports between pods are `opens` of the records in `sizing.parts`.

hostPort: bridge *n* of a shard has port `first + n mod perNode`, opened on its node. nodePort: port `first + n`, one
NodePort Service each. A port depends on nothing but the shard's first port, its layout, `perNode` and the bridge's own
number, so growth (a larger `max`, more shards) never moves a port that is already out. The bridge listens on the very
port that it advertises: STUN learns addresses only, never ports.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from config.shard import Shard
from config.stack import StackConfig
from sizing.parts import COTURN_UDP, JIGASI
from sizing.pools import gateway_zone, turn_zone


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
    """The NodePort Service that carries it; None if the port is opened on the node."""

    @property
    def rule(self) -> str:
        """The firewall rule that lets it in, as text: zone, protocol, port."""
        return f"{self.zone} UDP {self.port}"


def bridge_service(shard: str, bridge: int) -> str:
    """Name of the Service of one bridge; also the name of its pod."""
    return f"jvb-{shard}-{bridge}"


def ports_of(shard: Shard) -> tuple[BridgePort, ...]:
    """Every bridge of one shard, up to the maximum."""
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
    return ranges_of(bridge.port for bridge in ports_of(shard))


def ranges_of(ports: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Consecutive ports as closed ranges in ascending order."""
    ranges: list[tuple[int, int]] = []
    for port in sorted(set(ports)):
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
    """`perNode` workloads whose minima and maxima add up to the shard's; empty ones are left out."""
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


def workload_count(shard: Shard) -> int:
    """Workloads among which the shard's bridges are divided, each with an autoscaler of its own."""
    return len(host_port_slots(shard)) if shard.bridges.layout == "hostPort" else 1


def gateway_ports(config: StackConfig) -> list[dict[str, Any]]:
    """The report's `gatewayPorts`: UDP, open on the node of every SIP gateway; no other port is."""
    sip = config.jigasi.sip if config.jigasi else None
    if sip is None:
        return []
    return [
        {
            "component": JIGASI.name,
            "protocol": "UDP",
            "firstPort": sip.first_port,
            "lastPort": sip.last_port,
            "gateways": sip.replicas,
            "calls": sip.calls * sip.replicas,
            "rule": f"{gateway_zone(config, sip)} UDP {sip.first_port}-{sip.last_port}",
        }
    ]


def turn_ports(config: StackConfig) -> list[dict[str, Any]]:
    """Return the report's `relayPorts`: the only UDP port that is open on the TURN nodes."""
    udp = config.turn.udp if config.turn else None
    if udp is None:
        return []
    return [
        {
            "component": COTURN_UDP.name,
            "protocol": "UDP",
            "port": udp.port,
            "nodes": udp.nodes,
            "host": config.turn_udp_host,
            "rule": f"{turn_zone(config, udp)} UDP {udp.port}",
        }
    ]
