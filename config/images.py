"""Container images and their versions, in one place."""

from config.addresses import Image, Registry, Tag
from config.model import Model


class Images(Model):
    """One Jitsi release for all shards; a shard may pin its own (`shards[].release`)."""

    registry: Registry = "ghcr.io/jitsi"  # Docker Hub's copies stopped before release 11146
    """Where web, prosody, jicofo and jvb are pulled from."""
    tag: Tag = "stable-11146-2"
    """The Jitsi release."""
    haproxy: Image = "docker.io/library/haproxy:3.2.4-alpine"
    """The edge."""
    coturn: Image = "docker.io/coturn/coturn:4.7.0-alpine"
    """The TURN relay, where `turn` is set."""
    prometheus: Image = "quay.io/prometheus/prometheus:v3.5.0"
    """The managed Prometheus."""
    prometheus_adapter: Image = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0"
    """Behind metrics.adapter prometheus."""
    kube_metrics_adapter: Image = "ghcr.io/zalando-incubator/kube-metrics-adapter:v0.2.3"
    """Behind metrics.adapter kubeMetrics."""

    kube_state_metrics: Image = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.18.0"
    """Behind monitoring.kubeState managed."""
    grafana: Image = "docker.io/grafana/grafana:12.1.1"
    """Behind monitoring.grafana managed."""
    alloy: Image = "docker.io/grafana/alloy:v1.11.0"
    """Collects logs, where monitoring.logs says so."""
    python: Image = "docker.io/library/python:3.13.7-alpine3.22"
    """Behind monitoring.probe."""
    whiteboard: Image = "docker.io/jitsi/excalidraw-backend:2026.3.0"
    """The whiteboard's server; not among the Jitsi releases."""
    etherpad: Image = "docker.io/etherpad/etherpad:2.0.3"
    """Shared documents."""

    def jitsi(self, component: str, release: str) -> str:
        """Image of web, prosody, jicofo or jvb at a release."""
        return f"{self.registry}/{component}:{release}"
