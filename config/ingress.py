"""The edge: HAProxy behind a TCP load balancer."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.addresses import Email
from config.model import Label, Model

MOST_AT_ONCE = 10_000_000  # three times the connections of the largest load balancer
STATIC_NODE_PORTS = range(30000, 30086)
"""NodePorts that Kubernetes hands to nobody who asks for none in particular, unless all others are taken: the first
min(max(16, 2768 / 32), 128) of 30000-32767 (KEP-3668, stable since 1.29)."""


class Tls(Model):
    """Where the certificate comes from."""

    mode: Literal["letsEncrypt", "selfSigned", "secret"] = "letsEncrypt"
    """`letsEncrypt` through cert-manager, `selfSigned` from the seed, `secret` your own."""
    email: Email | None = None
    """Let's Encrypt's contact for expiry warnings; optional there too."""
    staging: bool = False
    """Let's Encrypt's staging servers: no rate limits, certificates that browsers refuse."""
    secret_name: Label | None = None
    """Secret of type kubernetes.io/tls in the namespace, for mode secret."""
    cert_manager: Literal["install", "existing"] = "existing"
    """`install` adds cert-manager's chart; `existing` expects it in the cluster."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mode == "secret" and self.secret_name is None:
            raise ValueError("tls mode secret needs secretName, the Secret with tls.crt and tls.key")
        if self.mode != "secret" and self.secret_name is not None:
            raise ValueError(f"secretName {self.secret_name} is read only with tls mode secret; mode is {self.mode}")
        return self


class Limits(Model):
    """What one address may ask of one HAProxy: an IPv4 address, or an IPv6 /64. A whole school may stand behind one."""

    requests: Annotated[int, Field(ge=100, le=MOST_AT_ONCE)] = (
        20_000  # 400 people who open a meeting in the same 10 s, 50 requests each
    )
    """Requests within 10 seconds; what is above is answered with 429."""
    connections: Annotated[int, Field(ge=10, le=MOST_AT_ONCE)] = 10_000
    """Connections at once; what is above is closed."""


class NodePorts(Model):
    """TCP ports of the nodes that the load balancer speaks to.

    They are fixed because Kubernetes would take any free NodePort, and so now and then one that belongs to a bridge; the
    defaults are of those that it hands to nobody.
    """

    http: Annotated[int, Field(ge=30000, le=32767)] = 30080
    """Behind port 80."""
    https: Annotated[int, Field(ge=30000, le=32767)] = 30043
    """Behind port 443."""
    health: Annotated[int, Field(ge=30000, le=32767)] = 30081
    """Where a node says whether it has an HAProxy of its own."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({self.http, self.https, self.health}) < len(self.named()):
            raise ValueError(
                f"http {self.http}, https {self.https} and health {self.health} must be three ports; "
                f"take free ones of {STATIC_NODE_PORTS[0]}-{STATIC_NODE_PORTS[-1]}"
            )
        return self

    def named(self) -> dict[str, int]:
        """Key -> port."""
        return {"http": self.http, "https": self.https, "health": self.health}


class Ingress(Model):
    """HAProxy's replicas and load balancer. TCP 80 and 443 in; media never passes here."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """HAProxy pods."""
    load_balancer: Literal["LB-S", "LB-GP-M", "LB-GP-L", "LB-GP-XL"] = "LB-S"
    """Scaleway's size: 20 000, 50 000, 160 000 or 3 million connections."""
    tls: Tls = Tls()
    """The certificate."""
    room_table: Annotated[int, Field(ge=1000, le=MOST_AT_ONCE)] = 100_000
    """Open rooms that every HAProxy remembers, over all shards."""
    limits: Limits = Limits()
    """Per client address."""
    node_ports: NodePorts = NodePorts()
    """Between load balancer and nodes; another stack in the same cluster needs others."""
    maintenance: bool = False
    """Shows a maintenance page instead of Jitsi's pages; open meetings go on."""
