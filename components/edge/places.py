"""What the edge is made from: its shards, its HAProxies, and the addresses and paths at which everything is found."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.signalling.addresses import HTTP_PORT, JICOFO_PORT, WEB_PORT, ShardNames
from components.turn.coturn_conf import PROXIED_PORT
from plan.turn import TURN_SERVICE

HTTP_BIND_PORT = 8080  # TCP in, Service port 80
HTTPS_BIND_PORT = 8443  # TCP in, Service port 443
STATS_PORT = 8404  # TCP in, cluster only: health and metrics
SHARDS_PORT = 8405  # TCP, loopback only: what this HAProxy knows of the shards, for its own health checks
PEERS_PORT = 10000  # TCP in, between the HAProxies
ACME_SOLVER_PORT = 8089  # cert-manager's HTTP-01 solver pods

MOST_DRAWS = 16
"""Finest weight: a shard's share of new rooms is a whole number of at most 16 draws against the other shards' draws."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeShard:
    """One shard as the edge sees it. Its place among the hashes and in the table follows `slot`, never the list."""

    name: str
    slot: int
    state: str
    weight: int
    release: str = ""
    visitors: Mapping[str, str] = field(default_factory=dict)
    """Visitor nodes: value of the clients' parameter `vnode` -> host:port."""

    @property
    def number(self) -> int:
        """The server's id and what the table keeps for a room; 0 would mean none."""
        return self.slot + 1

    @property
    def bit(self) -> int:
        """The shard's bit in the set of takers that the HAProxies tell each other."""
        return 1 << self.slot


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """All that the configuration is made from, apart from where things are."""

    namespace: str
    domain: str
    shards: tuple[EdgeShard, ...]
    replicas: int
    room_table: int
    connections: int
    """Of clients, to one HAProxy, which its memory holds; further ones wait."""
    proxy_protocol: bool
    acme: bool = False
    turn_host: str | None = None
    """Server name by which TURN over TLS is told from HTTPS on the same port; none: there is no relay."""
    maintenance: bool = False
    json_logs: bool = False
    """One JSON object for each request, for what collects logs."""
    tells_shard: bool = False
    """Signalling is answered with the header X-Jitsi-Shard."""
    requests_per_address: int = 20_000
    connections_per_address: int = 10_000
    unstaffed_seconds: int = 60
    """Jicofo may restart, or its last bridge be replaced, for this long before the shard's open rooms are given up."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that the certificate covers."""
        return (self.domain, *([self.turn_host] if self.turn_host else []))

    @property
    def by_slot(self) -> tuple[EdgeShard, ...]:
        """The shards in an order that the list in the config does not change."""
        return tuple(sorted(self.shards, key=lambda shard: shard.slot))


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Addresses as host:port and paths. In the cluster they are names of Services; tests put loopback addresses here."""

    prosody: Mapping[str, str]
    jicofo: Mapping[str, str]
    web: Mapping[str, str]
    """Each by shard name."""
    peers: Mapping[str, str]
    """HAProxy's pod name -> where it takes its peers' connections, in order of the ordinals."""
    acme_solvers: Mapping[str, str]
    """By host name of the certificate."""
    coturn: str = ""
    bind: str = ""
    """Address that is listened on; none: all."""
    loopback: str = "127.0.0.1"
    run: str = "/run/haproxy"
    etc: str = "/etc/haproxy"
    tls: str = "/tls"


def peer_names(replicas: int) -> tuple[str, ...]:
    """Pod names of the StatefulSet, which are also the peers' names."""
    return tuple(f"haproxy-{number}" for number in range(replicas))


def solver_names(edge: Edge) -> tuple[str, ...]:
    """Services of cert-manager's solvers, in the order of the hosts: each solver answers for its own host alone."""
    return tuple(f"acme-solver-{number}" if number else "acme-solver" for number in range(len(edge.hosts)))


def cluster_places(edge: Edge) -> Places:
    """Services of the namespace, by full name: HAProxy resolves them with the cluster's DNS, again and again."""

    def service(component: str, port: int) -> dict[str, str]:
        return {
            shard.name: f"{ShardNames(shard.name, edge.namespace).host(component)}:{port}" for shard in edge.by_slot
        }

    inside = f"{edge.namespace}.svc.cluster.local"
    return Places(
        prosody=service("prosody", HTTP_PORT),
        jicofo=service("jicofo", JICOFO_PORT),
        web=service("web", WEB_PORT),
        peers={name: f"{name}.{inside}:{PEERS_PORT}" for name in peer_names(edge.replicas)},
        acme_solvers={
            host: f"{name}.{inside}:{ACME_SOLVER_PORT}"
            for name, host in zip(solver_names(edge), edge.hosts, strict=True)
        },
        coturn=f"{TURN_SERVICE}.{inside}:{PROXIED_PORT}",
    )


def draws(shards: tuple[EdgeShard, ...]) -> dict[str, int]:
    """How many hashes each shard throws for a room; the highest of all wins, so shares follow the weights.

    Equal weights throw once each. Where the weights have no small common measure they are rounded to sixteenths of the
    largest, and nobody throws less than once. A raised weight only adds throws: rooms move to that shard, never between
    two others.
    """
    if not shards:
        return {}
    weights = {shard.name: shard.weight for shard in shards}
    measure = math.gcd(*weights.values())
    if max(weights.values()) // measure > MOST_DRAWS:
        largest = max(weights.values())
        weights = {name: max(1, round(weight * MOST_DRAWS / largest)) for name, weight in weights.items()}
        measure = math.gcd(*weights.values())
    return {name: weight // measure for name, weight in weights.items()}
