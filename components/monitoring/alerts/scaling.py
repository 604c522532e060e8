"""Alerts about the number of bridges: too few, stuck, or no longer adjusted."""

from collections.abc import Iterator

from components.metrics.names import RECORDED_PEOPLE, RECORDED_TIMETABLE, SHARD
from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import ACTIVE, ALLOWED, HEADROOM, MISSING, PENDING, READY, WANTED
from config.model import format_duration

_SHARD = f"{{{{ $labels.{SHARD} }}}}"
_ON_SHARD = f"on (namespace, {SHARD})"
BOOTS = 2  # boot times after which a node counts as stuck


@alert_group("scaling")
def scaling_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """Yield alerts; those on kube-state-metrics only if its series exist."""
    own = f"{{{facts.namespace_matcher}}}"
    yield Alert(
        name="HeadroomGone",
        severity="critical",
        expression=f"{HEADROOM}{own} <= 0 and {_ON_SHARD} {RECORDED_PEOPLE}{own} > 0",
        duration="5m",
        summary=f"Shard {_SHARD} has {{{{ $value }}}} more participants than its bridges carry well",
        description="Video is coarse or frozen for everyone on the shard, and worse with every participant who joins.",
        action="Dashboard Bridges and scaling: check whether more bridges are desired, allowed and starting. The runbook covers each case.",
    )
    if facts.scheduled:
        lead = max(entry.lead for shard in facts.scheduled for entry in shard.bridges.schedule)
        yield Alert(
            name="TimetableNotMet",
            severity="critical",
            expression=(
                f"min_over_time({RECORDED_TIMETABLE}{own}[{max(lead, 60)}s]) > {_ON_SHARD} {READY}{own} "
                f"and {_ON_SHARD} {MISSING}{own} > 0"
            ),
            duration="1m",
            summary=f"Shard {_SHARD} is scheduled to have {{{{ $value }}}} bridges and has fewer",
            description=f"A scheduled period begins, and a lead of {format_duration(lead)} was not enough: its participants share too few bridges.",
            action=f"kubectl -n {facts.namespace} get pod,hpa -l app.kubernetes.io/name=jvb -o wide",
        )
    if facts.kube_state and facts.autoscaled:
        yield from _with_kube_state(facts)
    if facts.adapter:
        yield Alert(
            name="MetricsAdapterStale",
            severity="warning",
            expression=(
                f'sum(increase(prometheus_http_requests_total{{{facts.namespace_matcher},handler="/api/v1/series",code="200"}}[{facts.over(300)}])) == 0'
            ),
            duration="3m",
            summary="The metrics adapter has not queried Prometheus for eight minutes",
            description="The number of bridges is frozen. Nobody notices until load rises.",
            action=f"kubectl -n {facts.namespace} logs deploy/prometheus-adapter --tail=50",
        )


def _with_kube_state(facts: MonitoringFacts) -> Iterator[Alert]:
    own = f"{{{facts.namespace_matcher}}}"
    boot = max(shard.bridges.scaling.boot_time for shard in facts.autoscaled)
    yield Alert(
        name="AutoscalerBlind",
        severity="critical",
        expression=f"{ACTIVE}{own} == 0",
        duration="5m",
        summary=f"The autoscaler of shard {_SHARD} cannot read its metrics",
        description="The number of bridges is frozen. Nobody notices until load rises.",
        action=f"kubectl -n {facts.namespace} describe hpa -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD}",
    )
    yield Alert(
        name="AutoscalerAtMax",
        severity="warning",
        expression=f"{WANTED}{own} >= {_ON_SHARD} {ALLOWED}{own}",
        duration="10m",
        summary=f"Shard {_SHARD} has reached its maximum number of bridges: {{{{ $value }}}}",
        description="Video quality drops as more participants join.",
        action="Raise bridges.max of the shard and run pulumi up; make plan shows the cost and whether quotas allow it.",
    )
    yield Alert(
        name="PoolStuck",
        severity="critical",
        expression=f"{PENDING}{own} > 0",
        duration=f"{BOOTS * boot}s",
        summary=f"{{{{ $value }}}} bridges of shard {_SHARD} have waited for a node for more than {format_duration(BOOTS * boot)}",
        description="The pool is at its maximum or out of quota, or Scaleway has no node of this type in the zone.",
        action=(
            f"kubectl -n {facts.namespace} describe pod -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD} "
            "--field-selector=status.phase=Pending | tail -20"
        ),
    )
