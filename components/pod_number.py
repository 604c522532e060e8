"""The number of a workload's pods: an autoscaler's from the first day on, also where it never changes.

A number that changed hands between the program and an autoscaler would cut pods off: the API server refuses an update that
states a number which the autoscaler has set to another (a conflict of field managers), and takes one that no longer states
any for 1. So no such workload ever states its number, and a fixed one is an autoscaler whose least is its most: the
controller then corrects the number without a look at any metric.
"""

from typing import Any

from components.labels import manifest

Document = dict[str, Any]


def cpu(percent: int) -> Document:
    """The mean CPU of the pods, in percent of what they request; metrics-server tells it."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


FULL_CPU = 100
"""Percent; for a fixed number, which no metric moves: the API wants one, and would set 80 % of the CPU itself."""


def autoscaler(
    workload: Document,
    least: int,
    most: int,
    metrics: list[Document] | None = None,
    *,
    behavior: Document | None = None,
    annotations: dict[str, str] | None = None,
) -> Document:
    """The HorizontalPodAutoscaler of a Deployment or StatefulSet, with its name, namespace and labels.

    The largest answer of `metrics` wins, within the bounds; without metrics the number is fixed. A new workload starts with
    one pod, which the controller raises to the least within 15 s.
    """
    meta = workload["metadata"]
    spec: Document = {
        "scaleTargetRef": {"apiVersion": workload["apiVersion"], "kind": workload["kind"], "name": meta["name"]},
        "minReplicas": least,
        "maxReplicas": most,
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
