"""Node objects of pools: registered after the boot time, kept in line with the pool, drained and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator.api import fleet
from scaleway_emulator.cluster import drain, node_objects
from scaleway_emulator.cluster.kube import STRATEGIC

if TYPE_CHECKING:
    from scaleway_emulator.cluster.kube import Kube
    from scaleway_emulator.options import Options
    from scaleway_emulator.state import Node, State

POOL_LABEL = "k8s.scaleway.com/pool"
NODES = "/api/v1/nodes"


async def reconcile(kube: Kube, state: State, options: Options, now: float, seen: list[dict[str, Any]]) -> None:
    """Bring Node objects in line with the pools; `seen` are those of the API server.

    Raises:
        Unreachable: the API server is away.
    """
    items = {i["metadata"]["name"]: i for i in seen if POOL_LABEL in (i["metadata"].get("labels") or {})}
    leaving = [node for node in state.nodes.values() if node.phase == "deleting"]
    pods = await kube.items("/api/v1/pods") if leaving else []
    for node in list(state.nodes.values()):
        if node.id not in state.nodes:
            continue  # its cluster was deleted during a request
        item = items.get(node.name)
        if node.zone in state.lost_zones:
            node.ready = item is not None and _ready(item)  # nothing else there answers
        elif node.phase == "deleting":
            late = now >= node.drain_since + drain.API_GRACE / options.time_scale
            await _leave(kube, state, node, item, pods, late=late)
        elif node.phase == "booting" and now >= node.boots_at:
            await _register(kube, state, node)
        elif node.phase in ("running", "draining"):
            if item is None:
                node.ready = False
                await _register(kube, state, node)
            else:
                await _keep(kube, state, node, item)
    fleet.forget_emptied_pools(state)
    known = {node.name for node in state.nodes.values()}
    for name in items.keys() - known:
        await kube.delete(f"{NODES}/{name}")


async def _register(kube: Kube, state: State, node: Node) -> None:
    pool = state.pools[node.pool_id]
    await kube.create(NODES, node_objects.manifest(pool, node))
    node.phase = "running" if node.phase == "booting" else node.phase
    node.written_labels = sorted(node_objects.labels(pool, node))
    node.written_taints = node_objects.taints(pool)
    node.touch()


async def _keep(kube: Kube, state: State, node: Node, item: dict[str, Any]) -> None:
    """Set labels, taints and addresses from the pool; those of others stay."""
    pool = state.pools[node.pool_id]
    status = item.get("status") or {}
    ready = _ready(item)
    if ready != node.ready:
        node.ready = ready
        node.touch()
    labels, present = node_objects.labels(pool, node), item["metadata"].get("labels") or {}
    removed = [name for name in node.written_labels if name not in labels and name in present]
    changes: dict[str, str | None] = {name: value for name, value in labels.items() if present.get(name) != value}
    changes |= dict.fromkeys(removed)
    if not changes or await kube.patch(f"{NODES}/{node.name}", {"metadata": {"labels": changes}}):
        node.written_labels = sorted(labels)
    taints = node_objects.taints(pool)
    if taints != node.written_taints and await _set_taints(kube, node, item, taints):
        node.written_taints = taints
    addresses = node_objects.addresses(node)
    if status.get("addresses") != addresses:
        body = {"status": {"addresses": [*addresses, {"$patch": "replace"}]}}
        await kube.patch(f"{NODES}/{node.name}/status", body, STRATEGIC)


def _ready(item: dict[str, Any]) -> bool:
    conditions = (item.get("status") or {}).get("conditions") or []
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


async def _set_taints(kube: Kube, node: Node, item: dict[str, Any], taints: node_objects.Taints) -> bool:
    """Replace the pool's taints; those of the node's life cycle stay."""
    own = {(taint["key"], taint["effect"]) for taint in [*node.written_taints, *taints]}
    others = [t for t in item["spec"].get("taints") or [] if (t["key"], t["effect"]) not in own]
    return await kube.patch(f"{NODES}/{node.name}", {"spec": {"taints": [*others, *taints] or None}})


async def _leave(
    kube: Kube, state: State, node: Node, item: dict[str, Any] | None, pods: list[dict[str, Any]], *, late: bool
) -> None:
    """One step of a deletion: cordon, then evict, or delete by force if it is `late`; an empty node is removed."""
    if item is not None:
        await drain.cordon(kube, item)
        left = drain.remaining(pods, node)
        if left and not late:
            await drain.evict(kube, left)
            return
        if left:
            await drain.force(kube, left)
        await kube.delete(f"{NODES}/{node.name}")
    state.nodes.pop(node.id, None)
