"""The Kubernetes objects of a run: a workload and its autoscaler per namespace, and the registration of the metrics."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from lab.benchmarks.controller.autoscaler import compressed
from lab.benchmarks.controller.metrics_api import GROUP_VERSION
from lab.benchmarks.controller.scenario import BOOT, DRAIN
from lab.cluster.api import has_condition
from lab.cluster.certificates import Authority, store

if TYPE_CHECKING:
    from pathlib import Path

    from lab.benchmarks.controller.scenario import Kind
    from lab.cluster.api import Api

ADDRESS = "100.65.255.1"
"""Address of the metrics API, in the pod range beyond the nodes of a run."""
PORT = 6443
SERVICE, NAMESPACE = "custom-metrics", "kube-system"
WORKLOAD = "jvb"


def certificate(folder: Path) -> tuple[Path, Path, str]:
    """Create the metrics Service's certificate: certificate file, key file, CA bundle for the API server."""
    authority = Authority(SERVICE)
    store(folder, "metrics-ca", authority.key, authority.certificate)
    store(folder, "metrics", *authority.issue(SERVICE, names=[f"{SERVICE}.{NAMESPACE}.svc"]))
    bundle = base64.b64encode((folder / "metrics-ca.crt").read_bytes()).decode()
    return folder / "metrics.crt", folder / "metrics.key", bundle


def register(api: Api, bundle: str) -> None:
    """Register the custom metrics API at `ADDRESS`."""
    group, version = GROUP_VERSION.split("/")
    ports = [{"name": "https", "port": 443, "targetPort": PORT, "protocol": "TCP"}]
    api.create(
        f"/api/v1/namespaces/{NAMESPACE}/services",
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE}, "spec": {"ports": ports}},
    )
    api.create(
        f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices",
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": f"{SERVICE}-1", "labels": {"kubernetes.io/service-name": SERVICE}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
            "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
        },
    )
    api.create(
        "/apis/apiregistration.k8s.io/v1/apiservices",
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"{version}.{group}"},
            "spec": {
                "group": group,
                "version": version,
                "service": {"name": SERVICE, "namespace": NAMESPACE, "port": 443},
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "caBundle": bundle,
            },
        },
    )


def registered(api: Api) -> bool:
    """Whether the API server reaches the metrics API."""
    group, version = GROUP_VERSION.split("/")
    service = api.get(f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.{group}")
    return has_condition(service, "Available")


def workload(api: Api, namespace: str, kind: Kind, replicas: int, port: int) -> None:
    """A workload of bridges, one per node: ready after `BOOT`, gone `DRAIN` after their deletion."""
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    labels = {"app": WORKLOAD}
    bridge = {"name": "jvb", "image": "bridge", "ports": [{"containerPort": port, "hostPort": port, "protocol": "UDP"}]}
    spec: dict[str, Any] = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {
                "labels": labels,
                "annotations": {
                    "pod-ready.stage.kwok.x-k8s.io/delay": f"{BOOT:g}s",
                    "pod-delete.stage.kwok.x-k8s.io/delay": f"{DRAIN:g}s",
                },
            },
            "spec": {"containers": [bridge], "terminationGracePeriodSeconds": 3600},
        },
    }
    if kind == "StatefulSet":
        spec |= {"serviceName": WORKLOAD, "podManagementPolicy": "Parallel"}
    api.create(
        f"/apis/apps/v1/namespaces/{namespace}/{kind.lower()}s",
        {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": WORKLOAD}, "spec": spec},
    )


def autoscaler(kind: Kind, deployed: dict[str, Any]) -> dict[str, Any]:
    """The compressed `spec` of the program's HorizontalPodAutoscaler."""
    return {
        **deployed,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": WORKLOAD},
        "metrics": deployed["metrics"],
        "behavior": compressed(deployed["behavior"]),
    }


def scale(api: Api, namespace: str, spec: dict[str, Any]) -> None:
    """Create the autoscaler, which starts the run."""
    api.create(
        f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": WORKLOAD},
            "spec": spec,
        },
    )
