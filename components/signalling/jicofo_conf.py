"""Jicofo's own config file, included last by the image: how bridges are chosen, watched and relieved.

Every number about bridges stands here and in no environment variable, so that none has two values. What the image's template
itself needs (domains, region, relays, strategy, REST) stays in the environment.
"""

import json
from typing import Any

from config.bridges import Bridges
from config.shard import Shard
from plan.joining import RAMP_UP, STRESS_AT_CAPACITY, meeting_cap, participant_stress
from plan.redistribution import redistribution

FILE = "custom-jicofo.conf"
SOURCE_DELAYS = {50: 1000, 100: 2000}
"""People in a meeting -> milliseconds for which new cameras are collected into one message; as on meet.jit.si.

Without it, each of n arrivals is told to all the others at once: n x n messages through prosody's one thread.
"""
ICE_ENDPOINTS_SHARE = 4  # a bridge is judged from a quarter of its participants on; upstream's 30 is a third of ours
ICE_RESTARTS_EACH = 2.0
"""Restarts per endpoint in two minutes that mean a broken bridge.

On one, everybody asks again every 20 to 30 s: four to six times. Upstream's 0.1 is passed by a single class behind a firewall
that drops UDP, which would take one bridge after the other out of use.
"""


def render(shard: Shard) -> str:
    """HOCON for /config/custom-jicofo.conf, written as JSON, which HOCON contains."""
    return json.dumps({"jicofo": settings(shard.bridges)}, indent=2) + "\n"


def settings(bridges: Bridges) -> dict[str, Any]:
    """Keys below `jicofo` in release 11146 (jicofo-selector's reference.conf)."""
    return {
        "bridge": {
            "max-bridge-participants": meeting_cap(bridges),
            "stress-threshold": STRESS_AT_CAPACITY,
            "average-participant-stress": participant_stress(bridges),
            "participant-rampup-interval": f"{RAMP_UP} seconds",
            "failure-reset-threshold": "1 minute",
            "health-checks": {"enabled": True, "interval": "10 seconds", "retry-delay": "5 seconds"},
            "ice-failure-detection": {
                "enabled": True,
                "interval": "2 minutes",
                "min-endpoints": max(10, bridges.participants // ICE_ENDPOINTS_SHARE),
                "threshold": ICE_RESTARTS_EACH,
                "timeout": "5 minutes",
            },
            "load-redistribution": _redistribution(bridges),
        },
        "conference": {"source-signaling-delays": {str(size): delay for size, delay in SOURCE_DELAYS.items()}},
        # Two versions speak to each other only by luck: while bridges are rolled, a meeting stays on those of one version.
        "octo": {"allow-mixed-versions": False},
    }


def _redistribution(bridges: Bridges) -> dict[str, Any]:
    """Off without relays: a meeting then lies on one bridge, and who is invited anew comes back to it."""
    if not bridges.relays:
        return {"enabled": False}
    rules = redistribution(bridges)
    return {
        "enabled": True,
        "interval": f"{rules.interval} seconds",
        "stress-threshold": rules.stress_threshold,
        "timeout": f"{rules.timeout} seconds",
        "endpoints": rules.endpoints,
    }
