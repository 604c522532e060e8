"""Jigasi's gateways: their ports, their size, their nodes."""

from typing import Any

from config.jigasi import Sip
from config.stack import StackConfig
from plan.signalling import PodSize

HEAP_MIB = 1024
GATEWAY = PodSize(1000, 2048)
"""Assumed: 25 calls, each decoded, mixed and encoded, take less than a core. Twice the heap, as media is handled outside of it."""
TRANSCRIBER = PodSize(500, 2048)


def gateway_zone(config: StackConfig, sip: Sip) -> str:
    """Where the gateways' nodes are."""
    return sip.zone or config.own_nodes_zone


def gateway_ports(config: StackConfig) -> list[dict[str, Any]]:
    """The report's `gatewayPorts`: UDP, open on every gateway's node; nothing else is."""
    sip = config.jigasi.sip if config.jigasi else None
    if sip is None:
        return []
    zone = gateway_zone(config, sip)
    return [
        {
            "component": "jigasi",
            "protocol": "UDP",
            "firstPort": sip.first_port,
            "lastPort": sip.last_port,
            "gateways": sip.replicas,
            "calls": sip.calls * sip.replicas,
            "rule": f"{zone} UDP {sip.first_port}-{sip.last_port}",
        }
    ]
