"""Autoscaling of bridges on their load, on expected participants and on announced meetings.

The HPA controller does not scale down while any metric is unavailable, and still scales up if another metric asks for it.
So the size never shrinks when something fails:

- a bridge that cannot be scraped has no value: the controller assumes the target before it scales down, and zero before it
  scales up. In `jvb_expected` it keeps its last value (`components.metrics.demand_promql`);
- without Prometheus the adapter answers with errors; without the recording rules it does not know the metric;
- without the adapter every metric is unavailable except CPU, which metrics-server serves;
- without jicofo nothing changes while one bridge answers, because jicofo's count is only the fallback.
"""

from components.bridges.pods import BridgePods
from components.kubernetes import replicas
from components.kubernetes.document import Document
from components.metrics import scaling_schedules
from components.metrics.names import (
    BRIDGE_METRICS,
    EXPECTED,
    PARTICIPANTS,
    SHARD,
    STRESS,
    TIMETABLE,
    TRANSMIT_KBPS,
    collected,
)
from config.bridges import Scaling
from config.metrics import Metrics
from config.shard import Shard
from sizing.ports import workload_count


def _of_namespace(metric: str, shard: Shard, namespace: str, target: int) -> Document:
    """Metric of the whole shard, attached to its namespace, which needs no custom resource."""
    return {
        "type": "Object",
        "object": {
            "describedObject": {"apiVersion": "v1", "kind": "Namespace", "name": namespace},
            "metric": {"name": metric, "selector": {"matchLabels": {SHARD: shard.name}}},
            "target": {"type": "AverageValue", "averageValue": str(target)},
        },
    }


def targets(shard: Shard, metrics: Metrics, namespace: str) -> list[Document]:
    """Metrics of each of the shard's autoscalers; the largest result wins.

    Participants never saturate, so scaling up does not stall when stress does. Metrics of the whole shard are divided evenly
    among its autoscalers.
    """
    scaling, count = shard.bridges.scaling, workload_count(shard)
    averages = {STRESS: f"{round(scaling.stress * 1000)}m", PARTICIPANTS: str(scaling.participants)}
    if scaling.transmit_kbps:
        averages[TRANSMIT_KBPS] = str(scaling.transmit_kbps)
    metric_name = collected if metrics.adapter == "kubeMetrics" else str
    metric_specs = [replicas.per_pod(metric_name(metric), average) for metric, average in averages.items()]
    if scaling.cpu_percent:
        metric_specs.append(replicas.cpu(scaling.cpu_percent))
    if metrics.adapter == "kubeMetrics":
        return [*metric_specs, scaling_schedules.target(shard, count)] if shard.bridges.schedule else metric_specs
    if scaling.look_ahead:
        metric_specs.append(_of_namespace(EXPECTED, shard, namespace, shard.bridges.target_participants * count))
    if shard.bridges.schedule:
        metric_specs.append(_of_namespace(TIMETABLE, shard, namespace, count))
    return metric_specs


def behavior(scaling: Scaling) -> Document:
    """Scale up at once, by 4 bridges or 100 % (Kubernetes' default); scale down to the highest proposal within `scaleDownWindow`."""
    down: Document = {"stabilizationWindowSeconds": scaling.scale_down_window}
    up: Document = {"stabilizationWindowSeconds": 0}
    for rules, policy in ((up, scaling.scale_up), (down, scaling.scale_down)):
        if policy:
            rules["policies"] = [{"type": "Pods", "value": policy.bridges, "periodSeconds": policy.period}]
    return {"scaleUp": up, "scaleDown": down}


def collector_annotations(interval: int) -> dict[str, str]:
    """Annotations that make kube-metrics-adapter read each bridge's JSON statistics from TCP 8080 every `interval` seconds.

    The adapter skips pods that are unready or being deleted.
    """
    annotations: dict[str, str] = {}
    for metric in BRIDGE_METRICS:
        prefix = f"metric-config.pods.{collected(metric.name)}.json-path"
        annotations |= {
            f"{prefix}/json-key": metric.json_key,
            f"{prefix}/path": "/colibri/stats",
            f"{prefix}/port": "8080",
            f"{prefix}/interval": f"{interval}s",
        }
    return annotations


def autoscaler(pods: BridgePods, workload: Document, metrics: Metrics, *, minimum: int, maximum: int) -> Document:
    """HorizontalPodAutoscaler of one workload. With the static topology it uses no custom metric."""
    bridges = pods.shard.bridges
    if bridges.topology == "static":
        return replicas.autoscaler(workload, minimum, maximum)
    return replicas.autoscaler(
        workload,
        minimum,
        maximum,
        targets(pods.shard, metrics, pods.namespace),
        behavior=behavior(bridges.scaling),
        annotations=collector_annotations(metrics.interval) if metrics.adapter == "kubeMetrics" else None,
    )
