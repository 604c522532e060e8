"""The edge: HAProxy behind a TCP load balancer."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from config.addresses import Email, LabelName, Zone
from config.model import Label, Model

MAX_CONNECTIONS = 10_000_000  # three times the connections of the largest load balancer
STATIC_NODE_PORTS = range(30000, 30086)
"""NodePorts that Kubernetes allocates automatically only when all others are taken: the first min(max(16, 2768 / 32), 128) of
30000-32767 (KEP-3668, stable since 1.29)."""


class Tls(Model):
    """Source of the certificate."""

    mode: Literal["letsEncrypt", "selfSigned", "secret"] = "letsEncrypt"
    """`letsEncrypt`: through cert-manager. `selfSigned`: derived from the seed. `secret`: your own, in a Secret."""
    email: Email | None = None
    """Contact address for Let's Encrypt; optional."""
    staging: bool = False
    """Uses Let's Encrypt's staging environment: no rate limits, but browsers reject its certificates."""
    secret_name: Label | None = None
    """Name of a Secret of type kubernetes.io/tls in the namespace, for mode secret."""
    cert_manager: Literal["install", "existing"] = "existing"
    """`install` installs cert-manager's Helm chart; `existing` expects it in the cluster."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield `secretName` without its mode, and the reverse."""
        if self.mode == "secret" and self.secret_name is None:
            yield "secretName", "mode secret needs secretName, the Secret with tls.crt and tls.key; set it"
        if self.mode != "secret" and self.secret_name is not None:
            yield (
                "secretName",
                f"secretName {self.secret_name} is used only with mode secret, got mode {self.mode}; remove it, or set mode: secret",
            )


class Limits(Model):
    """Limits of one client address (an IPv4 address or an IPv6 /64) at one HAProxy. A whole school may share an address."""

    requests: Annotated[int, Field(ge=100, le=MAX_CONNECTIONS)] = (
        20_000  # 400 people who open a meeting in the same 10 s, 50 requests each
    )
    """Requests in 10 seconds; further ones get status 429."""
    connections: Annotated[int, Field(ge=10, le=MAX_CONNECTIONS)] = 10_000
    """Concurrent connections; further ones are closed."""


NODE_PORT_END = 32767
MAX_BALANCERS = 3
"""Zones of a region."""


class NodePorts(Model):
    """NodePorts (TCP) that the load balancer connects to.

    They are fixed because Kubernetes might otherwise allocate a bridge's port. The defaults are ports that it does not allocate
    automatically.
    """

    http: Annotated[int, Field(ge=30000, le=32767)] = 30080
    """NodePort behind port 80."""
    https: Annotated[int, Field(ge=30000, le=32767)] = 30043
    """NodePort behind port 443."""
    health: Annotated[int, Field(ge=30000, le=32767)] = 30081
    """Health check of the load balancer: whether a node runs an HAProxy."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield ports that are not distinct."""
        if len({self.http, self.https, self.health}) < len(self.named()):
            yield (
                "https" if self.https == self.http else "health",
                f"http {self.http}, https {self.https} and health {self.health} must be three different ports; "
                f"choose free ones from {STATIC_NODE_PORTS[0]}-{STATIC_NODE_PORTS[-1]}",
            )

    def named(self, number: int = 0) -> dict[str, int]:
        """Return the ports by key, of the load balancer with this number: http and health are often neighbours, so they move by two."""
        return {"http": self.http + 2 * number, "https": self.https + number, "health": self.health + 2 * number}


class Ingress(Model):
    """HAProxy behind a TCP load balancer (TCP 80 and 443 in). Media does not pass through it."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """Number of HAProxy pods."""
    load_balancer: Literal["LB-S", "LB-GP-M", "LB-GP-L", "LB-GP-XL"] = "LB-S"
    """Type of Scaleway's Load Balancer: 20 000, 50 000, 160 000 or 3 million connections."""
    zones: Annotated[tuple[Zone, ...], Field(min_length=1, max_length=MAX_BALANCERS)] | None = None
    """Zones of the load balancers, one with an address in each; by default one in the region's first. Another first zone gives the stack
    a new address. The others take `nodePorts` of their own: http + 2, https + 1 and health + 2 for the second, and so on."""
    ipv6: bool = False
    """Gives the load balancer an IPv6 address beside its IPv4 one, and its host names AAAA records. Media stays on IPv4. Turning it on
    or off replaces the load balancer."""
    tls: Tls = Tls()
    """The certificate."""
    room_table: Annotated[int, Field(ge=1000, le=MAX_CONNECTIONS)] = 100_000
    """Maximum number of open rooms, over all shards, that each HAProxy keeps in its table."""
    limits: Limits = Limits()
    """Limits per client address."""
    node_ports: NodePorts = NodePorts()
    """Ports between load balancer and nodes; choose others for a second stack in the same cluster."""
    annotations: dict[LabelName, str] = {}
    """Annotations of the load balancer's Service, for the controller that makes it; with Kapsule those that the program does not set."""
    proxy_protocol: bool = False
    """Whether the load balancer of an existing cluster sends the PROXY protocol (version 1 or 2), which tells HAProxy the addresses of
    clients. Scaleway's does by itself."""
    maintenance: bool = False
    """Serves a maintenance page instead of Jitsi's pages; open meetings continue."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a zone that is listed twice, and node ports of several load balancers that are not distinct or not NodePorts."""
        zones = self.zones or ("",)
        if len(set(zones)) < len(zones):
            yield "zones", f"{', '.join(zones)}: one load balancer in each zone is enough; list each zone once"
        ports = [port for number in range(len(zones)) for port in self.node_ports.named(number).values()]
        if len(zones) > 1 and (len(set(ports)) < len(ports) or max(ports) > NODE_PORT_END):
            yield (
                "nodePorts",
                f"{len(zones)} load balancers would take {', '.join(map(str, ports))}, which must be different ports up to {NODE_PORT_END}; leave "
                f"nodePorts out, or move http, https and health apart",
            )
