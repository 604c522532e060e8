"""How a crowd that joins at once spreads over the bridges: what jicofo must assume of people it cannot measure yet.

A bridge's stress is its CPU over the last ten seconds, so those who came meanwhile are missing from it. Jicofo adds a guess
for each of them; with a guess that fits the bridge, the bridge counts as full when `participants` have come, measured or not.
"""

from config.bridges import Bridges

STRESS_AT_CAPACITY = 0.8  # jicofo.bridge.stress-threshold, upstream's default: a bridge is avoided from here on
CPU_SAMPLE = 10  # seconds over which a bridge measures its CPU (JvbLoadManager)
STATS_INTERVAL = 5  # seconds between two of its presences with the stress in it (videobridge.stats.interval)
RAMP_UP = 2 * CPU_SAMPLE + 2 * STATS_INTERVAL
"""Seconds for which someone who joined is counted by the guess (`participant-rampup-interval`; upstream: 20).

Just after a sample began, a joiner fills only the next one (10 s more), it is published up to 5 s later, and a client
needs some 5 s until it sends all it will. Counted longer, people are counted twice, which spreads them thinner for a moment.
"""


def participant_stress(bridges: Bridges) -> float:
    """Stress that one participant is worth before it is measured: `participants` of them reach jicofo's threshold."""
    return round(STRESS_AT_CAPACITY / bridges.participants, 5)


def meeting_cap(bridges: Bridges) -> int:
    """People of one meeting on one bridge, beyond which it goes on elsewhere although stress has not risen yet."""
    return bridges.participants
