"""What the TURN relay asks of the cluster."""

from typing import Any

from config.stack import StackConfig
from config.turn import TurnUdp
from plan.signalling import PodSize

TURN_SERVICE = "coturn"
TURN_UDP = "coturn-udp"
"""Label and objects of the relay's pods that are reached over UDP."""
COTURN = PodSize(250, 256)
"""One pod's requests; a relayed packet costs two copies and no cryptography, so a whole core carries some hundred people."""
CPU_PERCENT = 60  # of the request; sessions never move, so a new pod helps only those who come after it


def relay_zone(config: StackConfig, udp: TurnUdp) -> str:
    """Where the nodes are that are reached over UDP."""
    return udp.zone or config.own_nodes_zone


def relay_ports(config: StackConfig) -> list[dict[str, Any]]:
    """The report's `relayPorts`: UDP, open on every one of the relay's nodes; nothing else is."""
    udp = config.turn.udp if config.turn else None
    if udp is None:
        return []
    return [
        {
            "component": TURN_UDP,
            "protocol": "UDP",
            "port": udp.port,
            "nodes": udp.nodes,
            "host": config.turn_udp_host,
            "rule": f"{relay_zone(config, udp)} UDP {udp.port}",
        }
    ]
