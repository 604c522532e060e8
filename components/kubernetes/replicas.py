"""Autoscalers, which own the replicas of a workload even if the number is fixed.

Moving `spec.replicas` between the program and an autoscaler removes pods: the API server rejects an update with another number
(field manager conflict), and defaults a missing number to 1. So no such workload sets `replicas`. A fixed number is an
autoscaler with equal bounds, which the controller enforces without reading a metric.
"""

from components.kubernetes.document import Document, manifest


def cpu(percent: int) -> Document:
    """Target for the mean CPU of the pods in percent of their requests, from metrics-server."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def per_pod(metric: str, target: str) -> Document:
    """Target for the mean of a custom metric over the pods."""
    value = {"type": "AverageValue", "averageValue": target}
    return {"type": "Pods", "pods": {"metric": {"name": metric}, "target": value}}


FULL_CPU = 100
"""Percent, for a fixed number: the API requires a metric, and defaults to 80 % CPU."""


def autoscaler(
    workload: Document,
    minimum: int,
    maximum: int,
    metrics: list[Document] | None = None,
    *,
    behavior: Document | None = None,
    annotations: dict[str, str] | None = None,
) -> Document:
    """The HorizontalPodAutoscaler of a Deployment or StatefulSet, with its name, namespace and labels.

    The largest result of `metrics` wins, within the bounds. A new workload starts with one pod; the controller raises it to
    the minimum within 15 s.
    """
    meta = workload["metadata"]
    spec: Document = {
        "scaleTargetRef": {"apiVersion": workload["apiVersion"], "kind": workload["kind"], "name": meta["name"]},
        "minReplicas": minimum,
        "maxReplicas": maximum,
        "metrics": metrics or [cpu(FULL_CPU)],
    }
    if behavior:
        spec["behavior"] = behavior
    return manifest(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        meta["name"],
        meta["namespace"],
        meta["labels"],
        annotations=annotations,
        spec=spec,
    )
