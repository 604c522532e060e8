"""How many recorders are wanted, as PromQL: those that are taken, and the idle ones beside them.

A recorder that leaves still records, and counts: another one stands in for it. One that cannot be scraped counts with what it
last said; where none has answered, jicofo's own numbers stand in; where jicofo is silent too there is no answer, and the
autoscaler keeps the size.
"""

from typing import Any

from components.metrics.names import RECORDED_RECORDERS
from config.recording import Recording

HELD = 600  # seconds, as for bridges: a scrape that fails is no recorder that has gone
_PODS = 'pod=~"jibri-[0-9]+"'


def wanted(recording: Recording, namespace: str) -> str:
    """One sample that carries the label `namespace` alone.

    Jicofos all see the same recorders, so the largest answer counts, not the sum.
    """
    own = f'namespace="{namespace}"'
    said = f"last_over_time(jibri_occupied{{{own},{_PODS}}}[{HELD}s]) and on (namespace, pod) up{{{own},{_PODS}}}"
    counted = f"sum by (namespace) (max by (namespace, pod) ({said}))"
    jicofo = f"jitsi_jicofo_jibri_instances{{{own}}} - jitsi_jicofo_jibri_instances_available{{{own}}}"
    busy = f"({counted} or max by (namespace) ({jicofo}))"
    if recording.min:
        return f"{busy} + {recording.idle}"
    # From nothing: the first meeting brings the idle ones, which takes as long as a node and Jibri need to start.
    rooms = f"max by (namespace) (jitsi_jicofo_conferences{{{own}}} > bool 0)"
    return f"({busy} + {recording.idle} * {rooms}) or {busy}"


def recorders_group(recording: Recording, namespace: str) -> dict[str, Any]:
    """What the managed Prometheus records for the autoscaler."""
    return {"name": "recorders", "rules": [{"record": RECORDED_RECORDERS, "expr": wanted(recording, namespace)}]}
