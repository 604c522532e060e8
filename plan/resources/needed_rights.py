"""What each account needs, with the reason. Any other right is a fault, and so is one that is missing here in the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass

from sizing.parts import ALLOY, JVB, KUBE_METRICS_ADAPTER, KUBE_STATE, PROBE, PROMETHEUS, PROMETHEUS_ADAPTER

READ = ("get", "list", "watch")
FOLLOW = ("list", "watch")
METRICS_GROUP = "custom.metrics.k8s.io"
AUTOSCALER = ("kube-system", "horizontal-pod-autoscaler")
"""Account of the controller that asks for custom metrics, which every cluster has."""


@dataclass(frozen=True, slots=True)
class Right:
    """Verbs on one resource. `everywhere`: in all namespaces, or on cluster-scoped objects."""

    resource: str
    verbs: tuple[str, ...]
    why: str
    group: str = ""
    everywhere: bool = False
    with_kind: str = ""
    """Needed only where the stack has an object of this kind; empty if always."""


def _each(
    verbs: tuple[str, ...], why: str, *resources: str, group: str = "", everywhere: bool = False, with_kind: str = ""
) -> Iterator[Right]:
    for resource in resources:
        yield Right(resource, verbs, why, group, everywhere, with_kind)


_ADAPTER = tuple(
    _each(
        READ, "names of the pods and Services that metrics are about", "namespaces", "pods", "services", everywhere=True
    )
)
_ZALANDO = "zalando.org"
_SCHEDULE = "ScalingSchedule"
_ALL_SCHEDULES = "it fails to start without either kind of schedule"

NEEDS: dict[str, tuple[Right, ...]] = {
    JVB.name: (
        Right("nodes", ("get",), "a bridge advertises its node's public address", everywhere=True),
        Right("pods", ("patch",), "the sidecar sets its own pod's deletion cost; a policy admits nothing else"),
    ),
    ALLOY.name: (
        Right("pods", READ, "finds the pods whose logs it collects"),
        Right("pods/log", ("get",), "reads the logs"),
    ),
    PROMETHEUS.name: (Right("pods", READ, "finds the pods that it scrapes"),),
    KUBE_STATE.name: (
        *_each(FOLLOW, "counts pods", "pods"),
        *_each(FOLLOW, "shows replicas", "deployments", "statefulsets", group="apps"),
        *_each(FOLLOW, "shows the autoscalers' bounds", "horizontalpodautoscalers", group="autoscaling"),
    ),
    PROBE.name: (
        Right("pods", ("list",), "finds the bridges"),
        Right("nodes", ("get",), "asks bridges at their nodes' public addresses", everywhere=True),
    ),
    PROMETHEUS_ADAPTER.name: _ADAPTER,
    KUBE_METRICS_ADAPTER.name: (
        *_ADAPTER,
        *_each(
            ("get",),
            "finds the workload that an autoscaler scales",
            "deployments",
            "statefulsets",
            group="apps",
            everywhere=True,
        ),
        *_each(
            READ, "serves what autoscalers ask for", "horizontalpodautoscalers", group="autoscaling", everywhere=True
        ),
        *_each(("create", "patch", "update"), "reports errors at autoscalers", "events", everywhere=True),
        *_each(
            ("create", "patch", "update"),
            "reports errors at autoscalers",
            "events",
            group="events.k8s.io",
            everywhere=True,
        ),
        *_each(
            READ,
            _ALL_SCHEDULES,
            "scalingschedules",
            "clusterscalingschedules",
            group=_ZALANDO,
            everywhere=True,
            with_kind=_SCHEDULE,
        ),
        *_each(
            ("update",),
            "shows whether one is active",
            "scalingschedules/status",
            group=_ZALANDO,
            everywhere=True,
            with_kind=_SCHEDULE,
        ),
    ),
}
"""Component -> rights of its account. No account may read Secrets, run commands in pods, or change rights."""

FOREIGN: dict[tuple[str, str], tuple[Right, ...]] = {
    AUTOSCALER: (Right("*", READ, "the autoscaler reads custom metrics", METRICS_GROUP, everywhere=True),)
}
"""Namespace and name of an account outside of the stack -> rights that the stack gives it."""

_SERVES_API = (
    ("ClusterRole", "system:auth-delegator", ""),
    ("Role", "extension-apiserver-authentication-reader", "kube-system"),
)
BUILT_IN: dict[str, tuple[tuple[str, str, str], ...]] = {
    PROMETHEUS_ADAPTER.name: _SERVES_API,
    KUBE_METRICS_ADAPTER.name: _SERVES_API,
}
"""Component -> Kubernetes' own roles that it needs to serve an API: kind, name, and namespace of the binding (empty: cluster)."""

TOKEN_CONTAINERS: dict[str, tuple[str, ...]] = {JVB.name: ("advertise", "own-pod")}
"""Component -> its only containers with a token. The bridge, which faces the internet, has none."""
CAPABILITIES: dict[str, frozenset[str]] = dict.fromkeys(("coturn", "coturn-udp"), frozenset({"NET_BIND_SERVICE"}))
"""Component -> capabilities that it may add. Coturn's binary carries this one, and does not start without it."""
SHARED_PROCESSES = frozenset({"haproxy"})
"""Components whose containers see each other's processes: HAProxy's sidecar signals HAProxy."""

RECORDER_PERMISSIONS = frozenset({"ObjectStorageObjectsRead", "ObjectStorageObjectsWrite"})
"""IAM permission sets of the recorders: they upload recordings and read them back. They cannot delete or list buckets."""
RECORDER_ACTIONS = frozenset(
    {"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
)
"""The same, as actions of a bucket policy."""
LOG_SCOPES = {"writeLogs": True} | dict.fromkeys(
    (
        "queryLogs",
        "queryMetrics",
        "queryTraces",
        "setupAlerts",
        "setupLogsRules",
        "setupMetricsRules",
        "writeMetrics",
        "writeTraces",
    ),
    False,
)
"""Scopes of the log collector's token at Cockpit. The provider's default also grants metrics and traces."""
