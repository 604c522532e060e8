"""What Scaleway offers for Kapsule: regions, zones, Kubernetes versions and node types with size, network and price.

Data: `scaleway.json`, the answers of the public `GET /instance/v1/zones/{zone}/products/servers` and of
`GET /k8s/v1/regions/{region}/versions` by `python -m local catalogue`, which writes it anew. Prices are EUR per hour without
the public IPv4 address and the root volume; bandwidth is the internet side, in Mbit/s.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CATALOGUE: dict[str, Any] = json.loads(Path(__file__).with_name("scaleway.json").read_text(encoding="utf-8"))

PRICES_AS_OF: str = _CATALOGUE["asOf"]
VERSIONS: tuple[str, ...] = tuple(_CATALOGUE["versions"])
"""Kubernetes versions of Kapsule, newest first, as recorded on `VERSIONS_AS_OF`."""
VERSIONS_AS_OF: str = _CATALOGUE["versionsAsOf"]
ZONES: dict[str, tuple[str, ...]] = {region: tuple(zones) for region, zones in _CATALOGUE["zones"].items()}

ZONES_WITHOUT_BALANCERS = ("fr-par-3", "it-mil-1")
"""Zones without load balancers: scaleway-sdk-go's api/lb/v1 (`ZonedAPI.Zones`) lists neither, read at 070c7c66."""

SMALLEST_GIB = 4  # of the types that Kapsule takes: DEV1-M, PLAY2-NANO
_TOO_SMALL = "Kapsule refuses it, as it is too small for the node's own services"
REFUSED = {name: _TOO_SMALL for name, row in _CATALOGUE["nodeTypes"].items() if row["memory"] < SMALLEST_GIB} | {
    name: "its Instances run Windows" for name in _CATALOGUE["nodeTypes"] if name.endswith("-WIN")
}
"""Types that are no node types, and why. Kapsule's documentation names DEV1-S, PLAY2-PICO and STARDUST1-S."""

_SHARED_CORES = ("BASIC2", "BASIC3", "DEV1", "GP1", "PLAY2", "PRO2", "STANDARD2", "START1", "VC1L", "VC1M", "X64")
_SIZES = re.compile(r"-[AX]?(\d+)C-(\d+)G")


def first_zone(region: str) -> str:
    """The region's first zone, where everything is that names no zone of its own."""
    return f"{region}-1"


def is_listed(zone: str) -> bool:
    """Whether a list of the zone's types was recorded."""
    return any(zone in zones for zones in ZONES.values())


def is_offered(node_type: str, zone: str) -> bool:
    """Whether the zone's list has the type; a zone without a list may offer any, and a type without one be anywhere."""
    zones = node_type_of(node_type).zones
    return not zones or zone in zones or not is_listed(zone)


def in_region(zone: str, region: str) -> bool:
    """Whether a zone is in a region: zones are named after theirs, also those that no list has yet."""
    return zone.rpartition("-")[0] == region


@dataclass(frozen=True, slots=True)
class NodeType:
    """One Instance type: vCPUs, memory in GiB, internet bandwidth in Mbit/s; None where it is unknown."""

    name: str
    vcpus: int
    memory_gib: int
    hourly_eur: float | None = None
    """EUR per started hour, except in the zones of `elsewhere_eur`; None if nobody knows it."""
    bandwidth_mbps: int | None = None
    arch: str = "x86_64"
    zones: tuple[str, ...] = ()
    """Zones that offered the type when the list was recorded; none if no list has the type."""
    elsewhere_eur: dict[str, float] = field(default_factory=dict[str, float])
    """Zone -> EUR per started hour, where it is another price."""
    ends: bool = False
    """Whether Scaleway has announced the end of the type."""

    @property
    def dedicated(self) -> bool:
        """Whether its cores belong to one customer."""
        return self.name.partition("-")[0] not in _SHARED_CORES

    def hourly_in(self, zone: str) -> float | None:
        """EUR per started hour in a zone; None if nobody knows it."""
        return self.elsewhere_eur.get(zone, self.hourly_eur)


NODE_TYPES: dict[str, NodeType] = {
    name: NodeType(
        name=name,
        vcpus=row["cpu"],
        memory_gib=row["memory"],
        hourly_eur=row["price"],
        bandwidth_mbps=row["bandwidth"],
        arch=row.get("arch", "x86_64"),
        zones=tuple(row["zones"]),
        elsewhere_eur=row.get("priceIn", {}),
        ends=row.get("ends", False),
    )
    for name, row in _CATALOGUE["nodeTypes"].items()
    if name not in REFUSED
}


class OwnNodeType(str):  # noqa: SLOT000 - its facts are an attribute
    """The name of a node type whose size and price the stack file gives (`cluster.nodeTypes`)."""

    facts: NodeType

    @classmethod
    def of(cls, facts: NodeType) -> "OwnNodeType":
        """Return the name with its facts."""
        name = cls(facts.name)
        name.facts = facts
        return name


def node_type_of(name: str) -> NodeType:
    """Return the facts of a type: the stack file's, the list's, or what its name says, else the smallest that Kapsule takes."""
    if isinstance(name, OwnNodeType):
        return name.facts
    return NODE_TYPES.get(name) or assumed(name)


def assumed(name: str) -> NodeType:
    """Return what is assumed of a type that is on no list: 4 vCPUs and 8 GiB of `...-4C-8G`, else 2 and 4."""
    said = _SIZES.search(name)
    return NodeType(name, int(said[1]) if said else 2, int(said[2]) if said else SMALLEST_GIB)
