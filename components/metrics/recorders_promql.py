"""The desired number of recorders as PromQL: occupied recorders plus the idle reserve.

A leaving recorder still records and counts as occupied, so another replaces it. One that cannot be scraped counts with its
last value; if none answers, jicofo's numbers are used; if jicofo does not answer either, there is no result, and the
autoscaler keeps the size.
"""

from typing import Any

from components.metrics.names import RECORDED_RECORDERS
from config.recording import Recording

HELD = 600  # seconds, as for bridges: a failed scrape does not mean that the recorder is gone
_PODS = 'pod=~"jibri-[0-9]+"'


def wanted(recording: Recording, namespace: str) -> str:
    """Return an expression for one sample with only the label `namespace`.

    All jicofos see the same recorders, so the maximum counts, not the sum.
    """
    own = f'namespace="{namespace}"'
    said = f"last_over_time(jibri_occupied{{{own},{_PODS}}}[{HELD}s]) and on (namespace, pod) up{{{own},{_PODS}}}"
    counted = f"sum by (namespace) (max by (namespace, pod) ({said}))"
    jicofo = f"jitsi_jicofo_jibri_instances{{{own}}} - jitsi_jicofo_jibri_instances_available{{{own}}}"
    busy = f"({counted} or max by (namespace) ({jicofo}))"
    if recording.min:
        return f"{busy} + {recording.idle}"
    # With a minimum of 0, the first meeting starts the idle reserve: a node boots, then Jibri starts.
    rooms = f"max by (namespace) (jitsi_jicofo_conferences{{{own}}} > bool 0)"
    return f"({busy} + {recording.idle} * {rooms}) or {busy}"


def recorders_group(recording: Recording, namespace: str) -> dict[str, Any]:
    """Return the rule that the autoscaler reads."""
    return {"name": "recorders", "rules": [{"record": RECORDED_RECORDERS, "expr": wanted(recording, namespace)}]}
