"""Alerts from the probe, which uses the stack as a client does. Empty if the stack runs no probe."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts

CERTIFICATE_DAYS = 14  # cert-manager renews 30 days before expiry, so renewal has then failed for 16 days
MISSED = 3  # rounds after which the last result no longer counts


@alert_group("outside")
def outside_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """Yield alerts on failures that two rounds in a row have found."""
    if facts.probe is None:
        return
    own, duration = facts.namespace_matcher, f"{facts.probe + 60}s"
    bridges = f'sum by (namespace, of) (jitsi_probe_bridges{{{own},status="failed"}})'
    finished = f"max by (namespace) (jitsi_probe_finished_timestamp_seconds{{{own}}})"
    yield Alert(
        name="ProbeFailing",
        severity="critical",
        expression=(
            f"min by (namespace, check, of) (jitsi_probe_success{{{own}}}) == 0 "
            f'or label_replace({bridges}, "check", "bridge", "", "") > 0 '
            f'or label_replace(time() - {finished}, "check", "rounds", "", "") > {MISSED * facts.probe}'
        ),
        duration=duration,
        summary="Probe: {{ $labels.check }} of {{ $labels.of }} fails",
        description="Users are likely affected by the same failure.",
        action=f"make probe STACK=…; kubectl -n {facts.namespace} logs deploy/probe --tail=30",
    )
    yield Alert(
        name="CertificateExpiring",
        severity="warning",
        expression=f"min by (namespace, of) (jitsi_probe_certificate_days{{{own}}}) < {CERTIFICATE_DAYS}",
        duration=duration,
        summary="The certificate of {{ $labels.of }} expires in {{ $value }} days",
        description="Once it expires, every browser shows a warning and the mobile apps refuse to connect.",
        action=f"kubectl -n {facts.namespace} describe certificate,certificaterequest,order,challenge",
    )
