"""Inputs of the edge's configuration: shards, HAProxies, addresses and paths."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.turn.coturn_conf import PROXIED_PORT
from config.cluster import CLUSTER_DOMAIN, POD_CIDR
from sizing.addresses import HTTP_PORT, JICOFO_PORT, WEB_PORT, ShardNames, service_host
from sizing.edge_shards import EdgeShard
from sizing.parts import COTURN, HAPROXY

HTTP_BIND_PORT = HAPROXY.port("http")
HTTPS_BIND_PORT = HAPROXY.port("https")
STATS_PORT = HAPROXY.port("stats")
SHARDS_PORT = HAPROXY.port("shards")
PEERS_PORT = HAPROXY.port("peers")
ACME_SOLVER_PORT = 8089  # cert-manager's HTTP-01 solver pods


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """Settings of the edge. Addresses and paths are in `Endpoints`."""

    namespace: str
    domain: str
    dns_domain: str = CLUSTER_DOMAIN
    shards: tuple[EdgeShard, ...]
    replicas: int
    room_table: int
    connections: int
    """Maximum client connections of one HAProxy, for which its memory is sized; further ones wait in the backlog."""
    proxy_protocol: bool
    pods: str | None = POD_CIDR
    """Range of pods, None if it is not known. With the PROXY protocol, a connection from one comes without a header, so that no pod can claim an address."""
    acme: bool = False
    turn_host: str | None = None
    """TLS server name (SNI) that selects TURN instead of HTTPS. None without TURN."""
    aliases: tuple[str, ...] = ()
    """Further host names, whose requests are led to `domain`."""
    probed: bool = False
    """Answer the name servers, which give out the addresses at which HAProxy answers."""
    maintenance: bool = False
    json_logs: bool = False
    """Log one JSON object for each request, for a log collector."""
    tells_shard: bool = False
    """Answer signalling requests with the header X-Jitsi-Shard."""
    requests_per_address: int = 20_000
    connections_per_address: int = 10_000
    unstaffed_seconds: int = 60
    """Seconds that a shard may have no jicofo that answers, or no bridge at all, before its open rooms move to other shards."""

    @property
    def balanced(self) -> list[str]:
        """Lines of a frontend on a public port: only the load balancer and nodes send PROXY headers."""
        spared = f" unless {{ src {self.pods} }}" if self.pods else ""
        return [f"    tcp-request connection expect-proxy layer4{spared}"] * self.proxy_protocol

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names of the certificate."""
        return (self.domain, *([self.turn_host] if self.turn_host else []), *self.aliases)

    @property
    def by_slot(self) -> tuple[EdgeShard, ...]:
        """Shards ordered by slot, so that reordering the config changes nothing."""
        return tuple(sorted(self.shards, key=lambda shard: shard.slot))


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Addresses (`host:port`) and paths. In the cluster they are Services; tests use loopback addresses."""

    prosody: Mapping[str, str]
    jicofo: Mapping[str, str]
    web: Mapping[str, str]
    """By shard name, as are `prosody` and `jicofo`."""
    peers: Mapping[str, str]
    """HAProxy's pod name -> address for its peers, in order of the ordinals."""
    acme_solvers: Mapping[str, str]
    """By host name of the certificate."""
    coturn: str = ""
    bind: str = ""
    """Address to listen on. Empty for all."""
    loopback: str = "127.0.0.1"
    run: str = "/run/haproxy"
    etc: str = "/etc/haproxy"
    tls: str = "/tls"


def peer_names(replicas: int) -> tuple[str, ...]:
    """Pod names of the StatefulSet, which name the peers too."""
    return tuple(f"haproxy-{number}" for number in range(replicas))


def solver_names(edge: Edge) -> tuple[str, ...]:
    """Services of cert-manager's solvers in the order of `Edge.hosts`. A solver answers for one host only."""
    return tuple(f"acme-solver-{number}" if number else "acme-solver" for number in range(len(edge.hosts)))


def cluster_endpoints(edge: Edge) -> Endpoints:
    """Addresses of the namespace's Services by fully qualified name, which HAProxy keeps resolving with the cluster's DNS."""

    def service(component: str, port: int) -> dict[str, str]:
        return {
            shard.name: f"{ShardNames(shard.name, edge.namespace, edge.dns_domain).host(component)}:{port}"
            for shard in edge.by_slot
        }

    def inside(service: str, port: int) -> str:
        return f"{service_host(service, edge.namespace, edge.dns_domain)}:{port}"

    return Endpoints(
        prosody=service("prosody", HTTP_PORT),
        jicofo=service("jicofo", JICOFO_PORT),
        web=service("web", WEB_PORT),
        peers={name: inside(name, PEERS_PORT) for name in peer_names(edge.replicas)},
        acme_solvers={
            host: inside(name, ACME_SOLVER_PORT) for name, host in zip(solver_names(edge), edge.hosts, strict=True)
        },
        coturn=inside(COTURN.name, PROXIED_PORT),
    )
