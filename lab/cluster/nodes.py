"""Nodes for a cluster without pools (`cluster.kind: existing`, and tests of the control plane)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.cluster.api import Api


def add_node(
    api: Api,
    name: str,
    *,
    zone: str = "zone-1",
    labels: Mapping[str, str] | None = None,
    internal_ip: str,
    external_ip: str,
    cpu: str = "4",
    memory: str = "8Gi",
) -> None:
    """Register a node with its addresses; kwok keeps it Ready. An existing node of that name is not changed."""
    resources = {"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "20Gi"}
    api.create(
        "/api/v1/nodes",
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "topology.kubernetes.io/zone": zone,
                    **(labels or {}),
                },
            },
            # Nodes are the only objects that are created with their status.
            "status": {
                "capacity": resources,
                "allocatable": resources,
                "addresses": [
                    {"type": "Hostname", "address": name},
                    {"type": "InternalIP", "address": internal_ip},
                    {"type": "ExternalIP", "address": external_ip},
                ],
            },
        },
    )
