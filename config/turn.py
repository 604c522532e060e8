"""The TURN relay: coturn, for people whose firewall lets nothing out but TLS on TCP 443, or but one UDP port."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from config.addresses import Zone
from config.bridges import MOST_KBPS
from config.cluster import check_node_type
from config.model import Cidr, Duration, HostName, Model, format_duration, lasts, refuse

KAPSULE_PODS = "100.64.0.0/15"  # Kapsule's pod range; the provider cannot change it
WIDEST_PEERS = {4: 8, 6: 32}  # shortest prefix by IP version; no pod range is wider, and what is would be the Internet
MOST_SESSIONS = 8000  # half of the ports of the relay range: coturn takes them at random
UDP_PORT = 3478  # RFC 8656: TURN over UDP
LOW_PORTS = (53, 80, 443)  # below 1024 Chrome sends TURN to no others
LAST_LOW_PORT, FIRST_NODE_PORT = 1023, 30000


def _udp_port(port: int) -> int:
    if port not in LOW_PORTS and not LAST_LOW_PORT < port < FIRST_NODE_PORT:
        raise ValueError(
            f"{port} is no port for TURN: browsers take {', '.join(map(str, LOW_PORTS))} and 1024 and above, and NodePorts begin at "
            f"{FIRST_NODE_PORT}; leave it at {UDP_PORT}, or take 443"
        )
    return port


class TurnUdp(Model):
    """coturn on nodes of its own with public addresses: people whose firewall lets out this one UDP port are spared TLS over TCP."""

    port: Annotated[int, AfterValidator(_udp_port)] = UDP_PORT
    """UDP port of those nodes, the only one that their firewall lets in; 443 passes where QUIC does."""
    host: HostName | None = None
    """Host name whose addresses are those nodes'; by default `turn-udp.` before the domain."""
    nodes: Annotated[int, Field(ge=1, le=10)] = 1
    """Nodes, with one coturn each; who finds one gone takes TCP 443."""
    node_type: str = "BASIC3-X2C-4G"
    """Type of those nodes."""
    zone: Zone | None = None
    """Zone of those nodes; by default the region's first."""

    _type = field_validator("node_type")(check_node_type)


class Turn(Model):
    """coturn in the cluster, reached through the edge as `turns:` on TCP 443, which relays to the bridges and to nobody else."""

    host: HostName | None = None
    """Host name by which TLS for TURN is told from HTTPS on the same port; by default `turn.` before the domain."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """coturn pods; the fewest where maxReplicas is larger."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] = 6
    """Most coturn pods, scaled on CPU."""
    sessions: Annotated[int, Field(ge=10, le=MOST_SESSIONS)] = 1000
    """Relayed sessions in one pod; a person behind a firewall holds one or two. What is above is refused."""
    session_kbps: Annotated[int, Field(ge=500, le=MOST_KBPS)] = 12_000  # a gallery of 25 and a shared screen
    """Most that one session carries, each way."""
    credentials: Annotated[Duration, lasts("5m", "30d")] = 86_400
    """How long a browser's credentials open new sessions; as long as somebody stays on the page, for it gets them once."""
    drain: Annotated[Duration, lasts("1m", "7d")] = 3600
    """A leaving pod waits this long for its sessions; those that are left then connect anew."""
    peers: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = None
    """Where bridges' pods have their addresses; by default Kapsule's pod range. A network policy narrows it to the bridges."""
    udp: TurnUdp | None = None
    """TURN and STUN over UDP beside it; none: no port is opened and no node is made."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.max_replicas < self.replicas:
            yield (
                "maxReplicas",
                f"maxReplicas {self.max_replicas} is below replicas {self.replicas}; raise maxReplicas or lower replicas",
            )
        for number, peers in enumerate(self.peers or ()):
            network = ipaddress.ip_network(peers)
            if network.prefixlen < WIDEST_PEERS[network.version]:
                yield (
                    f"peers[{number}]",
                    f"{peers} is wider than /{WIDEST_PEERS[network.version]}: coturn would relay to the Internet; name the pod range",
                )

    @property
    def allowed_peers(self) -> tuple[str, ...]:
        """Ranges that coturn relays to."""
        return self.peers or (KAPSULE_PODS,)

    @property
    def drain_text(self) -> str:
        """The drain's cap as the author would write it."""
        return format_duration(self.drain)


def turn_host(domain: str, turn: Turn | None) -> str | None:
    """The relay's host name; none without a relay."""
    return None if turn is None else turn.host or f"turn.{domain}"


def turn_udp_host(domain: str, turn: Turn | None) -> str | None:
    """Host name of the nodes that are reached over UDP; none without them."""
    return None if turn is None or turn.udp is None else turn.udp.host or f"turn-udp.{domain}"
