"""Load balancers of a cluster that is not Scaleway's: every Service of type LoadBalancer gets an address.

Services with Scaleway's annotations are left to the emulator.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.cluster.api import Api

SCALEWAY = "service.beta.kubernetes.io/scw-loadbalancer-"
SERVICES = "/api/v1/services"
DOCUMENTATION = "192.0.2."  # TEST-NET-1, reserved for documentation (RFC 5737)


def waits_for_address(service: dict[str, Any]) -> bool:
    """Whether a Service needs an address from `assign`."""
    annotations = service["metadata"].get("annotations") or {}
    return (
        service["spec"].get("type") == "LoadBalancer"
        and not any(key.startswith(SCALEWAY) for key in annotations)
        and "deletionTimestamp" not in service["metadata"]
        and not service.get("status", {}).get("loadBalancer", {}).get("ingress")
    )


def address_of(service: dict[str, Any]) -> str:
    """The address of a Service, derived from its uid."""
    return f"{DOCUMENTATION}{zlib.crc32(service['metadata']['uid'].encode()) % 254 + 1}"


def assign(api: Api) -> list[str]:
    """Set the address of every waiting Service; returns their `namespace/name`."""
    served = []
    for service in api.items(SERVICES):
        if waits_for_address(service):
            meta = service["metadata"]
            answer = api.http.patch(
                f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status",
                headers={"Content-Type": "application/merge-patch+json"},
                json={"status": {"loadBalancer": {"ingress": [{"ip": address_of(service)}]}}},
            )
            answer.raise_for_status()
            served.append(f"{meta['namespace']}/{meta['name']}")
    return served
