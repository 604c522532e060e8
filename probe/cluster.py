"""Where bridges are, as Kubernetes knows it: asked inside the cluster with the pod's own token, outside through kubectl."""

import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_BRIDGES = "app.kubernetes.io/name=jvb"
_NUMBER = "apps.kubernetes.io/pod-index"
SECONDS = 15

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bridge:
    """Where a bridge says that it is reached; `address` is empty where its node has no public one."""

    shard: str
    pod: str
    address: str
    port: int


def bridges(pods: Sequence[Document], nodes: Sequence[Document], first_ports: Mapping[str, int]) -> list[Bridge]:
    """Those that run and do not leave. A port of the node is in the container's ports; one of a Service follows the pod's number."""
    public: dict[str, str] = {}
    for node in nodes:
        found = [a["address"] for a in node.get("status", {}).get("addresses", []) if a["type"] == "ExternalIP"]
        public[node["metadata"]["name"]] = found[0] if found else ""
    made: list[Bridge] = []
    for pod in pods:
        about, spec = pod["metadata"], pod["spec"]
        if pod.get("status", {}).get("phase") != "Running" or about.get("deletionTimestamp"):
            continue
        shard = about["labels"]["app.kubernetes.io/instance"]
        address = public.get(spec.get("nodeName", ""), "")
        ports = [
            p["containerPort"] for c in spec["containers"] for p in c.get("ports", []) if p.get("protocol") == "UDP"
        ]
        if not ports and shard in first_ports:
            ports = [first_ports[shard] + int(about["labels"].get(_NUMBER) or about["name"].rpartition("-")[2])]
        made += [Bridge(shard=shard, pod=about["name"], address=address, port=port) for port in ports]
    return sorted(made, key=lambda bridge: (bridge.shard, bridge.port, bridge.pod))


def nodes_of(pods: Sequence[Document]) -> list[str]:
    """Names of the nodes that must be asked for."""
    return sorted({pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")})


def inside(namespace: str, first_ports: Mapping[str, int]) -> list[Bridge]:
    """With the token of the pod, which may list pods of the namespace and get nodes."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    token = (_ACCOUNT / "token").read_text(encoding="utf-8")
    context = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    where = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"

    def get(path: str) -> Any:
        request = urllib.request.Request(where + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310
            return json.load(answer)

    pods = get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={_BRIDGES}")["items"]
    return bridges(pods, [get(f"/api/v1/nodes/{name}") for name in nodes_of(pods)], first_ports)


def through_kubectl(namespace: str, first_ports: Mapping[str, int]) -> list[Bridge]:
    """With the cluster that kubectl is pointed at; raises OSError in words where it cannot."""
    if not shutil.which("kubectl"):
        raise OSError("kubectl is not installed; with --bridges none they are left out")

    def get(*what: str) -> Any:
        command = ["kubectl", "get", *what, "-o", "json", f"--request-timeout={SECONDS}s"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(
                f"kubectl get {what[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}"
            )
        return json.loads(done.stdout)["items"]

    pods = get("pods", "-n", namespace, "-l", _BRIDGES)
    return bridges(pods, get("nodes") if pods else [], first_ports)
