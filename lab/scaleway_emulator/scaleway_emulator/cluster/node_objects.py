"""From a pool's node to its Kubernetes Node object: labels, taints, addresses, capacity. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator.catalogue import NODE_TYPES, PODS_PER_NODE

if TYPE_CHECKING:
    from scaleway_emulator.catalogue import NodeType
    from scaleway_emulator.state import Node, Pool

PREFIX = "k8s.scaleway.com/"
ZONE = "topology.kubernetes.io/zone"
KWOK = {"kwok.x-k8s.io/node": "fake"}
Taints = list[dict[str, str]]


def _from_tags(tags: list[str]) -> tuple[dict[str, str], Taints]:
    """Labels and taints from tags: `a=b`, `noprefix=a=b`, `taint=a=b:Effect`, `taint=noprefix=a=b:Effect`."""
    labels: dict[str, str] = {}
    taints: Taints = []
    for tag in tags:
        is_taint, text = tag.startswith("taint="), tag.removeprefix("taint=")
        prefix, text = ("", text.removeprefix("noprefix=")) if text.startswith("noprefix=") else (PREFIX, text)
        key, _, value = text.partition("=")
        if is_taint:
            value, _, effect = value.partition(":")
            if effect:
                taints.append({"key": prefix + key, "value": value, "effect": effect})
        else:
            labels[prefix + key] = value
    return labels, taints


def labels(pool: Pool, node: Node) -> dict[str, str]:
    """The labels of a node of `pool`."""
    return {**template_labels(pool), f"{PREFIX}node": node.id, "kubernetes.io/hostname": node.name}


def template_labels(pool: Pool) -> dict[str, str]:
    """The labels of every node of `pool`, which the autoscaler expects of a node that does not exist yet."""
    arch = "arm64" if NODE_TYPES[pool.node_type].arch == "arm64" else "amd64"
    return {
        **_from_tags(pool.tags)[0],
        **pool.labels,
        f"{PREFIX}pool": pool.id,
        f"{PREFIX}pool-name": pool.name,
        f"{PREFIX}managed": "true",
        f"{PREFIX}runtime": pool.container_runtime,
        "node.kubernetes.io/instance-type": pool.node_type,
        "topology.kubernetes.io/region": pool.region,
        ZONE: pool.zone,
        "failure-domain.beta.kubernetes.io/region": pool.region,
        "failure-domain.beta.kubernetes.io/zone": pool.zone,
        "beta.kubernetes.io/instance-type": pool.node_type,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": arch,
    }


def taints(pool: Pool) -> Taints:
    """The taints that every node of `pool` keeps."""
    return [*_from_tags(pool.tags)[1], *pool.taints]


def addresses(node: Node) -> list[dict[str, str]]:
    """The node's addresses; `status.hostIP` of pods is the internal one."""
    by_type = {"Hostname": node.name, "InternalIP": node.private_ip, "ExternalIP": node.public_ip}
    return [{"type": kind, "address": address} for kind, address in by_type.items() if address]


def resources(node_type: NodeType) -> tuple[dict[str, str], dict[str, str]]:
    """(capacity, allocatable)."""
    common = {"pods": str(PODS_PER_NODE), "ephemeral-storage": "18Gi"}
    capacity = {**common, "cpu": str(node_type.vcpus), "memory": f"{node_type.memory_gib * 1024 * 1024}Ki"}
    allocatable = {
        **common,
        "cpu": f"{node_type.allocatable_millicores}m",
        "memory": f"{node_type.allocatable_bytes // 1024}Ki",
    }
    return capacity, allocatable


def manifest(pool: Pool, node: Node) -> dict[str, Any]:
    """The Node object as a kubelet registers it, status included."""
    capacity, allocatable = resources(NODE_TYPES[pool.node_type])
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels(pool, node), "annotations": dict(KWOK)},
        "spec": {"providerID": node.provider_id, "taints": [*taints(pool), *pool.startup_taints]},
        "status": {
            "capacity": capacity,
            "allocatable": allocatable,
            "addresses": addresses(node),
            "nodeInfo": {
                **dict.fromkeys(("machineID", "systemUUID", "bootID"), node.id),
                "kernelVersion": "6.8.0",
                "osImage": "Ubuntu 22.04 LTS",
                "containerRuntimeVersion": "containerd://2.0.0",
                "kubeletVersion": f"v{pool.version}",
                "kubeProxyVersion": f"v{pool.version}",
                "operatingSystem": "linux",
                "architecture": labels(pool, node)["kubernetes.io/arch"],
            },
        },
    }
