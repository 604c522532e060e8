"""Ports that pods take on their nodes: those of every part that takes media. Nothing else has host ports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from config.releases import are_counterparts
from config.stack import StackConfig
from sizing.parts import COTURN_UDP, JIGASI, JVB, PARTS
from sizing.ports import gateway_ports, host_port_slots, turn_ports


@dataclass(frozen=True, slots=True)
class HostPorts:
    """A closed range of host ports, and the two labels of the pods that take it. UDP, in from anywhere."""

    part: str
    instance: str
    first: int
    last: int
    protocol: Literal["UDP"] = "UDP"


def _bridges(config: StackConfig, _stack: str) -> Iterator[tuple[str, int, int]]:
    for shard in config.resolved:
        if shard.bridges.layout == "hostPort":
            slots = host_port_slots(shard)
            former = [other for other in config.other_set if are_counterparts(shard.name, other)]
            for name in (shard.name, *former):  # whose bridges may be replaced until its meetings are over
                yield name, slots[0].port, slots[-1].port


def _gateways(config: StackConfig, stack: str) -> Iterator[tuple[str, int, int]]:
    for ports in gateway_ports(config):
        yield stack, ports["firstPort"], ports["lastPort"]


def _turn_servers(config: StackConfig, stack: str) -> Iterator[tuple[str, int, int]]:
    for ports in turn_ports(config):
        yield stack, ports["port"], ports["port"]


_RANGES: dict[str, Callable[[StackConfig, str], Iterator[tuple[str, int, int]]]] = {
    JVB.name: _bridges,
    JIGASI.name: _gateways,
    COTURN_UDP.name: _turn_servers,
}


def host_ports(config: StackConfig, stack: str) -> tuple[HostPorts, ...]:
    """Return the host ports of the stack, in the order of `PARTS`. Empty if its pods take none.

    Raises:
        KeyError: a part of the table takes media, and its ports are unknown here.
    """
    return tuple(
        HostPorts(part.name, instance, first, last)
        for part in PARTS
        if part.takes_media
        for instance, first, last in _RANGES[part.name](config, stack)
    )
