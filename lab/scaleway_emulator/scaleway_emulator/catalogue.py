"""Regions, zones, Instance types and Kubernetes versions that the emulated cloud offers.

Data: `catalogue.json`, in EUR per hour without the public IPv4 address and the root volume; its `source` names the recorded answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GIB = 1024**3
PODS_PER_NODE = 110

_DATA: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

ZONES: dict[str, tuple[str, ...]] = {region: tuple(zones) for region, zones in _DATA["zones"].items()}
VERSIONS: tuple[str, ...] = tuple(_DATA["versions"])
"""Kapsule's Kubernetes versions, newest first."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One Instance type: vCPUs, memory in GiB, EUR per started hour, internet bandwidth in Mbit/s."""

    name: str
    vcpus: int
    memory_gib: int
    hourly_eur: float
    bandwidth_mbps: int | None
    zones: tuple[str, ...]
    arch: str = "x86_64"
    gpu: int = 0
    elsewhere_eur: dict[str, float] = field(default_factory=dict[str, float])
    ends: bool = False

    @property
    def is_node_type(self) -> bool:
        """Whether Kapsule takes it: 4 GiB or more (its documentation names three smaller ones), and no Windows."""
        return self.memory_gib >= 4 and not self.name.endswith("-WIN")

    def hourly_in(self, zone: str) -> float:
        """EUR per started hour in a zone."""
        return self.elsewhere_eur.get(zone, self.hourly_eur)

    @property
    def allocatable_millicores(self) -> int:
        """CPU that a Kapsule node of this type leaves to pods."""
        return self.vcpus * 1000 - 100

    @property
    def allocatable_bytes(self) -> int:
        """Memory that a Kapsule node of this type leaves to pods: about nine tenths."""
        return self.memory_gib * GIB * 9 // 10


INSTANCE_TYPES: dict[str, NodeType] = {
    name: NodeType(
        name=name,
        vcpus=row["cpu"],
        memory_gib=row["memory"],
        hourly_eur=row["price"],
        bandwidth_mbps=row["bandwidth"],
        zones=tuple(row["zones"]),
        arch=row.get("arch", "x86_64"),
        gpu=row.get("gpu", 0),
        elsewhere_eur=row.get("priceIn", {}),
        ends=row.get("ends", False),
    )
    for name, row in _DATA["nodeTypes"].items()
}
NODE_TYPES = {name: each for name, each in INSTANCE_TYPES.items() if each.is_node_type}
TOO_SMALL = {name: each for name, each in INSTANCE_TYPES.items() if not each.is_node_type}
"""Sold as Instances and refused as Kapsule nodes."""
