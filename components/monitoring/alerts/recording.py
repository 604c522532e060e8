"""Alerts about recorders: what was recorded and is not where it should be, and that nobody could record."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert
from components.monitoring.watched import Watched

WAITED = (
    1800  # seconds for a finished recording: a large one takes minutes, and uploads try again after ten at the latest
)


def recording_alerts(watched: Watched) -> Iterator[Alert]:
    """None where nothing is recorded."""
    if not watched.recorders:
        return
    own = watched.of_namespace
    logs = f"kubectl -n {watched.namespace} logs {{{{ $labels.pod }}}} -c upload --tail=50"
    yield Alert(
        name="RecordingsNotUploaded",
        severity="warning",
        expression=f"max by (namespace, pod) (jibri_upload_oldest_seconds{{{own}}}) > {WAITED}",
        lasts="5m",
        summary="A finished recording has waited on {{ $labels.pod }} for {{ $value | humanizeDuration }}",
        meaning="Nothing is lost yet: it is on the recorder's volume; when that is full the recorder takes no more.",
        action=logs,
    )
    yield Alert(
        name="RecordingIncomplete",
        severity="warning",
        expression=f"sum by (namespace, pod) (increase(jibri_recordings_incomplete_total{{{own}}}[1h])) > 0",
        lasts="0s",
        summary="A recording on {{ $labels.pod }} was not ended properly",
        meaning="Somebody's recording ends too early, or cannot be played; what there is goes to incomplete/ in the bucket.",
        action=logs,
    )
    yield Alert(
        name="NoFreeRecorder",
        severity="warning",
        expression=f"min by (namespace) (jibri_occupied{{{own}}}) == 1",
        lasts="10m",
        summary="Every recorder is taken, unhealthy or out of room",
        meaning="Whoever presses Record is told that all recorders are busy.",
        action=f"kubectl -n {watched.namespace} get pod,hpa -l app.kubernetes.io/name=jibri -o wide",
    )
