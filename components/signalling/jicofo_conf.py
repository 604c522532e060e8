"""Jicofo's custom config file, which the image includes last: selection, health and relief of bridges.

All numbers about bridges are here and not in the environment, so none is set twice. Settings that the image's template needs
(domains, region, octo relays, strategy, REST) are in the environment.
"""

import json
from typing import Any

from config.bridges import Bridges
from config.shard import Shard
from sizing.bridge_load import RAMP_UP_SECONDS, STRESS_AT_CAPACITY, meeting_cap, participant_stress, redistribution

FILE = "custom-jicofo.conf"
SOURCE_DELAYS = {50: 1000, 100: 2000}
"""Meeting size -> milliseconds for which jicofo batches new sources into one message; as on meet.jit.si.

Without batching, each of n participants who join is announced to all others: n x n messages through prosody's one thread.
"""
ICE_ENDPOINTS_SHARE = 4  # detection starts at a quarter of a bridge's capacity; upstream's 30 is a third of the default
ICE_RESTARTS_EACH = 2.0
"""ICE restarts per endpoint within two minutes that mark a bridge as broken.

On a broken bridge every client restarts every 20 to 30 s: four to six times. A single class behind a firewall that drops UDP
exceeds upstream's 0.1 and would disable one bridge after another.
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
            "participant-rampup-interval": f"{RAMP_UP_SECONDS} seconds",
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
        # Bridges of different versions may not interoperate: during an update, keep a meeting on one version.
        "octo": {"allow-mixed-versions": False},
    }


def _redistribution(bridges: Bridges) -> dict[str, Any]:
    """Load redistribution. Without octo relays it is off, as a moved participant would be invited to the same bridge again."""
    if not (bridges.relays and bridges.redistribution):
        return {"enabled": False}
    rules = redistribution(bridges)
    return {
        "enabled": True,
        "interval": f"{rules.interval} seconds",
        "stress-threshold": rules.stress_threshold,
        "timeout": f"{rules.timeout} seconds",
        "endpoints": rules.endpoints,
    }
