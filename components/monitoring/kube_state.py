"""kube-state-metrics for the namespace alone: what autoscalers want, what pods wait for. It may read these, there, and nothing else."""

from dataclasses import dataclass
from typing import Any

from components import pod
from components.metrics.prometheus import NOBODY
from components.monitoring.targets import KUBE_STATE
from components.network_policies import allowed, metrics_reader
from components.stack_objects import StackObjects

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

    objects: StackObjects

    def documents(self) -> dict[str, Document]:
        """Everything but the Deployment, by part."""
        name = KUBE_STATE.component
        rules = [
            {"apiGroups": [group], "resources": [resource], "verbs": ["list", "watch"]}
            for resource, group in _READ.items()
        ]
        readers = [allowed(metrics_reader(None), tcp=[KUBE_STATE.port])]
        return self.objects.account(name, rules) | {"network-policy": self.objects.policy(name, readers)}

    def workload(self) -> Document:
        """One replica: while it is away the alerts that read it are silent, and TargetSilent fires."""
        container = pod.container(
            KUBE_STATE.component,
            self.objects.images.kube_state_metrics,
            resources=pod.resources("10m", "64Mi"),
            args=[
                f"--port={KUBE_STATE.port}",
                f"--namespaces={self.objects.namespace}",
                f"--resources={','.join(sorted(_READ))}",
                f"--metric-allowlist={','.join(_KEPT)}",
            ],
            ports=[{"name": KUBE_STATE.port_name, "containerPort": KUBE_STATE.port, "protocol": "TCP"}],
            readinessProbe=pod.http_probe("/healthz", KUBE_STATE.port_name, period=5, failures=3),
            livenessProbe=pod.http_probe("/healthz", KUBE_STATE.port_name, period=15, failures=8),
        )
        template = pod.pod(
            labelled=self.objects.labelled(KUBE_STATE.component),
            containers=[container],
            volumes=[],
            uid=NOBODY,
            serviceAccountName=KUBE_STATE.component,
            automountServiceAccountToken=True,
        )
        return self.objects.workload("Deployment", KUBE_STATE.component, {"replicas": 1, "template": template})
