"""Alerts about what watches: scrapes and rules."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert
from components.monitoring.watched import Watched


def watcher_alerts(watched: Watched) -> Iterator[Alert]:
    """Where these fire, others may not be able to."""
    own = watched.of_namespace
    yield Alert(
        name="TargetSilent",
        severity="warning",
        expression=f'min by (namespace, component, pod) (up{{{own},component!="jvb"}}) == 0',
        lasts="10m",
        summary="{{ $labels.component }} in pod {{ $labels.pod }} gives no metrics",
        meaning="Nobody need notice, but alerts and autoscaling that read it are silent.",
        action=f"kubectl -n {watched.namespace} get pod {{{{ $labels.pod }}}} -o wide",
    )
    if watched.metrics.managed:
        yield Alert(
            name="RulesFail",
            severity="warning",
            expression=f"sum by (namespace) (increase(prometheus_rule_evaluation_failures_total{{{own}}}[10m])) > 0",
            lasts="10m",
            summary="Prometheus cannot evaluate some of its rules",
            meaning="Alerts and the expected participants may be silent.",
            action=f"kubectl -n {watched.namespace} logs prometheus-0 --tail=50 | grep -i rule",
        )
