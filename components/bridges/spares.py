"""Placeholders: the next bridge takes the place of one at once, and the one that it pushed out orders the next node.

They run the bridge's image, so that the node has pulled it, and do nothing in it. With a timetable they are Jobs, started
by the clock of its zone and ended by their own deadline: nobody needs a right on anything to switch them. A Job replaces a
placeholder that was pushed out after 10 s, after 20 s the second time, and so on up to 10 min (Job controller's back-off).
"""

from components import pod
from components.bridges.pods import BridgePods, Document
from components.labels import NO_WAIT, labels, manifest, selector
from plan.pools import bridge_size
from plan.spare_times import SpareWindow, spare_windows

PRIORITY = -5
"""Below every pod, above -10, where Kapsule's autoscaler stops making nodes for a pod."""
ENDLESS = 2**31 - 1  # batch/v1: backoffLimit is an int32


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
        value=PRIORITY,
        preemptionPolicy="Never",
        description="Placeholders that keep a node booted for the next bridge",
    )


def placeholders(pods: BridgePods) -> dict[str, Document]:
    """By part: one Deployment where spares always stand, else a CronJob for each of the week's windows; none without spares."""
    if not pods.shard.bridges.scaling.spares:
        return {}
    found = spare_windows(pods.shard.bridges)
    if not found:
        return {"spares": _always(pods)}
    return {f"spares-{number}": _timed(pods, window, number) for number, window in enumerate(found)}


def _labels(pods: BridgePods) -> dict[str, str]:
    return labels("jvb-spare", pods.shard.name)


def _template(pods: BridgePods, **more: str) -> Document:
    size = bridge_size(pods.shard.bridges)
    amount = {"cpu": f"{size.millicpu}m", "memory": f"{size.memory_mib}Mi"}
    idle = pod.container(
        "spare",
        pods.image,
        resources={"requests": amount, "limits": amount},
        command=["sleep", "infinity"],
    )
    return pod.pod(
        labelled=_labels(pods),
        annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
        containers=[idle],
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
        pods.names.of("jvb-spare"),
        pods.namespace,
        _labels(pods),
        annotations=NO_WAIT,
        spec={
            "replicas": pods.shard.bridges.scaling.spares,
            "selector": {"matchLabels": selector("jvb-spare", pods.shard.name)},
            "template": _template(pods),
        },
    )


def _timed(pods: BridgePods, window: SpareWindow, number: int) -> Document:
    """A window's `until` is not kept: its spares stand until the entry is taken out of the timetable."""
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
        f"{pods.names.of('jvb-spare')}-{number}",
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
