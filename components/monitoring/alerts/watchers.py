"""Alerts about monitoring itself: scrapes and rules."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts
from config.quantities import quantity
from sizing.metrics_volume import WARNED_PERCENT


@alert_group("watchers")
def watcher_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """Yield alerts that warn when other alerts may be unable to fire."""
    own = facts.namespace_matcher
    yield Alert(
        name="TargetSilent",
        severity="warning",
        expression=f'min by (namespace, component, pod) (up{{{own},component!="jvb"}}) == 0',
        duration="10m",
        summary="{{ $labels.component }} in pod {{ $labels.pod }} exposes no metrics",
        description="Users usually notice nothing. Alerts based on these metrics do not fire, and autoscaling may lack its input.",
        action=f"kubectl -n {facts.namespace} get pod {{{{ $labels.pod }}}} -o wide",
    )
    if facts.metrics.managed:
        sizes = ("storage_blocks", "wal_storage_size", "head_chunks_storage_size")
        used = " + ".join(f"max by (namespace) (prometheus_tsdb_{size}_bytes{{{own}}})" for size in sizes)
        volume = int(quantity(facts.metrics.storage))
        yield Alert(
            name="MetricsVolumeNearFull",
            severity="warning",
            expression=f"({used}) / {volume} > {WARNED_PERCENT / 100}",
            duration="15m",
            summary="Prometheus uses {{ $value | humanizePercentage }} of its volume",
            description="On a full volume Prometheus ends, and the number of bridges is frozen until it has room.",
            action=f"Raise metrics.storage from {facts.metrics.storage} and run pulumi up, which grows the volume in place.",
        )
        yield Alert(
            name="RulesFail",
            severity="warning",
            expression=f"sum by (namespace) (increase(prometheus_rule_evaluation_failures_total{{{own}}}[{facts.over(600)}])) > 0",
            duration="10m",
            summary="Prometheus cannot evaluate some of its rules",
            description="Alerts may not fire, and the expected-participants metric may be missing.",
            action=f"kubectl -n {facts.namespace} logs prometheus-0 --tail=50 | grep -i rule",
        )
