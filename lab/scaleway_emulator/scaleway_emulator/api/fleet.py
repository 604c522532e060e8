"""The nodes of a pool: ordering, removing, and the status that follows. No I/O."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from scaleway_emulator.api import addresses
from scaleway_emulator.resource import new_id
from scaleway_emulator.state import Node

if TYPE_CHECKING:
    from scaleway_emulator.options import Options
    from scaleway_emulator.state import Pool, State

NAME_PART = 17  # seen in recordings: scw-test-pool-securit-test-pool-securit-e82f6e


def node_name(cluster: str, pool: str, suffix: str) -> str:
    """Kapsule's node name: `scw-<cluster>-<pool>-<6 hex>`, cluster and pool cut to 17 characters each."""
    parts = (re.sub(r"[^a-z0-9-]", "-", name.lower())[:NAME_PART] for name in (cluster, pool))
    return f"scw-{'-'.join(parts)}-{suffix}"


def nodes_of(state: State, pool: Pool) -> list[Node]:
    """The pool's nodes, oldest first."""
    return sorted((n for n in state.nodes.values() if n.pool_id == pool.id), key=lambda n: (n.ordered_at, n.name))


def working(state: State, pool: Pool) -> list[Node]:
    """The nodes that exist or boot and are not leaving."""
    return [node for node in nodes_of(state, pool) if node.phase in ("booting", "running")]


def active(state: State, pool: Pool) -> list[Node]:
    """The nodes that count towards the pool's size: all but those being deleted."""
    return [node for node in nodes_of(state, pool) if node.phase != "deleting"]


def pool_status(state: State, pool: Pool, now: float) -> str:
    """The pool's status: `deleting`, `upgrading`, `scaling` until every node is ready, then `ready`."""
    if pool.deleting:
        return "deleting"
    if now < pool.upgrading_until:
        return "upgrading"
    nodes = nodes_of(state, pool)
    settled = (
        now >= pool.scaling_until
        and len(nodes) == pool.size
        and all(node.ready and node.phase in ("running", "draining") for node in nodes)
    )
    return "ready" if settled else "scaling"


def node_status(node: Node) -> str:
    """The API's word for a node's phase."""
    if node.phase in ("running", "draining"):
        return "ready" if node.ready else "not_ready"
    return {"booting": "creating", "deleting": "deleting", "failed": "creation_error"}[node.phase]


def _order(state: State, pool: Pool, options: Options, now: float) -> Node:
    cluster = state.clusters[pool.cluster_id]
    instance = new_id()
    node = Node(
        pool_id=pool.id,
        cluster_id=cluster.id,
        region=pool.region,
        zone=pool.zone,
        name=node_name(cluster.name, pool.name, secrets.token_hex(3)),
        provider_id=f"scaleway://instance/{pool.zone}/{instance}",
        ordered_at=now,
        boots_at=now + options.boot,
    )
    limit = options.quotas.get(pool.node_type)
    pools = {other.id for other in state.pools.values() if other.node_type == pool.node_type}
    running = sum(n.pool_id in pools and n.phase != "failed" for n in state.nodes.values())
    if limit is not None and running >= limit:
        node.phase = "failed"
        node.error_message = f"quota exceeded: {limit} Instances of type {pool.node_type} are allowed"
        return node
    network = state.private_networks.get(pool.private_network_id or cluster.private_network_id or "")
    subnet = next((s.subnet for s in network.subnets if ":" not in s.subnet), None) if network else None
    if subnet:
        taken = {n.private_ip for n in state.nodes.values() if n.private_ip}
        node.private_ip = addresses.private(subnet, taken)
        if node.private_ip is None:
            node.phase, node.error_message = "failed", f"no free address in Private Network subnet {subnet}"
            return node
    if not pool.public_ip_disabled:
        taken = {n.public_ip for n in state.nodes.values() if n.public_ip}
        node.public_ip = addresses.public(taken, state.public_cursor)
        if node.public_ip is None:
            node.phase, node.error_message = "failed", "quota exceeded: Instances IPs"
            return node
        state.public_cursor = addresses.NODE_ADDRESSES.index(node.public_ip) + 1
    return node


def resize(state: State, pool: Pool, options: Options, now: float) -> None:
    """Order or remove nodes to match the pool's size; the newest are removed first."""
    nodes = active(state, pool)
    for _ in range(pool.size - len(nodes)):
        node = _order(state, pool, options, now)
        state.nodes[node.id] = node
        pool.error_message = node.error_message or pool.error_message
    surplus = len(nodes) - pool.size
    # Failed nodes first: they carry nothing.
    for node in sorted(nodes, key=lambda n: (n.phase == "failed", n.ordered_at, n.name), reverse=True)[
        : max(0, surplus)
    ]:
        remove(node, now)
    if all(node.phase != "failed" for node in active(state, pool)):
        pool.error_message = None


def remove(node: Node, now: float) -> None:
    """Begin to delete a node; it is drained first (see `drain`)."""
    if node.phase != "deleting":
        node.phase, node.drain_since = "deleting", now


def advance_without_control_plane(state: State, now: float) -> None:
    """Let nodes boot and go without an API server, where a node is a record only."""
    for node in list(state.nodes.values()):
        if node.phase == "booting" and now >= node.boots_at:
            node.phase, node.ready = "running", True
        elif node.phase in ("deleting", "draining"):
            del state.nodes[node.id]
    forget_emptied_pools(state)


def forget_emptied_pools(state: State) -> None:
    """Remove pools under deletion that have no node left."""
    for pool in [p for p in state.pools.values() if p.deleting and not nodes_of(state, p)]:
        del state.pools[pool.id]
