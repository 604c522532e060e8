"""Nodes as the API shows them, and the four endpoints that Kapsule's hosted autoscaler uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.node_types import NODE_TYPES
from local.scaleway import clusters, fleet, pools, refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.node_objects import allocatable_bytes, allocatable_millicores
from local.scaleway.products import GIB

if TYPE_CHECKING:
    from local.scaleway.records import Node, Pool


class SizeBody(Body):
    """PATCH autoscaler/pools/{id}."""

    size: int


def shown(node: Node) -> dict[str, Any]:
    """The node as the API answers it."""
    kept = ("id", "pool_id", "cluster_id", "provider_id", "region", "name", "created_at", "updated_at")
    plain = node.model_dump(mode="json")
    return {
        **{name: plain[name] for name in kept},
        "public_ip_v4": node.public_ip if node.phase in ("running", "draining") and node.public_ip else "",
        "public_ip_v6": None,
        "conditions": {"Ready": "True"} if node.ready else {"Creating": "True", "Ready": "False"},
        "status": fleet.node_status(node),
        "error_message": node.error_message or "",
    }


def find(call: Call) -> Node:
    """The node in the path."""
    node = call.state.nodes.get(call.path["id"])
    if node is None or node.region != call.region:
        raise refusals.not_found("node", call.path["id"])
    return node


def list_nodes(call: Call) -> Answer:
    """GET clusters/{id}/nodes."""
    cluster = clusters.find(call)
    nodes = sorted((n for n in call.state.nodes.values() if n.cluster_id == cluster.id), key=lambda n: n.ordered_at)
    found = [shown(node) for node in nodes]
    return call.page("nodes", [node for node in found if call.matches(node, "pool_id", "name", "status")])


def read(call: Call) -> Answer:
    """GET nodes/{id}."""
    return 200, shown(find(call))


def delete(call: Call) -> Answer:
    """DELETE nodes/{id}: the pool is one smaller, unless `replace=true` orders another."""
    node = find(call)
    pool = call.state.pools[node.pool_id]
    if node.phase != "deleting" and call.query.get("replace") != "true":
        if pool.autoscaling and pool.size <= pool.min_size:
            raise refusals.precondition("pool_size", f"pool {pool.name} is at its min_size {pool.min_size}")
        pool.size = max(0, pool.size - 1)
    fleet.remove(node, call.clock())
    fleet.resize(call.state, pool, call.options, call.clock())
    return 200, shown(node)


def replace(call: Call) -> Answer:
    """POST nodes/{id}/replace: another is ordered, this one is drained."""
    node = find(call)
    fleet.remove(node, call.clock())
    fleet.resize(call.state, call.state.pools[node.pool_id], call.options, call.clock())
    return 200, shown(node)


def reboot(call: Call) -> Answer:
    """POST nodes/{id}/reboot."""
    return 200, shown(find(call))


def _group(pool: Pool) -> dict[str, Any]:
    node_type = NODE_TYPES[pool.node_type]
    return {
        **{
            name: getattr(pool, name)
            for name in ("id", "cluster_id", "name", "autoscaling", "size", "min_size", "max_size")
        },
        **{name: getattr(pool, name) for name in ("zone", "node_type", "labels")},
        "status": "ready",
        "capacity": {"cpu": node_type.vcpus, "memory": node_type.memory_gib * GIB, "pods": 110},
        "allocatable": {
            "cpu": allocatable_millicores(node_type) // 1000,
            "memory": allocatable_bytes(node_type),
            "pods": 110,
        },
        "taints": {taint["key"]: f"{taint['value']}:{taint['effect']}" for taint in pool.taints},
    }


def autoscaler_pools(call: Call) -> Answer:
    """GET autoscaler/clusters/{id}/pools."""
    return call.page("pools", [_group(pool) for pool in pools.of_cluster(call, clusters.find(call))])


def autoscaler_nodes(call: Call) -> Answer:
    """GET autoscaler/clusters/{id}/nodes."""
    return list_nodes(call)


def autoscaler_resize(call: Call) -> Answer:
    """PATCH autoscaler/pools/{id}."""
    pool = pools.find(call)
    size = call.body(SizeBody).size
    if not pool.min_size <= size <= pool.max_size:
        raise refusals.invalid("size", f"size {size} is not within {pool.min_size} and {pool.max_size}")
    pool.size = size
    fleet.resize(call.state, pool, call.options, call.clock())
    return 200, _group(pool)
