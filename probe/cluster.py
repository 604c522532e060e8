"""Addresses of the bridges, from the Kubernetes API: in the cluster with the pod's own token, elsewhere through kubectl."""

import json
import os
import ssl
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.kubectl import kubectl

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_BRIDGES = "app.kubernetes.io/name=jvb"
_NUMBER = "apps.kubernetes.io/pod-index"
TIMEOUT_SECONDS = 15

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bridge:
    """Address and UDP port that a bridge advertises; `address` is empty if its node has no public one."""

    shard: str
    pod: str
    address: str
    port: int


def bridges(pods: Sequence[Document], nodes: Sequence[Document], first_ports: Mapping[str, int]) -> list[Bridge]:
    """Bridges that run and are not being deleted. A hostPort is among the container's ports; a NodePort follows from the ordinal."""
    public: dict[str, str] = {}
    for node in nodes:
        addresses = [a["address"] for a in node.get("status", {}).get("addresses", []) if a["type"] == "ExternalIP"]
        public[node["metadata"]["name"]] = addresses[0] if addresses else ""
    running: list[Bridge] = []
    for pod in pods:
        metadata, spec = pod["metadata"], pod["spec"]
        if pod.get("status", {}).get("phase") != "Running" or metadata.get("deletionTimestamp"):
            continue
        shard = metadata["labels"]["app.kubernetes.io/instance"]
        address = public.get(spec.get("nodeName", ""), "")
        ports = [
            p["containerPort"] for c in spec["containers"] for p in c.get("ports", []) if p.get("protocol") == "UDP"
        ]
        if not ports and shard in first_ports:
            ports = [first_ports[shard] + int(metadata["labels"].get(_NUMBER) or metadata["name"].rpartition("-")[2])]
        running += [Bridge(shard=shard, pod=metadata["name"], address=address, port=port) for port in ports]
    return sorted(running, key=lambda bridge: (bridge.shard, bridge.port, bridge.pod))


def nodes_of(pods: Sequence[Document]) -> list[str]:
    """Names of the pods' nodes."""
    return sorted({pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")})


def inside(namespace: str, first_ports: Mapping[str, int]) -> list[Bridge]:
    """Bridges by the pod's own token, which may list the namespace's pods and get nodes."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    token = (_ACCOUNT / "token").read_text(encoding="utf-8")
    context = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"

    def get(path: str) -> Any:
        request = urllib.request.Request(server + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as response:  # noqa: S310
            return json.load(response)

    pods = get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={_BRIDGES}")["items"]
    return bridges(pods, [get(f"/api/v1/nodes/{name}") for name in nodes_of(pods)], first_ports)


def through_kubectl(namespace: str, first_ports: Mapping[str, int]) -> list[Bridge]:
    """Bridges of the cluster in kubectl's current context.

    Raises:
        OSError: kubectl is missing or failed.
    """

    def get(*arguments: str) -> Any:
        return json.loads(kubectl("get", *arguments, "-o", "json", seconds=TIMEOUT_SECONDS))["items"]

    pods = get("pods", "-n", namespace, "-l", _BRIDGES)
    return bridges(pods, get("nodes") if pods else [], first_ports)
