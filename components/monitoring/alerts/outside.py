"""Alerts from the check that meets the stack as its users do; none where there is none."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert
from components.monitoring.watched import Watched

CERTIFICATE_DAYS = 14  # cert-manager renews thirty days before the end, and has then failed for sixteen
MISSED = 3  # rounds after which what the check said last counts no more


def outside_alerts(watched: Watched) -> Iterator[Alert]:
    """A failure counts once the next round has found it, too."""
    if watched.probe is None:
        return
    own, lasts = watched.of_namespace, f"{watched.probe + 60}s"
    bridges = f'sum by (namespace, of) (jitsi_probe_bridges{{{own},status="failed"}})'
    finished = f"max by (namespace) (jitsi_probe_finished_timestamp_seconds{{{own}}})"
    yield Alert(
        name="ProbeFailing",
        severity="critical",
        expression=(
            f"min by (namespace, check, of) (jitsi_probe_success{{{own}}}) == 0 "
            f'or label_replace({bridges}, "check", "bridge", "", "") > 0 '
            f'or label_replace(time() - {finished}, "check", "rounds", "", "") > {MISSED * watched.probe}'
        ),
        lasts=lasts,
        summary="Met as a user does: {{ $labels.check }} of {{ $labels.of }} fails",
        meaning="What the check cannot do, people cannot do either, or not all of them.",
        action=f"make probe STACK=…; kubectl -n {watched.namespace} logs deploy/probe --tail=30",
    )
    yield Alert(
        name="CertificateExpiring",
        severity="warning",
        expression=f"min by (namespace, of) (jitsi_probe_certificate_days{{{own}}}) < {CERTIFICATE_DAYS}",
        lasts=lasts,
        summary="The certificate of {{ $labels.of }} ends in {{ $value }} days",
        meaning="From then on every browser warns, and Jitsi's apps refuse.",
        action=f"kubectl -n {watched.namespace} describe certificate,certificaterequest,order,challenge",
    )
