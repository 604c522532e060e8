"""kube-state-metrics for the namespace alone: what autoscalers want, what pods wait for. It may read these, there, and nothing else."""

from dataclasses import dataclass
from typing import Any

from components import pod
from components.labels import labels, manifest, selector
from components.metrics.prometheus import NOBODY
from components.monitoring.targets import KUBE_STATE

Document = dict[str, Any]

_READ = {"horizontalpodautoscalers": "autoscaling", "pods": "", "deployments": "apps", "statefulsets": "apps"}
"""Resource -> API group."""
_KEPT = (
    "kube_horizontalpodautoscaler_(spec_(max|min)_replicas|status_(current|desired)_replicas|status_condition)",
    "kube_pod_(info|status_phase|status_ready|deletion_timestamp|container_status_restarts_total)",
    "kube_(deployment|statefulset)_status_replicas(_available|_ready)?",
)
"""Metrics by pattern. The others of each pod would be two hundred more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeStatePods:
    """What it is made from."""

    namespace: str
    instance: str
    image: str

    def _object(self, api_version: str, kind: str, **body: Any) -> Document:
        labelled = labels(KUBE_STATE.component, self.instance)
        return manifest(api_version, kind, KUBE_STATE.component, self.namespace, labelled, **body)

    def documents(self) -> dict[str, Document]:
        """Everything but the Deployment, by part."""
        rbac = "rbac.authorization.k8s.io"
        rules = [
            {"apiGroups": [group], "resources": [resource], "verbs": ["list", "watch"]}
            for resource, group in _READ.items()
        ]
        return {
            "account": self._object("v1", "ServiceAccount", automountServiceAccountToken=False),
            "role": self._object(f"{rbac}/v1", "Role", rules=rules),
            "binding": self._object(
                f"{rbac}/v1",
                "RoleBinding",
                roleRef={"apiGroup": rbac, "kind": "Role", "name": KUBE_STATE.component},
                subjects=[{"kind": "ServiceAccount", "name": KUBE_STATE.component, "namespace": self.namespace}],
            ),
            "network-policy": self._object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                spec={
                    "podSelector": {"matchLabels": selector(KUBE_STATE.component, self.instance)},
                    "policyTypes": ["Ingress"],
                    "ingress": [
                        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": KUBE_STATE.port}]}
                    ],
                },
            ),
        }

    def workload(self) -> Document:
        """One replica: while it is away the alerts that read it are silent, and TargetSilent fires."""
        container = pod.container(
            KUBE_STATE.component,
            self.image,
            resources=pod.resources("10m", "64Mi"),
            args=[
                f"--port={KUBE_STATE.port}",
                f"--namespaces={self.namespace}",
                f"--resources={','.join(sorted(_READ))}",
                f"--metric-allowlist={','.join(_KEPT)}",
            ],
            ports=[{"name": KUBE_STATE.port_name, "containerPort": KUBE_STATE.port, "protocol": "TCP"}],
            readinessProbe=pod.http_probe("/healthz", KUBE_STATE.port_name, period=5, failures=3),
            livenessProbe=pod.http_probe("/healthz", KUBE_STATE.port_name, period=15, failures=8),
        )
        template = pod.pod(
            labelled=labels(KUBE_STATE.component, self.instance),
            containers=[container],
            volumes=[],
            uid=NOBODY,
            serviceAccountName=KUBE_STATE.component,
            automountServiceAccountToken=True,
        )
        return self._object(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": 1,
                "selector": {"matchLabels": selector(KUBE_STATE.component, self.instance)},
                "template": template,
            },
        )
