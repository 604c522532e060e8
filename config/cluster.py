"""The Kubernetes cluster: Kapsule, or one that is already there."""

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.model import Cidr, Model, nearest
from config.node_types import NODE_TYPES, REFUSED

POD_CIDR = "100.64.0.0/15"  # Kapsule's default for pod_cidr
SERVICE_CIDR = "10.32.0.0/20"  # Kapsule's default for service_cidr
RESERVED_CIDR = "198.18.0.0/15"  # kept by Scaleway for its own services
PRIVATE_CIDRS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # RFC 1918
SMALLEST_PREFIX = 22  # "Private Network subnets are too short" is the API's answer to anything smaller

NODE_LIMITS = {"kapsule": 150, "kapsule-dedicated-4": 250, "kapsule-dedicated-8": 500, "kapsule-dedicated-16": 500}
"""Most nodes of one cluster, by control plane (Scaleway, control plane offers)."""
MOST_NODES = max(NODE_LIMITS.values())

_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")


def check_node_type(name: str) -> str:
    """The name itself when Kapsule makes pools of it.

    Raises:
        ValueError: the type is refused by Kapsule, or not in the list; the nearest one is named.
    """
    if name in REFUSED:
        raise ValueError(f"{name} cannot make a pool: {REFUSED[name]}; take DEV1-M or larger")
    if name not in NODE_TYPES:
        raise ValueError(f"{name} is not a node type that Kapsule offers; {nearest(name, NODE_TYPES)}")
    return name


class AutoUpgrade(Model):
    """Patch upgrades by Scaleway, in a window of two hours."""

    day: Literal["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    """Day of the window."""
    hour: Annotated[int, Field(ge=0, le=23)]
    """Start of the window, UTC."""


class SystemPool(Model):
    """The pool for everything but media."""

    node_type: str = "PRO2-XXS"
    """Instance type."""
    min: Annotated[int, Field(ge=1, le=MOST_NODES)] = 1
    """Fewest nodes."""
    max: Annotated[int, Field(ge=1, le=MOST_NODES)] = 3
    """Most nodes."""

    _type = field_validator("node_type")(check_node_type)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}; raise max or lower min")
        return self


class Cluster(Model):
    """`kapsule` makes a cluster with its network and pools; `existing` takes the one of the secret `jitsi:kubeconfig`."""

    kind: Literal["kapsule", "existing"] = "kapsule"
    """`existing`: no Scaleway resource is made."""
    version: str = "1.35.3"
    """Full version without autoUpgrade, minor version with it."""
    auto_upgrade: AutoUpgrade | None = None
    """Window in which Scaleway installs patch versions."""
    control_plane: Literal["kapsule", "kapsule-dedicated-4", "kapsule-dedicated-8", "kapsule-dedicated-16"] = "kapsule"
    """`kapsule` is shared and free: 150 nodes, no SLA. Dedicated ones: 250 or 500 nodes, 99.5 %."""
    private_network: Cidr = "172.16.0.0/22"
    """Nodes' private addresses: /22 or larger, disjoint from pods (100.64.0.0/15) and Services (10.32.0.0/20)."""
    system: SystemPool = SystemPool()
    """The pool for everything but media."""
    allowed_ips: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = None
    """Ranges that may reach the API server; none given: all."""

    @field_validator("private_network")
    @classmethod
    def _usable_by_kapsule(cls, cidr: str) -> str:
        network = ipaddress.ip_network(cidr)
        if not isinstance(network, ipaddress.IPv4Network) or network.prefixlen > SMALLEST_PREFIX:
            raise ValueError(
                f"privateNetwork {cidr} is too small: Kapsule needs /{SMALLEST_PREFIX} or larger (IPv4); "
                "take for example 172.16.0.0/22"
            )
        for taken, owner in ((POD_CIDR, "pods"), (SERVICE_CIDR, "Services"), (RESERVED_CIDR, "Scaleway itself")):
            if network.overlaps(ipaddress.ip_network(taken)):
                raise ValueError(
                    f"privateNetwork {cidr} overlaps {taken}, the range of {owner}; take another private range"
                )
        if not any(network.subnet_of(ipaddress.IPv4Network(private)) for private in PRIVATE_CIDRS):
            raise ValueError(
                f"privateNetwork {cidr} is no private range: nodes would answer in place of whoever has those addresses; take one of "
                f"{', '.join(PRIVATE_CIDRS)} (RFC 1918), such as 172.16.0.0/22"
            )
        return cidr

    @model_validator(mode="after")
    def _version_follows_auto_upgrade(self) -> Self:
        if not _VERSION.fullmatch(self.version):
            raise ValueError(
                f'version "{self.version}" is not a Kubernetes version; write "1.35.3" (or "1.35" with autoUpgrade)'
            )
        full = self.version.count(".") == 2  # noqa: PLR2004
        minor = ".".join(self.version.split(".")[:2])
        if self.auto_upgrade and full:
            raise ValueError(
                f'version "{self.version}" is a full version, but autoUpgrade moves the patch; '
                f'write version: "{minor}", or leave autoUpgrade out'
            )
        if not self.auto_upgrade and not full and self.kind == "kapsule":
            raise ValueError(
                f'version "{self.version}" is a minor version, which needs autoUpgrade; '
                f'write a full version such as "{minor}.3", or add autoUpgrade: {{day: sunday, hour: 3}}'
            )
        return self
