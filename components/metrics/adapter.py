"""The server behind custom.metrics.k8s.io: prometheus-adapter, or kube-metrics-adapter."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from components.metrics.prometheus_config import stale_after
from components.metrics.rules import scaled
from components.metrics.scaling_schedules import GROUP as SCHEDULE_GROUP
from config.images import Images
from config.metrics import Metrics
from config.shard import Shard
from sizing.part import Part
from sizing.parts import KUBE_METRICS_ADAPTER, PROMETHEUS_ADAPTER

RBAC = "rbac.authorization.k8s.io"
TTL_SECONDS = 75  # above the 60 s between updates of a ScalingSchedule in v0.2.3; the default of 15 min would keep deleted bridges in the mean
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
    # The adapter also watches this kind, whether it exists or not.
    {"apiGroups": [SCHEDULE_GROUP], "resources": ["clusterscalingschedules"], "verbs": ["get", "list", "watch"]},
]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterPods:
    """Inputs of either adapter. Only prometheus-adapter reads `prometheus_url`."""

    namespace: str
    instance: str
    metrics: Metrics
    shards: Sequence[Shard]
    images: Images
    prometheus_url: str
    rules: str
    """prometheus-adapter's."""

    @property
    def part(self) -> Part:
        """Which adapter to deploy."""
        return PROMETHEUS_ADAPTER if self.metrics.adapter == "prometheus" else KUBE_METRICS_ADAPTER

    @property
    def name(self) -> str:
        """Name of the adapter and of its objects."""
        return self.part.name

    @property
    def timed(self) -> list[Shard]:
        """Shards whose schedule kube-metrics-adapter reads from a ScalingSchedule."""
        if self.metrics.adapter == "prometheus":
            return []
        return [shard for shard in scaled(self.shards) if shard.bridges.schedule]

    @property
    def host(self) -> str:
        """The host name in the certificate, which the API server verifies."""
        return f"{self.name}.{self.namespace}.svc"

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object of the adapter."""
        return labels(self.name, self.instance)

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        return manifest(api_version, kind, self.name, self.namespace, self.labels, **body)

    def _cluster_object(self, kind: str, suffix: str, **body: Any) -> Document:
        return manifest(f"{RBAC}/v1", kind, f"{self.namespace}-{self.name}-{suffix}", None, self.labels, **body)

    def _binding(self, suffix: str, role: str, *, account: Document | None = None) -> Document:
        subject = account or {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}
        return self._cluster_object(
            "ClusterRoleBinding",
            suffix,
            roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            subjects=[subject],
        )

    def rights(self) -> dict[str, Document]:
        """Return the adapter's RBAC objects and the autoscaler's access to its metrics, by part."""
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
                self.labels,
                roleRef={"apiGroup": RBAC, "kind": "Role", "name": "extension-apiserver-authentication-reader"},
                subjects=[{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}],
            ),
        }

    def config_map(self) -> Document:
        """Return a ConfigMap with prometheus-adapter's rules."""
        return self._object("v1", "ConfigMap", data={"config.yaml": self.rules})

    def tls_secret(self, certificate: Any, key: Any) -> Document:
        """Return a Secret with the serving certificate."""
        data = {"tls.crt": certificate, "tls.key": key}
        return self._object("v1", "Secret", type="kubernetes.io/tls", stringData=data)

    def service(self) -> Document:
        """Return a Service: TCP 443 in, from the API server."""
        return self._object(
            "v1",
            "Service",
            annotations=SKIP_AWAIT,
            spec={
                "selector": selector(self.name, self.instance),
                "ports": [{"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP"}],
            },
        )

    @property
    def _login(self) -> dict[str, tuple[str, str]]:
        """Flag of prometheus-adapter -> Secret and file below /login."""
        login = self.metrics.login
        files = {"prometheus-token-file": (login.token, "token"), "prometheus-ca-file": (login.ca, "ca.crt")}
        return {flag: (secret, file) for flag, (secret, file) in files.items() if secret}

    def _arguments(self) -> list[str]:
        tls = [
            "--tls-cert-file=/tls/tls.crt",
            "--tls-private-key-file=/tls/tls.key",
            f"--secure-port={self.part.port('https')}",
        ]
        interval = f"{self.metrics.interval}s"
        if self.metrics.adapter == "prometheus":
            return [
                *tls,
                "--config=/etc/adapter/config.yaml",
                f"--prometheus-url={self.prometheus_url}",
                *(f"--{flag}=/login/{file}" for flag, (_, file) in self._login.items()),
                *([f"--prometheus-header=X-Scope-OrgID={self.metrics.tenant}"] if self.metrics.tenant else []),
                "--prometheus-verb=POST",  # an expression may exceed the maximum URL length
                f"--metrics-relist-interval={interval}",
                f"--metrics-max-age={stale_after(self.metrics)}s",
                "--v=2",
            ]
        return [
            *tls,
            f"--metrics-ttl={TTL_SECONDS}s",
            f"--garbage-collector-interval={interval}",
            # The entries already include the lead.
            *(["--scaling-schedule", "--scaling-schedule-default-scaling-window=0s"] if self.timed else []),
        ]

    def workload(self, certificate_mark: Any) -> Document:
        """Return a Deployment of one replica. While it is down, the autoscaler keeps the current size."""
        with_config = self.metrics.adapter == "prometheus"
        login = self._login if with_config else {}
        annotations: Document = {"jitsi.org/certificate": certificate_mark}
        if with_config:
            annotations["jitsi.org/config"] = pod.text_hash(self.rules)
        container = pod.part_container(
            self.part,
            self.part.image.of(self.images, self.images.tag),
            mounts={
                "/tls": "!tls",
                "/tmp": "tmp",  # noqa: S108
                **({"/etc/adapter": "!config"} if with_config else {}),
                **({"/login": "!login"} if login else {}),
            },
            args=self._arguments(),
            readinessProbe=pod.tcp_probe("https", period=5, failures=3),
            livenessProbe=pod.tcp_probe("https", period=15, failures=8),
        )
        volumes: list[Document] = [
            {"name": "tls", "secret": {"secretName": self.name, "defaultMode": pod.READ_ONLY_SECRET}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
            *([pod.config_volume("config", self.name)] if with_config else []),
            *([pod.secrets_volume("login", login.values())] if login else []),
        ]
        template = pod.pod(
            labels=self.labels,
            annotations=annotations,
            containers=[container],
            volumes=volumes,
            uid=self.part.image.uid,
            serviceAccountName=self.name,
            automountServiceAccountToken=True,
            **pod.EVICT_FAST,
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
        """Return the APIService that registers the adapter; `certificate` is its CA bundle."""
        return manifest(
            "apiregistration.k8s.io/v1",
            "APIService",
            f"{GROUP_VERSION}.custom.metrics.k8s.io",
            None,
            self.labels,
            spec={
                "group": "custom.metrics.k8s.io",
                "version": GROUP_VERSION,
                "service": {"name": self.name, "namespace": self.namespace, "port": 443},
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "caBundle": certificate,
            },
        )


def foreign_rules(namespace: str, instance: str, rules: str) -> Document:
    """Return a ConfigMap with the rules that the cluster's own prometheus-adapter needs. No pod reads it."""
    name = "custom-metrics-rules"
    return manifest("v1", "ConfigMap", name, namespace, labels(name, instance), data={"config.yaml": rules})


def bundle(certificate: str) -> str:
    """Return a PEM certificate as base64, as `caBundle` requires."""
    return base64.b64encode(certificate.encode()).decode()
