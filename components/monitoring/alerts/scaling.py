"""Alerts about the number of bridges: too few, stuck, or decided by nobody."""

from collections.abc import Iterator

from components.metrics.names import RECORDED_PEOPLE, RECORDED_TIMETABLE, SHARD
from components.monitoring.alerts.alert import Alert
from components.monitoring.questions import ACTIVE, ALLOWED, HEADROOM, MISSING, PENDING, READY, WANTED
from components.monitoring.watched import Watched
from config.model import format_duration

_SHARD = f"{{{{ $labels.{SHARD} }}}}"
_ON_SHARD = f"on (namespace, {SHARD})"
BOOTS = 2  # boot times that a node may take before it is stuck


def scaling_alerts(watched: Watched) -> Iterator[Alert]:
    """Those that read kube-state-metrics only where it is there."""
    own = f"{{{watched.of_namespace}}}"
    yield Alert(
        name="HeadroomGone",
        severity="critical",
        expression=f"{HEADROOM}{own} <= 0 and {_ON_SHARD} {RECORDED_PEOPLE}{own} > 0",
        lasts="5m",
        summary=f"Shard {_SHARD} carries {{{{ $value }}}} more people than its bridges carry well",
        meaning="Whoever joins now makes everybody's picture worse.",
        action="Dashboard Bridges and scaling: are more bridges wanted, allowed, on their way? The page goes through the three.",
    )
    if watched.timed:
        lead = max(lesson.lead for shard in watched.timed for lesson in shard.bridges.schedule)
        yield Alert(
            name="TimetableNotMet",
            severity="critical",
            expression=(
                f"min_over_time({RECORDED_TIMETABLE}{own}[{max(lead, 60)}s]) > {_ON_SHARD} {READY}{own} "
                f"and {_ON_SHARD} {MISSING}{own} > 0"
            ),
            lasts="1m",
            summary=f"Shard {_SHARD} was to have {{{{ $value }}}} bridges by now and has fewer",
            meaning=f"A lesson begins and {format_duration(lead)} were not enough: its people meet on too few bridges.",
            action=f"kubectl -n {watched.namespace} get pod,hpa -l app.kubernetes.io/name=jvb -o wide",
        )
    if watched.kube_state and watched.grown:
        yield from _with_kube_state(watched)
    if watched.metrics.managed:
        yield Alert(
            name="MetricsAdapterStale",
            severity="warning",
            expression=(
                f'sum(increase(prometheus_http_requests_total{{{watched.of_namespace},handler="/api/v1/series",code="200"}}[5m])) == 0'
            ),
            lasts="3m",
            summary="The metrics adapter has not asked Prometheus for anything for eight minutes",
            meaning="The number of bridges is frozen: nobody notices until a crowd comes.",
            action=f"kubectl -n {watched.namespace} logs deploy/prometheus-adapter --tail=50",
        )


def _with_kube_state(watched: Watched) -> Iterator[Alert]:
    own = f"{{{watched.of_namespace}}}"
    boot = max(shard.bridges.scaling.boot_time for shard in watched.grown)
    yield Alert(
        name="AutoscalerBlind",
        severity="critical",
        expression=f"{ACTIVE}{own} == 0",
        lasts="5m",
        summary=f"The autoscaler of shard {_SHARD} cannot read its metrics",
        meaning="The number of bridges is frozen: nobody notices until a crowd comes.",
        action=f"kubectl -n {watched.namespace} describe hpa -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD}",
    )
    yield Alert(
        name="AutoscalerAtMax",
        severity="warning",
        expression=f"{WANTED}{own} >= {_ON_SHARD} {ALLOWED}{own}",
        lasts="10m",
        summary=f"Shard {_SHARD} runs as many bridges as it may: {{{{ $value }}}}",
        meaning="More people get worse pictures instead of more bridges.",
        action="Raise bridges.max of the shard and run pulumi up; the plan says what it costs and whether quotas allow it.",
    )
    yield Alert(
        name="PoolStuck",
        severity="critical",
        expression=f"{PENDING}{own} > 0",
        lasts=f"{BOOTS * boot}s",
        summary=f"{{{{ $value }}}} bridges of shard {_SHARD} wait for a node for more than {format_duration(BOOTS * boot)}",
        meaning="The pool is at its maximum, out of quota, or Scaleway has no node of the type in the zone.",
        action=(
            f"kubectl -n {watched.namespace} describe pod -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD} "
            "--field-selector=status.phase=Pending | tail -20"
        ),
    )
