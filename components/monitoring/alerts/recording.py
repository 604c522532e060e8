"""Alerts about recorders: missing uploads, incomplete recordings, no free recorder."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts

WAITED = (
    1800  # seconds for a finished recording: a large one takes minutes, and uploads try again after ten at the latest
)


@alert_group("recording")
def recording_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """Yield nothing if the stack has no recorders."""
    if not facts.recorders:
        return
    own = facts.namespace_matcher
    logs = f"kubectl -n {facts.namespace} logs {{{{ $labels.pod }}}} -c upload --tail=50"
    yield Alert(
        name="RecordingsNotUploaded",
        severity="warning",
        expression=f"max by (namespace, pod) (jibri_upload_oldest_seconds{{{own}}}) > {WAITED}",
        duration="5m",
        summary="A finished recording on {{ $labels.pod }} has waited for upload for {{ $value | humanizeDuration }}",
        description="Nothing is lost yet: the recording is on the recorder's volume. Once the volume is full, the recorder accepts no more.",
        action=logs,
    )
    yield Alert(
        name="RecordingIncomplete",
        severity="warning",
        expression=f"sum by (namespace, pod) (increase(jibri_recordings_incomplete_total{{{own}}}[1h])) > 0",
        duration="0s",
        summary="A recording on {{ $labels.pod }} was cut off",
        description="The recording ends too early or cannot be played. The available part is uploaded to incomplete/ in the bucket.",
        action=logs,
    )
    yield Alert(
        name="NoFreeRecorder",
        severity="warning",
        expression=f"min by (namespace) (jibri_occupied{{{own}}}) == 1",
        duration="10m",
        summary="Every recorder is busy, unhealthy or out of space",
        description="Anyone who starts a recording is told that all recorders are busy.",
        action=f"kubectl -n {facts.namespace} get pod,hpa -l app.kubernetes.io/name=jibri -o wide",
    )
