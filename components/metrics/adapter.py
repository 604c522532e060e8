"""The server behind custom.metrics.k8s.io: prometheus-adapter, or kube-metrics-adapter."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components import pod
from components.labels import NO_WAIT, labels, manifest, selector
from components.metrics.prometheus import NOBODY
from components.metrics.prometheus_config import adapter_config, stale_after
from components.metrics.rules import scaled
from components.metrics.scaling_schedules import GROUP as SCHEDULE_GROUP
from config.images import Images
from config.metrics import Metrics
from config.recording import Recording
from config.shard import Shard

Document = dict[str, Any]

PORT = 6443  # TCP in, TLS, from the API server
RBAC = "rbac.authorization.k8s.io"
TTL_SECONDS = 75  # above the 60 s that v0.2.3 takes between two looks at a ScalingSchedule; its own 15 min keep deleted bridges in the mean
GROUP_VERSION = "v1beta1"

_COMMON_RULES: list[Document] = [
    {"apiGroups": [""], "resources": ["namespaces", "pods", "services"], "verbs": ["get", "list", "watch"]}
]
_COLLECTOR_RULES: list[Document] = [
    *_COMMON_RULES,
    {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": ["get"]},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
]
_SCHEDULE_RULES: list[Document] = [
    {"apiGroups": [SCHEDULE_GROUP], "resources": ["scalingschedules"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [SCHEDULE_GROUP], "resources": ["scalingschedules/status"], "verbs": ["update"]},
    # Watched beside the other kind whether it is there or not; without the right each try would be refused.
    {"apiGroups": [SCHEDULE_GROUP], "resources": ["clusterscalingschedules"], "verbs": ["get", "list", "watch"]},
]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterPods:
    """What either adapter is made from; `prometheus_url` is read by prometheus-adapter only."""

    namespace: str
    instance: str
    metrics: Metrics
    shards: Sequence[Shard]
    images: Images
    prometheus_url: str
    recording: Recording | None = None

    @property
    def name(self) -> str:
        """Which of the two, as its objects are called."""
        return "prometheus-adapter" if self.metrics.adapter == "prometheus" else "kube-metrics-adapter"

    @property
    def timed(self) -> list[Shard]:
        """Shards whose timetable kube-metrics-adapter reads from a ScalingSchedule."""
        if self.metrics.adapter == "prometheus":
            return []
        return [shard for shard in scaled(self.shards) if shard.bridges.schedule]

    @property
    def _config(self) -> str:
        return adapter_config(self.shards, self.namespace, self.metrics, self.recording)

    @property
    def host(self) -> str:
        """The name that the API server checks the certificate for."""
        return f"{self.name}.{self.namespace}.svc"

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object of the adapter."""
        return labels(self.name, self.instance)

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, self.name, self.namespace, self.labelled, **body)

    def _cluster_object(self, kind: str, suffix: str, **body: Any) -> Document:
        return manifest(f"{RBAC}/v1", kind, f"{self.namespace}-{self.name}-{suffix}", None, self.labelled, **body)

    def _binding(self, suffix: str, role: str, *, account: Document | None = None) -> Document:
        subject = account or {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}
        return self._cluster_object(
            "ClusterRoleBinding",
            suffix,
            roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            subjects=[subject],
        )

    def rights(self) -> dict[str, Document]:
        """What the adapter may read, and that the autoscaler may ask it."""
        reader = f"{self.namespace}-{self.name}-reader"
        asker = f"{self.namespace}-{self.name}-asker"
        rules = _COMMON_RULES if self.metrics.adapter == "prometheus" else _COLLECTOR_RULES
        if self.timed:
            rules = [*rules, *_SCHEDULE_RULES]
        controller = {"kind": "ServiceAccount", "name": "horizontal-pod-autoscaler", "namespace": "kube-system"}
        custom = [{"apiGroups": ["custom.metrics.k8s.io"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
        return {
            "account": self._object("v1", "ServiceAccount", automountServiceAccountToken=False),
            "reader": self._cluster_object("ClusterRole", "reader", rules=rules),
            "reader-binding": self._binding("reader", reader),
            "asker": self._cluster_object("ClusterRole", "asker", rules=custom),
            "asker-binding": self._binding("asker", asker, account=controller),
            "delegator-binding": self._binding("auth-delegator", "system:auth-delegator"),
            "authentication-binding": manifest(
                f"{RBAC}/v1",
                "RoleBinding",
                f"{self.namespace}-{self.name}-auth-reader",
                "kube-system",
                self.labelled,
                roleRef={"apiGroup": RBAC, "kind": "Role", "name": "extension-apiserver-authentication-reader"},
                subjects=[{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}],
            ),
        }

    def config_map(self) -> Document:
        """prometheus-adapter's rules."""
        return self._object("v1", "ConfigMap", data={"config.yaml": self._config})

    def tls_secret(self, certificate: Any, key: Any) -> Document:
        """The certificate that the API server is told to expect."""
        data = {"tls.crt": certificate, "tls.key": key}
        return self._object("v1", "Secret", type="kubernetes.io/tls", stringData=data)

    def service(self) -> Document:
        """TCP 443 inside the cluster, for the API server."""
        return self._object(
            "v1",
            "Service",
            annotations=NO_WAIT,
            spec={
                "selector": selector(self.name, self.instance),
                "ports": [{"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP"}],
            },
        )

    def _arguments(self) -> list[str]:
        tls = ["--tls-cert-file=/tls/tls.crt", "--tls-private-key-file=/tls/tls.key", f"--secure-port={PORT}"]
        interval = f"{self.metrics.interval}s"
        if self.metrics.adapter == "prometheus":
            return [
                *tls,
                "--config=/etc/adapter/config.yaml",
                f"--prometheus-url={self.prometheus_url}",
                "--prometheus-verb=POST",  # an expression may be longer than an address
                f"--metrics-relist-interval={interval}",
                f"--metrics-max-age={stale_after(self.metrics)}s",
                "--v=2",
            ]
        return [
            *tls,
            f"--metrics-ttl={TTL_SECONDS}s",
            f"--garbage-collector-interval={interval}",
            # The lead is in the entries already; a ramp would come on top.
            *(["--scaling-schedule", "--scaling-schedule-default-scaling-window=0s"] if self.timed else []),
        ]

    def workload(self, certificate_mark: Any) -> Document:
        """One replica; while it is away the autoscaler keeps the size it has."""
        with_config = self.metrics.adapter == "prometheus"
        annotations: Document = {"jitsi.org/certificate": certificate_mark}
        if with_config:
            annotations["jitsi.org/config"] = pod.text_hash(self._config)
        image = self.images.prometheus_adapter if with_config else self.images.kube_metrics_adapter
        container = pod.container(
            self.name,
            image,
            resources=pod.resources("100m", "256Mi"),
            mounts={"/tls": "!tls", "/tmp": "tmp", **({"/etc/adapter": "!config"} if with_config else {})},  # noqa: S108
            args=self._arguments(),
            ports=[{"name": "https", "containerPort": PORT, "protocol": "TCP"}],
            readinessProbe=pod.tcp_probe("https", period=5, failures=3),
            livenessProbe=pod.tcp_probe("https", period=15, failures=8),
        )
        volumes: list[Document] = [
            {"name": "tls", "secret": {"secretName": self.name, "defaultMode": pod.READ_ONLY_SECRET}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
            *([pod.config_volume("config", self.name)] if with_config else []),
        ]
        template = pod.pod(
            labelled=self.labelled,
            annotations=annotations,
            containers=[container],
            volumes=volumes,
            uid=NOBODY,
            serviceAccountName=self.name,
            automountServiceAccountToken=True,
            **pod.SOON_ELSEWHERE,
        )
        return self._object(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": 1,
                "selector": {"matchLabels": selector(self.name, self.instance)},
                "template": template,
            },
        )

    def api_service(self, certificate: Any) -> Document:
        """Registers the adapter with the API server; `certificate` is the one it must show."""
        return manifest(
            "apiregistration.k8s.io/v1",
            "APIService",
            f"{GROUP_VERSION}.custom.metrics.k8s.io",
            None,
            self.labelled,
            spec={
                "group": "custom.metrics.k8s.io",
                "version": GROUP_VERSION,
                "service": {"name": self.name, "namespace": self.namespace, "port": 443},
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "caBundle": certificate,
            },
        )


def bundle(certificate: str) -> str:
    """A PEM certificate as an APIService takes it."""
    return base64.b64encode(certificate.encode()).decode()
