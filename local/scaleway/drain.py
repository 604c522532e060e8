"""Emptying a node before it goes: cordon, evict, wait. One step per look; nothing here sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.scaleway.workloads import pod as read_pod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.scaleway.kube import Kube
    from local.scaleway.records import Node

API_GRACE = 15 * 60.0
"""Kapsule's `max_termination_grace_period`: 15 min unless set (at most 1 h), then pods are ended by force."""
REMOVAL_TAINT = "ToBeDeletedByClusterAutoscaler"


async def cordon(kube: Kube, item: dict[str, Any]) -> None:
    """Keep new pods off the node."""
    if not item["spec"].get("unschedulable"):
        await kube.patch(f"/api/v1/nodes/{item['metadata']['name']}", {"spec": {"unschedulable": True}})


async def mark(kube: Kube, item: dict[str, Any], marked: bool) -> None:
    """Put on or take off the taint that the autoscaler keeps pods away with while it drains."""
    taints = item["spec"].get("taints") or []
    others = [taint for taint in taints if taint["key"] != REMOVAL_TAINT]
    ours = [{"key": REMOVAL_TAINT, "value": "drain", "effect": "NoSchedule"}] if marked else []
    if (len(others) != len(taints)) != marked:
        await kube.patch(f"/api/v1/nodes/{item['metadata']['name']}", {"spec": {"taints": [*others, *ours]}})


def remaining(pods: Sequence[dict[str, Any]], node: Node) -> list[dict[str, Any]]:
    """Pods that have to leave; those of DaemonSets and static ones go with the node."""
    found: list[dict[str, Any]] = []
    for item in pods:
        if item["spec"].get("nodeName") == node.name:
            pod = read_pod(item)
            if not pod.daemon and not pod.finished:
                found.append(item)
    return found


async def evict(kube: Kube, pods: Sequence[dict[str, Any]], most_seconds: int | None = None) -> None:
    """Ask every pod that is not leaving yet to leave, within its own grace or `most_seconds`, whichever is less."""
    for item in pods:
        if item["metadata"].get("deletionTimestamp"):
            continue
        pod = read_pod(item)
        await kube.evict(pod.namespace, pod.name, None if most_seconds is None else min(pod.grace, most_seconds))


async def force(kube: Kube, pods: Sequence[dict[str, Any]]) -> None:
    """End what is left at once."""
    for item in pods:
        meta = item["metadata"]
        await kube.delete(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}", grace=0)
