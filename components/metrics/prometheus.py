"""The managed Prometheus: one replica with a volume, limited to pods of its namespace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.kubernetes import pod, volume
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from components.kubernetes.network_policies import ingress, metrics_reader
from components.metrics.prometheus_config import RULES_FILE, scrape_config, stale_after
from components.metrics.recorders_promql import recorders_group
from components.metrics.rules import recording_rules
from config.images import Images
from config.metrics import Metrics
from config.model import format_duration
from config.recording import Recording
from config.shard import Shard
from sizing.metrics_volume import kept_mib
from sizing.parts import PROMETHEUS

RELOAD_SECONDS = 30  # the kubelet takes up to a minute more (syncFrequency) to update the file


@dataclass(frozen=True, kw_only=True, slots=True)
class PrometheusPods:
    """Inputs of the managed Prometheus."""

    namespace: str
    instance: str
    metrics: Metrics
    shards: Sequence[Shard]
    images: Images
    groups: Sequence[Document]
    """Rule groups besides those for autoscaling."""
    kube_state: bool
    alertmanager: str | None
    recording: Recording | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object of Prometheus."""
        return labels("prometheus", self.instance)

    @property
    def url(self) -> str:
        """URL inside the cluster."""
        return f"http://prometheus.{self.namespace}.svc:{PROMETHEUS.port('http')}"

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, "prometheus", self.namespace, self.labels, **body)

    @property
    def texts(self) -> dict[str, str]:
        """Configuration files by name."""
        recorders = [recorders_group(self.recording, self.namespace)] if self.recording else []
        return {
            "prometheus.yml": scrape_config(
                self.metrics,
                self.namespace,
                watching=bool(self.groups),
                kube_state=self.kube_state,
                alertmanager=self.alertmanager,
            ),
            RULES_FILE: recording_rules(self.shards, self.namespace, self.metrics, [*recorders, *self.groups]),
        }

    def claim(self) -> Document:
        """Return the claim of the metrics volume."""
        return volume.claim("prometheus", self.namespace, self.labels, self.metrics.storage)

    def documents(self) -> dict[str, Document]:
        """Return everything but the StatefulSet and its volume, by part."""
        rbac = "rbac.authorization.k8s.io/v1"
        return {
            "config": self._object("v1", "ConfigMap", data=self.texts),
            "account": self._object("v1", "ServiceAccount", automountServiceAccountToken=False),
            "role": self._object(
                rbac, "Role", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
            ),
            "binding": self._object(
                rbac,
                "RoleBinding",
                roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "prometheus"},
                subjects=[{"kind": "ServiceAccount", "name": "prometheus", "namespace": self.namespace}],
            ),
            "service": self._object(
                "v1",
                "Service",
                annotations=SKIP_AWAIT,
                spec={
                    "selector": selector("prometheus", self.instance),
                    "ports": [
                        {"name": "http", "port": PROMETHEUS.port("http"), "targetPort": "http", "protocol": "TCP"}
                    ],
                },
            ),
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector("prometheus", self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": ingress(PROMETHEUS, self.instance, metrics_reader(None)),
                },
            ),
        }

    def workload(self) -> Document:
        """Return a StatefulSet of one replica. An outage of minutes only freezes the number of bridges.

        Left to their defaults (sizing/program_defaults.py): web.listen-address, web.enable-lifecycle and web.enable-admin-api, which
        are off, query.timeout and query.max-samples.

        It reloads changed files, so adding or removing a shard does not restart it.
        """
        container = pod.part_container(
            PROMETHEUS,
            self.images.prometheus,
            resources=pod.resources(PROMETHEUS.whole, in_gib=True),
            mounts={"/etc/prometheus": "!config", "/prometheus": "data"},
            args=[
                "--config.file=/etc/prometheus/prometheus.yml",
                "--enable-feature=auto-reload-config",
                f"--config.auto-reload-interval={RELOAD_SECONDS}s",
                "--storage.tsdb.path=/prometheus",
                f"--query.lookback-delta={stale_after(self.metrics)}s",
                f"--storage.tsdb.retention.time={format_duration(self.metrics.retention)}",
                f"--storage.tsdb.retention.size={kept_mib(self.metrics.storage)}MB",  # Prometheus counts in powers of 2,
            ],
            startupProbe=pod.http_probe("/-/ready", "http", period=5, failures=60),
            readinessProbe=pod.http_probe("/-/ready", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/-/healthy", "http", period=15, failures=8),
        )
        template = pod.pod(
            labels=self.labels,
            containers=[container],
            volumes=[pod.config_volume("config", "prometheus"), volume.mounted("prometheus")],
            uid=PROMETHEUS.image.uid,
            serviceAccountName="prometheus",
            automountServiceAccountToken=True,
            terminationGracePeriodSeconds=120,
        )
        return self._object(
            "apps/v1",
            "StatefulSet",
            spec={
                "replicas": 1,
                "serviceName": "prometheus",
                "podManagementPolicy": "Parallel",  # a broken pod would otherwise keep its successor away for ever
                "selector": {"matchLabels": selector("prometheus", self.instance)},
                "template": template,
            },
        )
