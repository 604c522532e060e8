"""Sabotages of what a Prometheus Operator selects."""

from sabotages import Sabotage

SELECTED = "The operator's Prometheus selects every monitor and rule by the labels of the stack file."

SABOTAGES = (
    Sabotage(
        SELECTED,
        "jitsi-monitoring-jvb-targets",
        lambda p: p["metadata"]["labels"].pop("release"),
        "monitor-unselected",
        stack="documented",
        says="release: kube-prometheus-stack",
    ),
    Sabotage(
        SELECTED,
        "jitsi-monitoring-rules",
        lambda p: p["metadata"]["labels"].update(release="another"),
        "monitor-unselected",
        stack="documented",
    ),
)
