"""Summary of a running stack: nodes, bridges and their addresses, read from the API server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.cluster.api import has_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.cluster.api import Api

POOL_LABEL = "k8s.scaleway.com/pool-name"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster."""

    name: str
    pool: str
    zone: str
    type: str
    internal: str
    external: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Bridge:
    """A videobridge pod; `address` is what browsers send media to (`203.0.113.3:10000/udp`)."""

    name: str
    shard: str
    node: str
    address: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The content of a summary."""

    nodes: tuple[Node, ...]
    bridges: tuple[Bridge, ...]
    pods: int
    pods_ready: int


def read(api: Api) -> Summary:
    """Read the summary from the API server."""
    nodes = tuple(_node(item) for item in api.items("/api/v1/nodes"))
    pods = api.items("/api/v1/pods")
    services = api.items("/api/v1/services")
    external = {node.name: node.external for node in nodes}
    bridges = sorted(
        (
            _bridge(pod, services, external)
            for pod in pods
            if _labels(pod).get("app.kubernetes.io/name") == "jvb"
            and any(container["name"] == "jvb" for container in pod["spec"]["containers"])
        ),
        key=lambda bridge: (bridge.shard, bridge.name),
    )
    return Summary(nodes, tuple(bridges), len(pods), sum(has_condition(pod) for pod in pods))


def render(summary: Summary, outputs: dict[str, Any]) -> str:
    """The summary as text."""
    lines: list[str] = []
    if "url" in outputs:
        address = f"  ({outputs['address']})" if outputs.get("address") else ""
        lines += [f"Jitsi Meet  {outputs['url']}{address}", ""]
    rows = [("pool", "node", "zone", "type", "internal", "external", "")]
    rows += [
        (n.pool, n.name, n.zone, n.type, n.internal, n.external, "" if n.ready else "not ready")
        for n in sorted(summary.nodes, key=lambda n: (n.pool, n.name))
    ]
    lines += [f"{len(summary.nodes)} nodes", *_table(rows), ""]
    rows = [("shard", "bridge", "media", "node", "")]
    rows += [(b.shard, b.name, b.address, b.node, "" if b.ready else "not ready") for b in summary.bridges]
    lines += [f"{len(summary.bridges)} bridges", *_table(rows), ""]
    for shard in outputs.get("shards") or []:
        if isinstance(shard, dict) and "name" in shard:
            details = ", ".join(str(shard[key]) for key in ("zone", "state", "release") if key in shard)
            lines.append(f"shard {shard['name']}: {details}")
    lines.append(f"{summary.pods_ready} of {summary.pods} pods are ready")
    return "\n".join(lines)


def _node(item: dict[str, Any]) -> Node:
    labels = _labels(item)
    addresses = {entry["type"]: entry["address"] for entry in item["status"].get("addresses") or []}
    return Node(
        name=item["metadata"]["name"],
        pool=labels.get(POOL_LABEL, "-"),
        zone=labels.get("topology.kubernetes.io/zone", "-"),
        type=labels.get("node.kubernetes.io/instance-type", "-"),
        internal=addresses.get("InternalIP", "-"),
        external=addresses.get("ExternalIP", "-"),
        ready=has_condition(item),
    )


def _bridge(pod: dict[str, Any], services: Sequence[dict[str, Any]], external: dict[str, str]) -> Bridge:
    node = pod["spec"].get("nodeName", "")
    port = _media_port(pod, services)
    return Bridge(
        name=pod["metadata"]["name"],
        shard=_labels(pod).get("app.kubernetes.io/instance", "-"),
        node=node or "waiting for a node",
        address=f"{external.get(node, '?')}:{port}/udp" if port else "-",
        ready=has_condition(pod),
    )


def _media_port(pod: dict[str, Any], services: Sequence[dict[str, Any]]) -> int | None:
    """The pod's UDP port on its node: a host port, or the NodePort of a Service that selects it."""
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("protocol") == "UDP" and port.get("hostPort"):
                return port["hostPort"]
    labels = _labels(pod).items()
    for service in services:
        selector = service["spec"].get("selector") or {}
        same = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
        if same and selector and selector.items() <= labels:
            for port in service["spec"]["ports"]:
                if port.get("protocol") == "UDP" and port.get("nodePort"):
                    return port["nodePort"]
    return None


def _labels(item: dict[str, Any]) -> dict[str, str]:
    return item["metadata"].get("labels") or {}


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
