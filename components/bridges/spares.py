"""Placeholders that keep nodes ready: the next bridge evicts one, and the evicted placeholder triggers the next node.

They run `sleep` in the bridge's image, so the node has already pulled it. With a schedule they are CronJobs in its time zone,
which end by their deadline, so nothing needs permission to scale them. The Job controller replaces an evicted placeholder
after 10 s, then 20 s, doubling up to 10 min.
"""

from typing import Any

from components.bridges.pods import BridgePods
from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from sizing.parts import JVB_SPARE
from sizing.pod_sizes import bridge_size
from sizing.spare_times import SpareWindow, spare_windows

PRIORITY = -5
"""Below every other pod, and not below -10, the cutoff under which Kapsule's autoscaler adds no node for a pod."""
ENDLESS = 2**31 - 1  # backoffLimit is an int32


def spare_class_name(namespace: str) -> str:
    """Name of the placeholders' PriorityClass, which is cluster-scoped and so contains the namespace."""
    return f"{namespace}-spare"


def spare_class(namespace: str) -> Document:
    """PriorityClass of placeholders: every other pod preempts them, and they preempt none."""
    return manifest(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        spare_class_name(namespace),
        None,
        labels(JVB_SPARE.name, namespace),
        value=PRIORITY,
        preemptionPolicy="Never",
        description="Placeholders that keep a node booted for the next bridge",
    )


def placeholders(pods: BridgePods) -> dict[str, Document]:
    """Placeholders by part: a CronJob for each window of the schedule, or one Deployment without a schedule. Empty without spares."""
    if not pods.shard.bridges.scaling.spares:
        return {}
    windows = spare_windows(pods.shard.bridges)
    if not windows:
        return {"spares": _always(pods)}
    return {f"spares-{number}": _timed(pods, window, number) for number, window in enumerate(windows)}


def _labels(pods: BridgePods) -> dict[str, str]:
    return labels(JVB_SPARE.name, pods.shard.name)


def _template(pods: BridgePods, **more: Any) -> Document:
    size = bridge_size(pods.shard.bridges)
    amount = {"cpu": f"{size.millicpu}m", "memory": f"{size.memory_mib}Mi"}
    container = pod.container(
        JVB_SPARE.main,
        pods.image,
        resources={"requests": amount, "limits": amount},
        command=["sleep", "infinity"],
    )
    return pod.pod(
        labels=_labels(pods),
        annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
        containers=[container],
        volumes=[],
        priorityClassName=spare_class_name(pods.namespace),
        terminationGracePeriodSeconds=0,
        **more,
        **pods.placement,
    )


def _always(pods: BridgePods) -> Document:
    return manifest(
        "apps/v1",
        "Deployment",
        pods.names.of(JVB_SPARE.name),
        pods.namespace,
        _labels(pods),
        annotations=SKIP_AWAIT,
        spec={
            "replicas": pods.shard.bridges.scaling.spares,
            "selector": {"matchLabels": selector(JVB_SPARE.name, pods.shard.name)},
            "template": _template(pods),
        },
    )


def _timed(pods: BridgePods, window: SpareWindow, number: int) -> Document:
    """CronJob of one window. A CronJob has no end date, so an entry's `until` has no effect here."""
    count = pods.shard.bridges.scaling.spares
    job = {
        "parallelism": count,
        "completions": count,
        "activeDeadlineSeconds": window.minutes * 60,
        "backoffLimit": ENDLESS,
        "podReplacementPolicy": "TerminatingOrFailed",
        "template": _template(pods, restartPolicy="Never"),
    }
    return manifest(
        "batch/v1",
        "CronJob",
        f"{pods.names.of(JVB_SPARE.name)}-{number}",
        pods.namespace,
        _labels(pods),
        spec={
            "schedule": f"{window.start.minute} {window.start.hour} * * {','.join(window.days)}",
            "timeZone": window.timezone,
            "concurrencyPolicy": "Replace",
            "successfulJobsHistoryLimit": 0,
            "failedJobsHistoryLimit": 0,
            "jobTemplate": {"metadata": {"labels": _labels(pods)}, "spec": job},
        },
    )
