"""The TURN relay (coturn), for people whose firewall allows only TLS on TCP 443, or only one UDP port."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.addresses import LAST_PORT, Zone
from config.cluster import RootVolume
from config.limits import MAX_KBPS
from config.model import Cidr, Duration, HostName, Model, between, format_duration
from config.node_type_names import NodeTypeName

KAPSULE_PODS = "100.64.0.0/15"  # Kapsule's pod range; the provider cannot change it
WIDEST_PEERS = {4: 8, 6: 32}  # shortest prefix by IP version; no pod range is wider
MAX_SESSIONS = 8000  # half of the relay range's ports, which coturn picks at random
UDP_PORT = 3478  # RFC 8656: TURN over UDP and TCP
TLS_PORT = 5349  # RFC 8656: TURN over TLS
HTTPS_PORT = 443  # on which the edge tells TURN from HTTPS
LOW_PORTS = (53, 80, 443)  # the only ports below 1024 that Chrome uses for TURN
LAST_LOW_PORT, FIRST_NODE_PORT = 1023, 30000


def _udp_port(port: int) -> int:
    if port not in LOW_PORTS and not LAST_LOW_PORT < port < FIRST_NODE_PORT:
        raise ValueError(
            f"{port} cannot be a TURN port: browsers use {', '.join(map(str, LOW_PORTS))} and 1024 or above, and NodePorts begin at "
            f"{FIRST_NODE_PORT}; keep {UDP_PORT}, or use 443"
        )
    return port


class TurnUdp(Model):
    """coturn on dedicated nodes with public addresses, for people whose firewall allows this UDP port: faster than TLS over TCP."""

    port: Annotated[int, AfterValidator(_udp_port)] = UDP_PORT
    """UDP port of these nodes, the only one that their firewall allows; 443 passes wherever QUIC does."""
    host: HostName | None = None
    """Host name of these nodes; by default `turn-udp.` before the domain."""
    nodes: Annotated[int, Field(ge=1, le=10)] = 1
    """Number of nodes, with one coturn each. If one is gone, its clients use TCP 443."""
    node_type: NodeTypeName = "BASIC3-X2C-4G"
    """Node type."""
    root_volume: RootVolume | None = None
    """Root volume of each node; by default Kapsule's, 20 GB."""
    zone: Zone | None = None
    """Zone of the nodes; by default the region's first."""


def _client_port(port: int) -> int:
    if port not in LOW_PORTS and not LAST_LOW_PORT < port <= LAST_PORT:
        raise ValueError(
            f"{port} cannot be a TURN port: browsers use {', '.join(map(str, LOW_PORTS))} and 1024 to {LAST_PORT}; use {UDP_PORT}, "
            f"{TLS_PORT} or 443"
        )
    return port


class TurnServer(Model):
    """A TURN server that is not this stack's, with one of the ways to it."""

    host: HostName
    """Host name of the server."""
    transport: Literal["udp", "tcp", "tls"]
    """How browsers reach it."""
    port: Annotated[int, AfterValidator(_client_port)] | None = None
    """Port; by default 3478, with tls 5349. The image takes one port for all servers with tls, and one for all others."""

    @property
    def number(self) -> int:
        """The port."""
        return self.port or (TLS_PORT if self.transport == "tls" else UDP_PORT)


class Turn(Model):
    """coturn in the cluster, reached through the edge as `turns:` on TCP 443. It relays to the bridges only. Or servers of your own."""

    servers: Annotated[tuple[TurnServer, ...], Field(min_length=1)] | None = None
    """Your own TURN servers, in place of coturn in the cluster; they share the secret `jitsi:turnSecret` (coturn: static-auth-secret)."""

    host: HostName | None = None
    """Host name (SNI) that tells TURN from HTTPS on the same port; by default `turn.` before the domain."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """Number of coturn pods; the minimum if maxReplicas is larger."""
    max_replicas: Annotated[int, Field(ge=1, le=50)] = 6
    """Maximum number of coturn pods, scaled on CPU."""
    sessions: Annotated[int, Field(ge=10, le=MAX_SESSIONS)] = 1000
    """Maximum relayed sessions per pod; further ones are refused. A person behind a firewall holds one or two."""
    session_kbps: Annotated[int, Field(ge=500, le=MAX_KBPS)] = 12_000  # a gallery of 25 and a shared screen
    """Maximum bitrate of one session in each direction."""
    credentials: Annotated[Duration, between("5m", "30d")] = 86_400
    """Lifetime of a browser's credentials. Choose it as long as people stay on the page, since a page gets them once."""
    drain: Annotated[Duration, between("1m", "7d")] = 3600
    """Maximum time that a terminating pod waits for its sessions; the remaining ones then reconnect."""
    peers: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = None
    """Pod range of the bridges; by default Kapsule's. A network policy narrows it to the bridges."""
    udp: TurnUdp | None = None
    """TURN and STUN over UDP as well; off unless set."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield replicas above their maximum, peers that are no pod range, and servers that the image cannot announce."""
        yield from self._servers()
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
                    f"{peers} is wider than /{WIDEST_PEERS[network.version]}, so coturn would relay to the Internet; use the pod range",
                )

    def _servers(self) -> Iterator[tuple[str, str]]:
        """The image announces every host without TLS over every transport, at one port, and every host with TLS at another."""
        if not self.servers:
            return
        for name in sorted(self.model_fields_set - {"servers", "credentials"}):
            key = str(type(self).model_fields[name].alias)
            yield key, f"{key} is of coturn in the cluster, and servers are used in its place; remove {key}, or servers"
        for secured in (False, True):
            alike = [(n, one) for n, one in enumerate(self.servers) if (one.transport == "tls") == secured]
            for number, one in alike:
                first = alike[0][1]
                if one.number != first.number:
                    yield (
                        f"servers[{number}].port",
                        f"{one.number}, but the image takes one port for all servers {'with' if secured else 'without'} tls, and "
                        f"{first.host} has {first.number}; use the same port",
                    )
            ways = [(one.host, one.transport) for _, one in alike]
            for host in dict.fromkeys(host for host, _ in ways):
                if missing := [way for way in dict.fromkeys(way for _, way in ways) if (host, way) not in ways]:
                    yield (
                        "servers",
                        f"{host} lacks {' and '.join(missing)}, but the image announces each server over every transport of the others; add "
                        f"{{host: {host}, transport: {missing[0]}}}, or remove {missing[0]} from the others",
                    )
            for number, (_, one) in enumerate(alike):
                if ways.index((one.host, one.transport)) < number:
                    yield "servers", f"{one.host} is listed twice with transport {one.transport}; remove one of them"

    @property
    def allowed_peers(self) -> tuple[str, ...]:
        """Address ranges that coturn relays to."""
        return self.peers or (KAPSULE_PODS,)

    @property
    def drain_text(self) -> str:
        """The maximum drain time as text."""
        return format_duration(self.drain)


def turn_host(domain: str, turn: Turn | None) -> str | None:
    """Return the host name of coturn behind the edge; None without it."""
    return None if turn is None or turn.servers else turn.host or f"turn.{domain}"


def announced(domain: str, turn: Turn | None) -> tuple[TurnServer, ...]:
    """Return the TURN servers that browsers are told: the stack's own, or those of the config."""
    if turn is None or turn.servers:
        return (turn.servers or ()) if turn else ()
    own = [TurnServer(host=turn.host or f"turn.{domain}", transport="tls", port=HTTPS_PORT)]
    if turn.udp and (host := turn_udp_host(domain, turn)):
        own.append(TurnServer(host=host, transport="udp", port=turn.udp.port))
    return tuple(own)


def turn_udp_host(domain: str, turn: Turn | None) -> str | None:
    """Return the host name of the nodes that carry TURN over UDP; None without them."""
    return None if turn is None or turn.udp is None else turn.udp.host or f"turn-udp.{domain}"
