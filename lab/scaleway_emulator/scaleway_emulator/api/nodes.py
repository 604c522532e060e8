"""Kapsule nodes, and the endpoints of Kapsule's hosted autoscaler (`/k8s/v1/.../nodes`, `/autoscaler`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.api import clusters, fleet, pools
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.catalogue import GIB, NODE_TYPES, PODS_PER_NODE
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import Node

if TYPE_CHECKING:
    from scaleway_emulator.state import Pool


class SizeBody(Body):
    """PATCH autoscaler/pools/{id}."""

    size: int


def shown(node: Node) -> dict[str, Any]:
    """The node as the API answers it."""
    names = {"id", "pool_id", "cluster_id", "provider_id", "region", "name", "created_at", "updated_at"}
    return {
        **node.model_dump(mode="json", include=names),
        "public_ip_v4": node.public_ip if node.phase in ("running", "draining") and node.public_ip else "",
        "public_ip_v6": None,
        "conditions": {"Ready": "True"} if node.ready else {"Creating": "True", "Ready": "False"},
        "status": fleet.node_status(node),
        "error_message": node.error_message or "",
    }


NODES = Collection[Node](
    records=lambda state: state.nodes,
    name="node",
    key="nodes",
    filters=("pool_id", "name", "status"),
    shown=lambda _, node: shown(node),
)


def list_nodes(call: Call) -> Answer:
    """GET clusters/{id}/nodes."""
    cluster = clusters.CLUSTERS.find(call)
    nodes = (node for node in call.state.nodes.values() if node.cluster_id == cluster.id)
    return NODES.page(call, sorted(nodes, key=lambda node: node.ordered_at))


def delete(call: Call) -> Answer:
    """DELETE nodes/{id}: the pool shrinks by one, unless `replace=true` orders another."""
    node = NODES.find(call)
    pool = call.state.pools[node.pool_id]
    if node.phase != "deleting" and call.query.get("replace") != "true":
        if pool.autoscaling and pool.size <= pool.min_size:
            raise errors.precondition("pool_size", f"pool {pool.name} is at its min_size {pool.min_size}")
        pool.size = max(0, pool.size - 1)
    fleet.remove(node, call.clock())
    fleet.resize(call.state, pool, call.options, call.clock())
    return NODES.answer(call, node)


def replace(call: Call) -> Answer:
    """POST nodes/{id}/replace: another is ordered, this one is drained."""
    node = NODES.find(call)
    fleet.remove(node, call.clock())
    fleet.resize(call.state, call.state.pools[node.pool_id], call.options, call.clock())
    return NODES.answer(call, node)


def _group(pool: Pool) -> dict[str, Any]:
    node_type = NODE_TYPES[pool.node_type]
    return {
        **{name: getattr(pool, name) for name in ("id", "cluster_id", "name", "autoscaling", "size")},
        **{name: getattr(pool, name) for name in ("min_size", "max_size", "zone", "node_type", "labels")},
        "status": "ready",
        "capacity": {"cpu": node_type.vcpus, "memory": node_type.memory_gib * GIB, "pods": PODS_PER_NODE},
        "allocatable": {
            "cpu": node_type.allocatable_millicores // 1000,
            "memory": node_type.allocatable_bytes,
            "pods": PODS_PER_NODE,
        },
        "taints": {taint["key"]: f"{taint['value']}:{taint['effect']}" for taint in pool.taints},
    }


def autoscaler_pools(call: Call) -> Answer:
    """GET autoscaler/clusters/{id}/pools."""
    return call.page("pools", [_group(pool) for pool in pools.of_cluster(call, clusters.CLUSTERS.find(call))])


def autoscaler_resize(call: Call) -> Answer:
    """PATCH autoscaler/pools/{id}."""
    pool = pools.POOLS.find(call)
    size = call.body(SizeBody).size
    if not pool.min_size <= size <= pool.max_size:
        raise errors.invalid("size", f"size {size} is not within {pool.min_size} and {pool.max_size}")
    pool.size = size
    fleet.resize(call.state, pool, call.options, call.clock())
    return 200, _group(pool)
