"""The facts of the watched world, with recorders in it, and what one of them would serve."""

from dataclasses import replace

from e2e.test_alerts_fire import FACTS as WITHOUT

from config.recording import Recording

RECORDING = Recording(bucket="meetings", min=1, max=4, idle=1)
FACTS = replace(WITHOUT, recorders=RECORDING.max, optional=WITHOUT.optional | {"jibri"})
SERVED = {
    "up": 1,
    "busy": 1,
    "occupied": 1,
    "unhealthy": 0,
    "storage_full": 0,
    "storage_free_bytes": 9 * 2**30,
    "uploads_pending": 2,
    "upload_oldest_seconds": 95,
    "uploads_total": 12,
    "upload_failures_total": 1,
    "recordings_incomplete_total": 0,
}
"""As components/recording/scripts/watch.sh names them; a test holds the names together."""


def exposition():
    """What a recorder answers at /metrics."""
    return "".join(f"jibri_{name} {value}\n" for name, value in SERVED.items())
