"""Autoscaling of recorders: occupied recorders plus an idle reserve.

With prometheus-adapter, one metric is the desired number of recorders (`components.metrics.recorders_promql`).
kube-metrics-adapter only serves means per pod, so there the target is a share of occupied recorders: four in five.
"""

from components.kubernetes import replicas
from components.kubernetes.document import Document
from components.metrics.names import RECORDERS_BUSY, RECORDERS_WANTED, collected
from components.recording.pods import METRICS_PORT, STATUS_PATH, RecorderPods
from config.metrics import Metrics
from sizing.pools import min_recorders

BUSY_SHARE = "800m"  # 1 occupied of 1 scales to 2, 4 of 5 stay at 5: a reserve of about a quarter
SHRINK_AFTER = 900  # seconds; recorders freed when meetings end are often needed again soon


def autoscaler(pods: RecorderPods, metrics: Metrics) -> Document:
    """Return the HorizontalPodAutoscaler: up at once, down to the largest demand of the last 15 minutes."""
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
        metric = replicas.per_pod(name, BUSY_SHARE)
    else:
        described = {"apiVersion": "v1", "kind": "Namespace", "name": pods.namespace}
        target = {"type": "AverageValue", "averageValue": "1"}
        source = {"metric": {"name": RECORDERS_WANTED}, "describedObject": described, "target": target}
        metric = {"type": "Object", "object": source}
    return replicas.autoscaler(
        pods.workload(),
        min_recorders(pods.recording),
        pods.recording.max,
        [metric],
        behavior={
            "scaleUp": {"stabilizationWindowSeconds": 0},
            "scaleDown": {"stabilizationWindowSeconds": SHRINK_AFTER},
        },
        annotations=annotations,
    )
