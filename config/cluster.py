"""The Kubernetes cluster: a new Kapsule cluster, or an existing one."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.addresses import Zone
from config.model import Cidr, Model, matching, natural
from config.node_type_names import OWN_TYPES, NodeSize, NodeTypeName, OwnTypeName
from config.node_types import NODE_TYPES, PRICES_AS_OF, REFUSED, VERSIONS

POD_CIDR = "100.64.0.0/15"  # Kapsule's default for pod_cidr
SERVICE_CIDR = "10.32.0.0/20"  # Kapsule's default for service_cidr
RESERVED_CIDR = "198.18.0.0/15"  # reserved by Scaleway for its own services
PRIVATE_CIDRS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # RFC 1918
SMALLEST_PREFIX = 22  # the API answers "Private Network subnets are too short" below it

MIN_KUBERNETES = "1.30"
"""ValidatingAdmissionPolicy is `v1` since 1.30; sidecars (restartable init containers) are enabled by default since 1.29."""

NEWEST_KUBERNETES = "1.37"
"""Newest minor version whose kinds and fields are known (plan/resources/kubernetes_fields.json): the one after those that Kapsule offers."""

CLUSTER_DOMAIN = "cluster.local"  # kubeadm's and Kapsule's default of kubelet's clusterDomain

NODE_LIMITS = {"kapsule": 150, "kapsule-dedicated-4": 250, "kapsule-dedicated-8": 500, "kapsule-dedicated-16": 500}
"""Maximum number of nodes by control plane (Scaleway, control plane offers)."""
MAX_NODES = max(NODE_LIMITS.values())
SYSTEM_NODES = 3
"""Minimum of `cluster.system.max`, unless it is set."""

Kind = Literal["kapsule", "existing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    """What config, sizing and plan ask of a cluster kind. What it creates is in `components/place/clouds.py`."""

    creates_cluster: bool
    """Whether the stack creates the cluster, its firewalls and its public address; otherwise it needs the secret `jitsi:kubeconfig`."""
    owns_nodes: bool
    """Whether the stack has nodes of its own, a pool for each role, and pays for them."""


CLOUDS: dict[Kind, Cloud] = {
    "kapsule": Cloud(creates_cluster=True, owns_nodes=True),
    "existing": Cloud(creates_cluster=False, owns_nodes=False),
}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NETWORK_ID = re.compile(rf"([a-z]{{2}}-[a-z]{{3}}/)?{_UUID.pattern}")
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")


def _private_network(text: str) -> str:
    if _NETWORK_ID.fullmatch(text):
        return text
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"an address range such as 172.16.0.0/22 is needed, or the ID of a private network such as "
            f"fr-par/11111111-2222-3333-4444-555555555555; {error}"
        ) from None
    if not isinstance(network, ipaddress.IPv4Network) or network.prefixlen > SMALLEST_PREFIX:
        raise ValueError(
            f"privateNetwork {text} is too small: Kapsule needs /{SMALLEST_PREFIX} or larger (IPv4); for example 172.16.0.0/22"
        )
    for taken, owner in ((POD_CIDR, "pods"), (SERVICE_CIDR, "Services"), (RESERVED_CIDR, "Scaleway itself")):
        if network.overlaps(ipaddress.ip_network(taken)):
            raise ValueError(f"privateNetwork {text} overlaps {taken}, the range of {owner}; use another private range")
    if not any(network.subnet_of(ipaddress.IPv4Network(private)) for private in PRIVATE_CIDRS):
        raise ValueError(
            f"privateNetwork {text} is no private range, so nodes could not reach the owners of those addresses; use a part of "
            f"{', '.join(PRIVATE_CIDRS)} (RFC 1918), such as 172.16.0.0/22"
        )
    return text


PrivateNetwork = Annotated[str, AfterValidator(_private_network)]


Version = Annotated[str, matching(_VERSION, 'a Kubernetes version is "1.35.3", or "1.35" with autoUpgrade, in quotes')]


_DOMAIN = re.compile(
    r"(?=.{1,200}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*"
)  # RFC 1123


def _cluster_domain(text: str) -> str:
    if _DOMAIN.fullmatch(text) and not text.startswith("svc."):
        return text
    meant = text.strip(". ").lower().removeprefix("svc.")
    hint = f"; did you mean {meant}?" if _DOMAIN.fullmatch(meant) else ""
    raise ValueError(
        f"the cluster's DNS domain is what follows NAMESPACE.svc, such as {CLUSTER_DOMAIN}; got {text!r}{hint}"
    )


def _whole_range(text: str) -> str:
    if "/" not in text:
        raise ValueError(f"{text} is one address, and pods have a range; write the range, such as {text}/16")
    return text


class AutoUpgrade(Model):
    """Patch upgrades by Scaleway in a two-hour window."""

    day: Literal["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    """Day of the window."""
    hour: Annotated[int, Field(ge=0, le=23)]
    """Start of the window, UTC."""


class RootVolume(Model):
    """Root volume of each node of a pool. A change replaces the pool; bridges move to the new one first."""

    size: Annotated[int, Field(ge=20, le=10_000)] = 20  # Kapsule refuses less; the largest Block Storage volume
    """Size in GB. Images, logs and `emptyDir` volumes are on it."""
    type: Literal["sbs_5k", "sbs_15k"] = "sbs_5k"
    """Block Storage of up to 5000 or 15 000 operations a second."""


class SystemPool(Model):
    """The pool for everything except media, in each zone that needs one."""

    node_type: NodeTypeName = "PRO2-XXS"
    """Node type."""
    min: Annotated[int, Field(ge=1, le=MAX_NODES)] = 1
    """Minimum number of nodes."""
    max: Annotated[int, Field(ge=1, le=MAX_NODES)] | None = None
    """Maximum number of nodes; by default as many as the pods of all shards need, at least 3."""
    root_volume: RootVolume | None = None
    """Root volume of its nodes; by default Kapsule's, 20 GB."""
    zone: Zone | None = None
    """Zone of the first system pool, and so of Prometheus and of what no shard has of its own; by default the region's first. Another
    zone replaces the pool, and volumes stay in the old one. Each other zone with shards has a pool of the same nodeType for their
    signalling (`shards[].pinned`), as small as its pods allow; `min` and `max` are those of the first."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield `min` above `max`."""
        if self.max is not None and self.min > self.max:
            yield "min", f"min {self.min} is above max {self.max}; raise max or lower min"


class Cluster(Model):
    """The cluster that the stack creates or uses."""

    kind: Kind = "kapsule"
    """`kapsule` creates a cluster with its network and pools. `existing` uses the cluster of the secret `jitsi:kubeconfig` and creates no
    Scaleway resources."""
    version: Version = "1.35.3"
    """Kubernetes version: full without autoUpgrade, minor with it."""
    auto_upgrade: AutoUpgrade | None = None
    """Window in which Scaleway installs patch versions."""
    control_plane: Literal["kapsule", "kapsule-dedicated-4", "kapsule-dedicated-8", "kapsule-dedicated-16"] = "kapsule"
    """`kapsule` is shared and free: up to 150 nodes, no SLA. Dedicated: up to 250 (-4) or 500 nodes, SLA of 99.5 %."""
    private_network: PrivateNetwork = "172.16.0.0/22"
    """Private address range of the nodes: /22 or larger, disjoint from pods (100.64.0.0/15) and Services (10.32.0.0/20); or the ID of
    an existing private network, `fr-par/11111111-2222-3333-4444-555555555555`. Another network replaces the cluster."""
    system: SystemPool = SystemPool()
    """The pool for everything except media."""
    allowed_ips: Annotated[tuple[Cidr, ...], Field(min_length=1)] | None = None
    """Address ranges that may reach the API server; by default all."""
    domain: Annotated[str, AfterValidator(_cluster_domain)] = CLUSTER_DOMAIN
    """DNS domain of the cluster (kubelet's clusterDomain), for an existing cluster with another than `cluster.local`."""
    pod_range: Annotated[Cidr, AfterValidator(_whole_range)] | None = None
    """Address range of the pods of an existing cluster. With `ingress.proxyProtocol`, connections from it come without a PROXY header, so
    that no pod can claim the address of a client."""
    api_port: Annotated[int, Field(ge=1, le=65535)] = 6443
    """TCP port of the API server itself, as `kubectl get endpoints kubernetes` shows it. Network policies let pods that need it send there
    and to 443."""
    node_types: dict[OwnTypeName, NodeSize] = {}
    """Name -> size and price of node types that `config/scaleway.json` lacks: `{NEW1-S: {cpu: 4, memory: 8}}`."""
    admission_policy: bool = True
    """Where bridges, telephones or TURN over UDP take host ports, an admission policy of the cluster allows them to exactly these pods and
    enforces the rest of the restricted pod security standard. Off, nothing is enforced in such a namespace."""

    def holds(self, host: str) -> bool:
        """Return whether a host name is a Service of the cluster, with its namespace."""
        return host.endswith((".svc", f".svc.{self.domain}"))

    @property
    def pods(self) -> str | None:
        """Range of pods; None if it is not known."""
        return POD_CIDR if self.is_kapsule else self.pod_range

    @property
    def is_kapsule(self) -> bool:
        """Whether it is at Scaleway, with its zones, versions, quotas, load balancers and buckets."""
        return self.kind == "kapsule"

    @property
    def creates_cluster(self) -> bool:
        """`Cloud.creates_cluster` of its kind."""
        return CLOUDS[self.kind].creates_cluster

    @property
    def owns_nodes(self) -> bool:
        """`Cloud.owns_nodes` of its kind."""
        return CLOUDS[self.kind].owns_nodes

    @property
    def network_id(self) -> tuple[str | None, str] | None:
        """Region, if it is written, and UUID of the existing private network; None if the stack creates one."""
        region, _, uuid = self.private_network.rpartition("/")
        return (region or None, uuid) if _UUID.fullmatch(uuid) else None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a version that does not go with `autoUpgrade`, a domain and pods that Kapsule does not have, and node types that need no entry."""
        for name in sorted(set(self.node_types) & {*NODE_TYPES, *REFUSED}):
            yield (
                f"{OWN_TYPES}.{name}",
                f"{name} is on Scaleway's list of {PRICES_AS_OF}; remove the entry, or read the list anew: python -m local catalogue",
            )
        if self.is_kapsule and self.domain != CLUSTER_DOMAIN:
            yield (
                "domain",
                f"{self.domain}, but Kapsule's DNS domain is {CLUSTER_DOMAIN}; remove domain, or did you mean jitsi:domain, the name of the "
                "meetings?",
            )
        if self.is_kapsule and self.pod_range is not None:
            yield "podRange", f"{self.pod_range}, but Kapsule's pods are in {POD_CIDR}; remove podRange"
        full = self.version.count(".") == 2  # noqa: PLR2004
        minor = ".".join(self.version.split(".")[:2])
        if natural(minor) < natural(MIN_KUBERNETES):
            yield (
                "version",
                f'version "{self.version}" is below {MIN_KUBERNETES}, whose admission policies and sidecars the bridges need; '
                f'write the version of the cluster, such as "{VERSIONS[0] if full else VERSIONS[0].rpartition(".")[0]}"',
            )
        if self.auto_upgrade and full:
            yield (
                "version",
                f'version "{self.version}" is a full version, but autoUpgrade changes the patch version; '
                f'write version: "{minor}", or remove autoUpgrade',
            )
        if not self.auto_upgrade and not full and self.is_kapsule:
            yield (
                "version",
                f'version "{self.version}" is a minor version, which needs autoUpgrade; '
                f'write a full version such as "{minor}.3", or add autoUpgrade: {{day: sunday, hour: 3}}',
            )
