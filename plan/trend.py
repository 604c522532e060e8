"""How far the growth of a shard is carried on, so that bridges are asked for before their people are there.

    expected = participants + min(max(0, slope) * lookAhead, (MOST_TIMES - 1) * participants)

`participants` are those on bridges that do not leave. `slope` is of the participants of *all* the shard's bridges, those
that leave included: people who are moved from one bridge to another are no growth.
"""

WINDOW = 60  # seconds of samples that the slope is fitted through
MOST_TIMES = 2  # what is expected is at most so many times what is there


def expected(participants: float, slope: float, look_ahead: int) -> float:
    """Participants to be ready for; `slope` in people per second, `look_ahead` in seconds."""
    return participants + min(max(0.0, slope) * look_ahead, (MOST_TIMES - 1) * participants)
