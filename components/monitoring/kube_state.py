"""kube-state-metrics for autoscalers, pods and workloads of the stack's namespace only."""

from dataclasses import dataclass

from components.kubernetes import pod
from components.kubernetes.document import Document
from components.kubernetes.network_policies import ingress, metrics_reader
from components.kubernetes.stack_objects import StackObjects
from sizing.parts import KUBE_STATE

_READ = {"horizontalpodautoscalers": "autoscaling", "pods": "", "deployments": "apps", "statefulsets": "apps"}
"""Resource -> API group."""
_KEPT = (
    "kube_horizontalpodautoscaler_(spec_(max|min)_replicas|status_(current|desired)_replicas|status_condition)",
    "kube_pod_(info|created|status_phase|status_ready|status_ready_time|deletion_timestamp|container_status_restarts_total)",
    "kube_(deployment|statefulset)_status_replicas(_available|_ready)?",
)
"""Patterns of the metrics that are kept. All others would add 200 series per pod."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeStatePods:
    """Inputs."""

    objects: StackObjects

    def documents(self) -> dict[str, Document]:
        """Return everything but the Deployment, by part."""
        name = KUBE_STATE.name
        rules = [
            {"apiGroups": [group], "resources": [resource], "verbs": ["list", "watch"]}
            for resource, group in _READ.items()
        ]
        readers = ingress(KUBE_STATE, self.objects.instance, metrics_reader(None))
        return self.objects.account(name, rules) | {"network-policy": self.objects.policy(name, readers)}

    def workload(self) -> Document:
        """Return a Deployment of one replica. While it is down, alerts on its series do not fire, but TargetSilent does."""
        container = pod.part_container(
            KUBE_STATE,
            self.objects.images.kube_state_metrics,
            args=[
                f"--port={KUBE_STATE.port('http')}",
                f"--namespaces={self.objects.namespace}",
                f"--resources={','.join(sorted(_READ))}",
                f"--metric-allowlist={','.join(_KEPT)}",
            ],
            readinessProbe=pod.http_probe("/healthz", "http", period=5, failures=3),
            livenessProbe=pod.http_probe("/healthz", "http", period=15, failures=8),
        )
        template = pod.pod(
            labels=self.objects.labels(KUBE_STATE.name),
            containers=[container],
            volumes=[],
            uid=KUBE_STATE.image.uid,
            serviceAccountName=KUBE_STATE.name,
            automountServiceAccountToken=True,
        )
        return self.objects.workload("Deployment", KUBE_STATE.name, {"replicas": 1, "template": template})
