"""How participants spread over bridges: jicofo's estimate for joiners, its load redistribution, and the growth to be ready for."""

from dataclasses import dataclass

from config.bridges import Bridges

STRESS_AT_CAPACITY = 0.8  # jicofo.bridge.stress-threshold, upstream's default: a bridge is avoided from here on
CPU_SAMPLE_SECONDS = 10  # over which a bridge measures its CPU (JvbLoadManager)
STATS_INTERVAL_SECONDS = 5  # between two of its presences with the stress in it (videobridge.stats.interval)
RAMP_UP_SECONDS = 2 * CPU_SAMPLE_SECONDS + 2 * STATS_INTERVAL_SECONDS
"""How long jicofo counts a joiner by an estimate (`participant-rampup-interval`; upstream: 20 s).

A joiner just after a sample began fills only the next one (10 s more), which is published up to 5 s later, and a client needs
some 5 s until it sends all it will. A longer time counts people twice, which spreads them thinner for a moment.
"""


def participant_stress(bridges: Bridges) -> float:
    """Stress that one participant is worth before it is measured: `participants` of them reach jicofo's threshold.

    A bridge's stress is its CPU over the last ten seconds, so those who came meanwhile are missing from it. With an estimate
    that fits the bridge, it counts as full when `participants` have come, measured or not.
    """
    return round(STRESS_AT_CAPACITY / bridges.participants, 5)


def meeting_cap(bridges: Bridges) -> int:
    """Participants of one meeting on one bridge; beyond, it goes on elsewhere although stress has not risen yet."""
    return bridges.participants


REDISTRIBUTION_INTERVAL_SECONDS = 30  # jicofo.bridge.load-redistribution.interval; upstream's default is a minute
REDISTRIBUTION_STRESS = 0.9  # jicofo.bridge.load-redistribution.stress-threshold; upstream's default, CPU at 81 %
# jicofo.bridge.load-redistribution.timeout. Shorter than the interval: jicofo looks at fixed intervals and forgets a timeout
# only once more than it has passed (LoadRedistributor.kt), so with 30 s a full bridge would give every other time.
REDISTRIBUTION_TIMEOUT_SECONDS = 25
REDISTRIBUTION_PERCENT = 15
"""Of what a bridge carries. In the model, 40 % once a minute serves an unannounced crowd better (14 % of its time degraded instead of 17 %) and
every other day worse (evening 0.2 % instead of 0.04 %, webinar 1.3 % instead of 0.6 %), with twice the moves, more of them in vain."""


LEAVING_MODULE = "bridge_leaving"
LEAVING_STRESS = STRESS_AT_CAPACITY
"""Least stress that prosody lets jicofo see of a bridge that takes no meetings.

Jicofo then counts it as full, and not as room for people of other bridges. Below `REDISTRIBUTION_STRESS`, from which on jicofo
would move its own people earlier than the drain does.
"""


@dataclass(frozen=True, slots=True)
class Redistribution:
    """`jicofo.bridge.load-redistribution`, durations in seconds.

    People stay on the bridge where their meeting began, so a new bridge relieves a full one only as far as jicofo moves people.
    Upstream's numbers (10 people per bridge and three minutes) need half an hour for what a crowd brings in three minutes.
    """

    interval: int = REDISTRIBUTION_INTERVAL_SECONDS
    """Between two looks at the bridges."""
    stress_threshold: float = REDISTRIBUTION_STRESS
    """A bridge from this stress on gives people away."""
    timeout: int = REDISTRIBUTION_TIMEOUT_SECONDS
    """A bridge that gave is left alone for this long."""
    endpoints: int = 10
    """Participants that it gives at once; upstream's default is 10."""


def redistribution(bridges: Bridges) -> Redistribution:
    """The program's numbers: twice a minute 15 participants from a bridge that carries 100."""
    return Redistribution(endpoints=max(1, bridges.participants * REDISTRIBUTION_PERCENT // 100))


GROWTH_WINDOW_SECONDS = 60  # samples through which the slope is fitted
MAX_GROWTH_FACTOR = 2  # expected participants per present one


def expected_participants(participants: float, slope: float, look_ahead: int) -> float:
    """Participants to be ready for; `slope` in participants per second, `look_ahead` in seconds.

    `participants` counts bridges that do not leave; `slope` counts *all* the shard's bridges, since people who are moved from
    one bridge to another are no growth.
    """
    return participants + min(max(0.0, slope) * look_ahead, (MAX_GROWTH_FACTOR - 1) * participants)
