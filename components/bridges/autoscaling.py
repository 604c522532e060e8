"""What sizes the bridges: an autoscaler on stress and participants, and placeholders that keep a node warm."""

from typing import Any

from components import pod
from components.bridges.pods import BridgePods, Document
from components.labels import NO_WAIT, labels, manifest, selector
from components.metrics.names import BRIDGE_METRICS, PARTICIPANTS, STRESS, TRANSMIT_KBPS
from config.bridges import Scaling
from plan.pools import bridge_size

SPARE_PRIORITY = -5
"""Below every pod, above -10, where Kapsule's autoscaler stops making nodes for a pod."""


def _per_bridge(metric: str, target: str) -> Document:
    return {
        "type": "Pods",
        "pods": {"metric": {"name": metric}, "target": {"type": "AverageValue", "averageValue": target}},
    }


def targets(scaling: Scaling) -> list[Document]:
    """The autoscaler's metrics; the largest answer wins. Participants never saturate, so a full mean cannot trap the size."""
    metrics = [
        _per_bridge(STRESS, f"{round(scaling.stress * 1000)}m"),
        _per_bridge(PARTICIPANTS, str(scaling.participants)),
    ]
    if scaling.transmit_kbps:
        metrics.append(_per_bridge(TRANSMIT_KBPS, str(scaling.transmit_kbps)))
    if scaling.cpu_percent:
        target = {"type": "Utilization", "averageUtilization": scaling.cpu_percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    return metrics


def behavior(scaling: Scaling) -> Document:
    """Up at once, by 4 bridges or to the double (upstream's default); down by the largest wish of `scaleDownWindow`."""
    down: Document = {"stabilizationWindowSeconds": scaling.scale_down_window}
    up: Document = {"stabilizationWindowSeconds": 0}
    for rules, policy in ((up, scaling.scale_up), (down, scaling.scale_down)):
        if policy:
            rules["policies"] = [{"type": "Pods", "value": policy.bridges, "periodSeconds": policy.period}]
    return {"scaleUp": up, "scaleDown": down}


def collector_annotations(interval: int) -> dict[str, str]:
    """How kube-metrics-adapter reads the bridges' own JSON; it leaves out pods that are unready or being deleted."""
    found: dict[str, str] = {}
    for metric in BRIDGE_METRICS:
        prefix = f"metric-config.pods.{metric.name}.json-path"
        found |= {
            f"{prefix}/json-key": metric.json_key,
            f"{prefix}/path": "/colibri/stats",
            f"{prefix}/port": "8080",
            f"{prefix}/interval": f"{interval}s",
        }
    return found


def autoscaler(pods: BridgePods, target: Document, *, least: int, most: int, collector: dict[str, str]) -> Document:
    """The HorizontalPodAutoscaler of one workload; `collector` is empty where Prometheus is the source."""
    name = target["metadata"]["name"]
    scaling = pods.shard.bridges.scaling
    spec: dict[str, Any] = {
        "scaleTargetRef": {"apiVersion": target["apiVersion"], "kind": target["kind"], "name": name},
        "minReplicas": least,
        "maxReplicas": most,
        "metrics": targets(scaling),
        "behavior": behavior(scaling),
    }
    return manifest(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        pods.namespace,
        pods.labelled,
        annotations=collector or None,
        spec=spec,
    )


def spare_class_name(namespace: str) -> str:
    """The priority class of the stack's placeholders; cluster-wide, so it carries the namespace."""
    return f"{namespace}-spare"


def spare_class(namespace: str) -> Document:
    """Priority of placeholders: any bridge takes their place, they take nobody's."""
    return manifest(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        spare_class_name(namespace),
        None,
        labels("jvb-spare", namespace),
        value=SPARE_PRIORITY,
        preemptionPolicy="Never",
        description="Placeholders that keep a node booted for the next bridge",
    )


def spares(pods: BridgePods, image: str) -> Document:
    """Placeholders the size of a bridge: the next bridge takes their node at once while another one boots."""
    shard = pods.shard
    size = bridge_size(shard.bridges)
    amount = {"cpu": f"{size.millicpu}m", "memory": f"{size.memory_mib}Mi"}
    labelled = labels("jvb-spare", shard.name)
    return manifest(
        "apps/v1",
        "Deployment",
        pods.names.of("jvb-spare"),
        pods.namespace,
        labelled,
        annotations=NO_WAIT,
        spec={
            "replicas": shard.bridges.scaling.spares,
            "selector": {"matchLabels": selector("jvb-spare", shard.name)},
            "template": pod.pod(
                labelled=labelled,
                containers=[pod.container("spare", image, resources={"requests": amount, "limits": amount})],
                volumes=[],
                priorityClassName=spare_class_name(pods.namespace),
                terminationGracePeriodSeconds=0,
                **pods.placement,
            ),
        },
    )
