"""The load balancers of a cluster that is not Scaleway's: somebody else's controller gives each Service an address.

Services with Scaleway's annotations are the emulated account's business and are left alone.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.control_plane.api import Api

SCALEWAY = "service.beta.kubernetes.io/scw-loadbalancer-"
SERVICES = "/api/v1/services"
DOCUMENTATION = "192.0.2."  # TEST-NET-1 (RFC 5737): nobody's address


def waits_for_address(service: dict[str, Any]) -> bool:
    """Whether a Service wants a load balancer of ours and has none yet."""
    annotations = service["metadata"].get("annotations") or {}
    return (
        service["spec"].get("type") == "LoadBalancer"
        and not any(key.startswith(SCALEWAY) for key in annotations)
        and "deletionTimestamp" not in service["metadata"]
        and not service.get("status", {}).get("loadBalancer", {}).get("ingress")
    )


def address_of(service: dict[str, Any]) -> str:
    """The same address for the same Service, whenever it is asked."""
    return f"{DOCUMENTATION}{zlib.crc32(service['metadata']['uid'].encode()) % 254 + 1}"


def assign(api: Api) -> list[str]:
    """Give every Service that waits its address; returns `namespace/name` of those served."""
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
