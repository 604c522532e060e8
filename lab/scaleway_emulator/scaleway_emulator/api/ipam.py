"""Private addresses of nodes (`/ipam/v1/.../ips`), which the provider reads for a pool's nodes."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scaleway_emulator.call import Answer, Call
    from scaleway_emulator.state import Node


def _shown(call: Call, node: Node) -> dict[str, Any]:
    cluster, pool = call.state.clusters[node.cluster_id], call.state.pools[node.pool_id]
    network = call.state.private_networks.get(pool.private_network_id or "")
    subnet = next((s for s in network.subnets if ":" not in s.subnet), None) if network else None
    length = ipaddress.ip_network(subnet.subnet).prefixlen if subnet else 32
    return {
        "id": node.id,
        "address": f"{node.private_ip}/{length}",
        "project_id": cluster.project_id,
        "is_ipv6": False,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
        "source": {
            "private_network_id": pool.private_network_id,
            "subnet_id": subnet.id if subnet else None,
            "vpc_id": network.vpc_id if network else None,
        },
        "resource": {
            "type": "instance_private_nic",
            "id": node.id,
            "mac_address": f"02:00:00:{node.id[:2]}:{node.id[2:4]}:{node.id[4:6]}",
            "name": node.name,
        },
        "tags": [],
        "reverses": [],
        "region": node.region,
        "zone": None,
    }


def list_ips(call: Call) -> Answer:
    """GET ips."""
    nodes = [n for n in call.state.nodes.values() if n.region == call.region and n.private_ip]
    ips = [] if call.query.get("is_ipv6") == "true" else [_shown(call, node) for node in nodes]
    for field in ("name", "id"):
        ips = [ip for ip in ips if call.query.get(f"resource_{field}") in (None, "", ip["resource"][field])]
    network = call.query.get("private_network_id")
    return call.page("ips", [ip for ip in ips if network in (None, "", ip["source"]["private_network_id"])])
