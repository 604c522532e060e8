"""Kapsule's control plane offers: how many nodes each carries and which change is possible in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """One `type` of cluster."""

    name: str
    max_nodes: int
    memory_gb: int

    @property
    def dedicated(self) -> bool:
        """Whether the control plane is the cluster's own."""
        return "dedicated" in self.name

    def shown(self, region: str) -> dict[str, Any]:
        """The offer as the API answers it."""
        return {
            "name": self.name,
            "availability": "available",
            "max_nodes": self.max_nodes,
            "commitment_delay": "2592000s" if self.dedicated else "0s",
            "sla": 99.5 if self.dedicated else 0.0,
            "resiliency": "high_availability" if self.dedicated else "standard",
            "memory": self.memory_gb * GB,
            "dedicated": self.dedicated,
            "audit_logs_supported": self.dedicated,
            "max_etcd_size": (200 if self.dedicated else 55) * 1_000_000,
            "region": region,
        }


OFFERS = {
    offer.name: offer
    for kind in ("kapsule", "multicloud")
    for offer in (
        Offer(kind, 150, 4),
        Offer(f"{kind}-dedicated-4", 250, 4),
        Offer(f"{kind}-dedicated-8", 500, 8),
        Offer(f"{kind}-dedicated-16", 500, 16),
    )
}


def changes(current: str) -> list[Offer]:
    """What a cluster of type `current` may become: the same kind, never back to a mutualized control plane."""
    kind = current.partition("-")[0]
    return [o for o in OFFERS.values() if o.dedicated and o.name.partition("-")[0] == kind and o.name != current]
