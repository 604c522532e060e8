"""The pods of each workload with the labels that Kubernetes gives them, and which of them a selector picks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import INSTANCE_LABEL, NAME_LABEL, kind_of, object_name
from plan.diff.paths import at, whole
from plan.recorder import Resource
from sizing.part import Part
from sizing.parts import NAMED

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
"""Set by the StatefulSet controller: `name-ordinal`."""
ORDINAL_LABEL = "apps.kubernetes.io/pod-index"
"""Set by the StatefulSet controller: the ordinal."""
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Set by the API server on every Namespace."""


@dataclass(frozen=True)
class Pods:
    """The pods of one workload."""

    workload: Resource
    namespace: str
    labels: Mapping[str, Any]
    spec: dict[str, Any]
    most: int = 1
    """Pods of a StatefulSet at most; its ordinals are below."""

    @property
    def component(self) -> str:
        """Label `app.kubernetes.io/name` of the pods."""
        return str(self.labels.get(NAME_LABEL) or "")

    @property
    def instance(self) -> str:
        """Label `app.kubernetes.io/instance` of the pods."""
        return str(self.labels.get(INSTANCE_LABEL) or "")

    @property
    def part(self) -> Part | None:
        """The record of the pods. None for pods that the table does not list."""
        return NAMED.get(self.component)

    @property
    def title(self) -> str:
        """The pods in a sentence: `jvb of s0`, `haproxy`."""
        per_shard = self.part is not None and self.part.per_shard
        return f"{self.component} of {self.instance}" if per_shard else self.component or self.workload.name

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All containers, init containers among them."""
        return [*(self.spec.get("initContainers") or []), *(self.spec.get("containers") or [])]

    @property
    def ports(self) -> list[dict[str, Any]]:
        """Ports that the containers declare."""
        return [port for container in self.containers for port in container.get("ports") or []]

    def has(self, label: str, value: Any) -> bool:
        """Return whether at least one pod has the label."""
        stateful = kind_of(self.workload) == "StatefulSet"
        if label == POD_NAME_LABEL and stateful:
            return self.ordinal(value) is not None
        if label == ORDINAL_LABEL and stateful:
            return str(value).isdigit() and int(value) < self.most
        return self.labels.get(label) == value

    def ordinal(self, pod: Any) -> int | None:
        """Return the ordinal of the pod with this name. None if the StatefulSet never has such a pod."""
        name, _, number = str(pod).rpartition("-")
        right = name == object_name(self.workload) and number.isdigit() and int(number) < self.most
        return int(number) if right and kind_of(self.workload) == "StatefulSet" else None


def namespace_of(resource: Resource) -> str:
    """Namespace of an object; empty if it has none."""
    return str(at(resource.properties, "metadata", "namespace") or "")


def pod_template(workload: Resource) -> dict[str, Any]:
    """The pod template of a workload, also that of a CronJob's Jobs."""
    below = ("spec", "jobTemplate") if kind_of(workload) == "CronJob" else ()
    return at(workload.properties, *below, "spec", "template") or {}


def most_pods(workload: Resource, autoscaler: Resource | None) -> int | None:
    """Return how many pods a workload has at most: by its autoscaler, else its replicas, which are 1 unless set.

    None while the number is unknown, and for a DaemonSet, whose pods follow the nodes.
    """
    if kind_of(workload) == "DaemonSet":
        return None
    if autoscaler is not None:
        return whole(at(autoscaler.properties, "spec", "maxReplicas"))
    replicas = at(workload.properties, "spec", "replicas")
    return 1 if replicas is None else whole(replicas)


def pods_of(workload: Resource, autoscaler: Resource | None) -> Pods:
    """Return the pods of a workload; `autoscaler` sets their number. A number that is unknown counts as 1."""
    most = most_pods(workload, autoscaler)
    template = pod_template(workload)
    return Pods(
        workload=workload,
        namespace=namespace_of(workload),
        labels=at(template, "metadata", "labels") or {},
        spec=at(template, "spec") or {},
        most=1 if most is None else most,
    )


def matches(selector: Any, pods: Pods) -> bool:
    """Return whether a label selector (`matchLabels`, `matchExpressions`) picks at least one of the pods; `{}` picks all."""
    equal = (selector.get("matchLabels") or {}) if isinstance(selector, dict) else None
    if not isinstance(equal, dict):
        return False
    return all(pods.has(label, value) for label, value in equal.items()) and all(
        _holds(expression, pods) for expression in selector.get("matchExpressions") or []
    )


def _holds(expression: dict[str, Any], pods: Pods) -> bool:
    label, values = str(expression.get("key")), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return any(pods.has(label, value) for value in values)
        case "NotIn":
            return pods.labels.get(label) not in values
        case "Exists":
            return label in pods.labels
        case _:
            return label not in pods.labels


def selected(selector: Any, namespace: str, pods: Iterable[Pods]) -> list[Pods]:
    """Return the pods of a namespace that a label selector picks."""
    return [each for each in pods if each.namespace == namespace and matches(selector, each)]


def selector_of(resource: Resource) -> Any:
    """Return the selector of a Service, budget, policy, monitor or workload as a label selector. None if it has none."""
    spec = resource.properties.get("spec") or {}
    if kind_of(resource) == "Service":
        return {"matchLabels": spec["selector"]} if spec.get("selector") else None
    return spec.get("podSelector" if kind_of(resource) == "NetworkPolicy" else "selector")
