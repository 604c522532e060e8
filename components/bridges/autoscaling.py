"""What sizes the bridges: an autoscaler on how full they are, on who is expected and on who is announced.

The controller keeps the size when any metric has no answer and the others would shrink it, and still grows when one of them
asks for more. So whatever is away, the size freezes:

- a bridge that cannot be scraped has no number of its own; the controller takes it for exactly at target before it shrinks,
  for empty before it grows. In `jvb_expected` it keeps what it last said (`components.metrics.demand_promql`);
- Prometheus away: the adapter's answers are errors; rules missing: the adapter does not know the metric. Both freeze;
- the adapter away: its API is, and everything freezes but CPU, which metrics-server answers for;
- jicofo away: nothing changes while one bridge answers, for its count is only the fallback.
"""

from components import pod_number
from components.bridges.pods import BridgePods, Document
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
from plan.ports import host_port_slots


def _per_bridge(metric: str, target: str) -> Document:
    return {
        "type": "Pods",
        "pods": {"metric": {"name": metric}, "target": {"type": "AverageValue", "averageValue": target}},
    }


def shares(shard: Shard) -> int:
    """Workloads among which the shard's bridges are divided, each with an autoscaler of its own."""
    return len(host_port_slots(shard)) if shard.bridges.layout == "hostPort" else 1


def _of_namespace(metric: str, shard: Shard, namespace: str, target: int) -> Document:
    """One number for the whole shard. A namespace is the one object that every cluster has, and needs no further API."""
    return {
        "type": "Object",
        "object": {
            "describedObject": {"apiVersion": "v1", "kind": "Namespace", "name": namespace},
            "metric": {"name": metric, "selector": {"matchLabels": {SHARD: shard.name}}},
            "target": {"type": "AverageValue", "averageValue": str(target)},
        },
    }


def targets(shard: Shard, metrics: Metrics, namespace: str) -> list[Document]:
    """The metrics of each of the shard's autoscalers; the largest answer wins.

    Participants never saturate, so a full mean cannot trap the size. A number for the whole shard is shared out evenly.
    """
    scaling, divided = shard.bridges.scaling, shares(shard)
    wanted = {STRESS: f"{round(scaling.stress * 1000)}m", PARTICIPANTS: str(scaling.participants)}
    if scaling.transmit_kbps:
        wanted[TRANSMIT_KBPS] = str(scaling.transmit_kbps)
    called = collected if metrics.adapter == "kubeMetrics" else str
    found = [_per_bridge(called(metric), target) for metric, target in wanted.items()]
    if scaling.cpu_percent:
        found.append(pod_number.cpu(scaling.cpu_percent))
    if metrics.adapter == "kubeMetrics":
        return [*found, scaling_schedules.target(shard, divided)] if shard.bridges.schedule else found
    if scaling.look_ahead:
        found.append(_of_namespace(EXPECTED, shard, namespace, shard.bridges.wanted_participants * divided))
    if shard.bridges.schedule:
        found.append(_of_namespace(TIMETABLE, shard, namespace, divided))
    return found


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
        prefix = f"metric-config.pods.{collected(metric.name)}.json-path"
        found |= {
            f"{prefix}/json-key": metric.json_key,
            f"{prefix}/path": "/colibri/stats",
            f"{prefix}/port": "8080",
            f"{prefix}/interval": f"{interval}s",
        }
    return found


def autoscaler(pods: BridgePods, workload: Document, metrics: Metrics, *, least: int, most: int) -> Document:
    """The HorizontalPodAutoscaler of one workload; of a fixed number it asks no adapter."""
    bridges = pods.shard.bridges
    if bridges.topology == "static":
        return pod_number.autoscaler(workload, least, most)
    return pod_number.autoscaler(
        workload,
        least,
        most,
        targets(pods.shard, metrics, pods.namespace),
        behavior=behavior(bridges.scaling),
        annotations=collector_annotations(metrics.interval) if metrics.adapter == "kubeMetrics" else None,
    )
