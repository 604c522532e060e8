"""Kapsule's control plane offers: node limits and changes in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GB = 1_000_000_000
COMMITMENT_DAYS = 30


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

    def committed_until(self, now: float) -> str:
        """When the commitment of a change to this offer, now, ends: at once for a mutualized one."""
        days = COMMITMENT_DAYS if self.dedicated else 0
        return datetime.fromtimestamp(now + days * 86400, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def shown(self) -> dict[str, Any]:
        """The offer as the API answers it, without its region."""
        return {
            "name": self.name,
            "availability": "available",
            "max_nodes": self.max_nodes,
            "commitment_delay": "2592000s" if self.dedicated else "0s",
            "sla": 99.5 if self.dedicated else 0,
            "resiliency": "high_availability" if self.dedicated else "standard",
            "memory": self.memory_gb * GB,
            "dedicated": self.dedicated,
            "audit_logs_supported": self.dedicated,
            "max_etcd_size": (200 if self.dedicated else 55) * 1_000_000,
            "region": "",
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
    """Offers that `available-types` lists within the commitment: all of its kind for a mutualized cluster, and larger ones for a dedicated one.

    Source: terraform-provider-scaleway b2d45ed, internal/services/k8s/testdata/cluster-type-change.cassette.yaml.
    """
    kind, dedicated = current.partition("-")[0], OFFERS[current].dedicated
    offers = [offer for offer in OFFERS.values() if offer.name.partition("-")[0] == kind]
    return offers[offers.index(OFFERS[current]) + 1 :] if dedicated else offers
