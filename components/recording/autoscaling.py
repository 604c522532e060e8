"""What sizes the recorders: those that record, and the idle ones beside them.

With prometheus-adapter one number for all says how many recorders are wanted (`components.metrics.recorders_promql`).
kube-metrics-adapter knows means per pod only, so there a share of busy recorders is held: four in five.
"""

from typing import Any

from components import pod_number
from components.metrics.names import RECORDERS_BUSY, RECORDERS_WANTED, collected
from components.recording.pods import METRICS_PORT, STATUS_PATH, RecorderPods
from config.metrics import Metrics
from plan.recording_pool import fewest

Document = dict[str, Any]

BUSY_SHARE = "800m"  # 1 busy of 1 makes 2, 4 of 5 stay 5: about a quarter of the busy ones stand idle
SHRINK_AFTER = 900  # seconds; a lesson's end frees recorders that the next lesson's start wants again


def autoscaler(pods: RecorderPods, metrics: Metrics) -> Document:
    """The HorizontalPodAutoscaler: up at once, down by the largest wish of a quarter of an hour."""
    annotations = None
    if metrics.adapter == "kubeMetrics":
        name = collected(RECORDERS_BUSY)
        prefix = f"metric-config.pods.{name}.json-path"
        annotations = {
            f"{prefix}/json-key": "$.busy",
            f"{prefix}/path": STATUS_PATH,
            f"{prefix}/port": str(METRICS_PORT),
            f"{prefix}/interval": f"{metrics.interval}s",
        }
        target = {"type": "AverageValue", "averageValue": BUSY_SHARE}
        metric: Document = {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}
    else:
        described = {"apiVersion": "v1", "kind": "Namespace", "name": pods.namespace}
        target = {"type": "AverageValue", "averageValue": "1"}
        wanted = {"metric": {"name": RECORDERS_WANTED}, "describedObject": described, "target": target}
        metric = {"type": "Object", "object": wanted}
    return pod_number.autoscaler(
        pods.workload(),
        fewest(pods.recording),
        pods.recording.max,
        [metric],
        behavior={
            "scaleUp": {"stabilizationWindowSeconds": 0},
            "scaleDown": {"stabilizationWindowSeconds": SHRINK_AFTER},
        },
        annotations=annotations,
    )
