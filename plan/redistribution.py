"""Jicofo's load redistribution: how fast a bridge that is full hands people to emptier ones.

People stay on the bridge where their meeting began, so a new bridge relieves a full one only as far as jicofo moves people.
Upstream's numbers (10 people per bridge and three minutes) need half an hour for what a crowd brings in three minutes.
"""

from dataclasses import dataclass

from config.bridges import Bridges

INTERVAL = 60  # jicofo.bridge.load-redistribution.interval, seconds; upstream's default
STRESS = 0.9  # jicofo.bridge.load-redistribution.stress-threshold; upstream's default, CPU at 81 %
# jicofo.bridge.load-redistribution.timeout, seconds. Shorter than the interval: jicofo looks at fixed intervals and forgets
# a timeout only once more than it has passed (LoadRedistributor.kt), so with 60 s a full bridge would give every other minute.
TIMEOUT = 50
ENDPOINTS_PERCENT = 40  # of what a bridge carries: the most that a minute of a crowd leaves on one bridge too many


@dataclass(frozen=True, slots=True)
class Redistribution:
    """`jicofo.bridge.load-redistribution`, durations in seconds."""

    interval: int = INTERVAL
    """Between two looks at the bridges."""
    stress_threshold: float = STRESS
    """A bridge from this stress on gives people away."""
    timeout: int = TIMEOUT
    """A bridge that gave is left alone for this long."""
    endpoints: int = 10
    """People that it gives at once; upstream's default is 10."""


def redistribution(bridges: Bridges) -> Redistribution:
    """The program's numbers: 40 people a minute from a bridge that carries 100."""
    return Redistribution(endpoints=max(1, bridges.participants * ENDPOINTS_PERCENT // 100))
