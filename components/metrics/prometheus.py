"""The managed Prometheus: small, persistent, and allowed to see the pods of its own namespace only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components import pod, volume
from components.labels import NO_WAIT, labels, manifest, selector
from components.metrics.prometheus_config import RULES_FILE, scrape_config, stale_after
from components.metrics.recorders_promql import recorders_group
from components.metrics.rules import recording_rules
from config.images import Images
from config.metrics import Metrics
from config.model import format_duration
from config.recording import Recording
from config.shard import Shard

Document = dict[str, Any]

RELOAD_SECONDS = 30  # and as long again until the kubelet has brought the changed file
PORT = 9090  # TCP in, from the adapter
NOBODY = 65534  # user of the image


@dataclass(frozen=True, kw_only=True, slots=True)
class PrometheusPods:
    """What the managed Prometheus is made from."""

    namespace: str
    instance: str
    metrics: Metrics
    shards: Sequence[Shard]
    images: Images
    groups: Sequence[Document]
    """Rules beside those that autoscaling reads."""
    kube_state: bool
    alertmanager: str | None
    recording: Recording | None = None

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object of Prometheus."""
        return labels("prometheus", self.instance)

    @property
    def url(self) -> str:
        """Where the adapter asks."""
        return f"http://prometheus.{self.namespace}.svc:{PORT}"

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, "prometheus", self.namespace, self.labelled, **body)

    @property
    def texts(self) -> dict[str, str]:
        """Its files by name."""
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
        """The volume that metrics are on."""
        return volume.claim("prometheus", self.namespace, self.labelled, self.metrics.storage)

    def documents(self) -> dict[str, Document]:
        """Everything but the StatefulSet and its volume, by part."""
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
                annotations=NO_WAIT,
                spec={
                    "selector": selector("prometheus", self.instance),
                    "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
                },
            ),
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector("prometheus", self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": PORT}]}],
                },
            ),
        }

    def workload(self) -> Document:
        """One replica with a volume; an outage of minutes freezes the bridges' number, and loses nothing else.

        So a shard that comes or goes does not restart it: it takes changed files over by itself.
        """
        container = pod.container(
            "prometheus",
            self.images.prometheus,
            resources=pod.resources("200m", "1Gi"),
            mounts={"/etc/prometheus": "!config", "/prometheus": "data"},
            args=[
                "--config.file=/etc/prometheus/prometheus.yml",
                "--enable-feature=auto-reload-config",
                f"--config.auto-reload-interval={RELOAD_SECONDS}s",
                "--storage.tsdb.path=/prometheus",
                f"--query.lookback-delta={stale_after(self.metrics)}s",
                f"--storage.tsdb.retention.time={format_duration(self.metrics.retention)}",
            ],
            ports=[{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            startupProbe=pod.http_probe("/-/ready", "http", period=5, failures=60),
            readinessProbe=pod.http_probe("/-/ready", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/-/healthy", "http", period=15, failures=8),
        )
        template = pod.pod(
            labelled=self.labelled,
            containers=[container],
            volumes=[pod.config_volume("config", "prometheus"), volume.mounted("prometheus")],
            uid=NOBODY,
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
                "selector": {"matchLabels": selector("prometheus", self.instance)},
                "template": template,
            },
        )
