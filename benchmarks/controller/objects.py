"""The Kubernetes objects of a run: a workload and its autoscaler per namespace, and the registration of the metrics."""

from __future__ import annotations

import base64
import datetime as dt
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.controller.autoscaler import compressed
from benchmarks.controller.metrics_api import GROUP_VERSION
from benchmarks.controller.scenario import BOOT, DRAIN

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.controller.scenario import Kind
    from local.control_plane.api import Api

ADDRESS = "10.244.255.1"
"""Of the metrics API: in the pods' range, beyond the nodes of a run."""
PORT = 6443
SERVICE, NAMESPACE = "custom-metrics", "kube-system"
WORKLOAD = "jvb"


def certificate(folder: Path) -> tuple[Path, Path, str]:
    """A certificate of the metrics Service's own: its file, its key's, and the bundle that the API server trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"{SERVICE}.{NAMESPACE}.svc"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    files = folder / "metrics.crt", folder / "metrics.key"
    files[1].touch(mode=0o600)
    files[0].write_bytes(pem)
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return *files, base64.b64encode(pem).decode()


def register(api: Api, bundle: str) -> None:
    """Send requests for custom metrics to `ADDRESS`."""
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
    """Whether the API server reaches it."""
    group, version = GROUP_VERSION.split("/")
    service = api.get(f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.{group}")
    conditions = service.get("status", {}).get("conditions", ())
    return any(one["type"] == "Available" and one["status"] == "True" for one in conditions)


def workload(api: Api, namespace: str, kind: Kind, replicas: int, port: int) -> None:
    """Bridges with one host port, one to a node: ready after `BOOT`, gone `DRAIN` after their deletion."""
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


def autoscaler(kind: Kind, made: dict[str, Any]) -> dict[str, Any]:
    """The `spec` of the run's HorizontalPodAutoscaler: the program's own, compressed."""
    return {
        **made,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": WORKLOAD},
        "metrics": made["metrics"],
        "behavior": compressed(made["behavior"]),
    }


def scale(api: Api, namespace: str, spec: dict[str, Any]) -> None:
    """Let the controller begin."""
    api.create(
        f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": WORKLOAD},
            "spec": spec,
        },
    )
