"""Drain of a node: cordon, evict, delete. Each call is one step; nothing here sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator.cluster.workloads import pod as read_pod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaleway_emulator.cluster.kube import Kube
    from scaleway_emulator.state import Node

API_GRACE = 15 * 60.0
"""Seconds until pods are deleted by force: Kapsule's `max_termination_grace_period`, 15 min by default."""
REMOVAL_TAINT = "ToBeDeletedByClusterAutoscaler"


async def cordon(kube: Kube, item: dict[str, Any]) -> None:
    """Keep new pods off the node."""
    if not item["spec"].get("unschedulable"):
        await kube.patch(f"/api/v1/nodes/{item['metadata']['name']}", {"spec": {"unschedulable": True}})


async def mark(kube: Kube, item: dict[str, Any], marked: bool) -> None:
    """Set or remove the taint by which the autoscaler keeps pods off a node that it drains."""
    taints = item["spec"].get("taints") or []
    others = [taint for taint in taints if taint["key"] != REMOVAL_TAINT]
    own = [{"key": REMOVAL_TAINT, "value": "drain", "effect": "NoSchedule"}] if marked else []
    if (len(others) != len(taints)) != marked:
        await kube.patch(f"/api/v1/nodes/{item['metadata']['name']}", {"spec": {"taints": [*others, *own]}})


def remaining(pods: Sequence[dict[str, Any]], node: Node) -> list[dict[str, Any]]:
    """Pods that must leave the node; those of DaemonSets and static ones are removed with it."""
    on_node = [(item, read_pod(item)) for item in pods if item["spec"].get("nodeName") == node.name]
    return [item for item, pod in on_node if not pod.daemon and not pod.finished]


async def evict(kube: Kube, pods: Sequence[dict[str, Any]], max_seconds: int | None = None) -> None:
    """Evict every pod that is not terminating, with its own grace period or `max_seconds`, whichever is less."""
    for item in pods:
        if item["metadata"].get("deletionTimestamp"):
            continue
        pod = read_pod(item)
        await kube.evict(pod.namespace, pod.name, None if max_seconds is None else min(pod.grace, max_seconds))


async def force(kube: Kube, pods: Sequence[dict[str, Any]]) -> None:
    """Delete pods at once."""
    for item in pods:
        meta = item["metadata"]
        await kube.delete(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}", grace=0)
