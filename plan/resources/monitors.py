"""Rules about what a Prometheus Operator selects: the labels of monitors and rules."""

from collections.abc import Iterator

from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources


@rule("monitor-unselected", "error")
def monitor_unselected(stack: Resources) -> Iterator[Hit]:
    """A PodMonitor or PrometheusRule lacks a label by which the operator's Prometheus selects it."""
    wanted = stack.config.monitoring.monitor_labels
    for resource in stack.of("PodMonitor", "PrometheusRule"):
        labels = at(resource.properties, "metadata", "labels") or {}
        missing = {name: value for name, value in wanted.items() if labels.get(name) != value}
        if missing:
            yield Hit(
                f"{resource.name}.metadata.labels",
                f"lacks {', '.join(f'{name}: {value}' for name, value in missing.items())}: the operator's Prometheus does not select it, "
                "and neither scrapes nor alerts",
                "set the labels of monitoring.monitorLabels",
            )
