"""How many people a full bridge hands over, by what it carries."""

import pytest

from config.bridges import Bridges
from plan.redistribution import Redistribution, redistribution


@pytest.mark.parametrize(("participants", "endpoints"), [(100, 40), (250, 100), (33, 13), (2, 1), (1, 1)])
def test_a_full_bridge_gives_forty_per_cent_of_what_it_carries_each_minute(participants, endpoints):
    rules = redistribution(Bridges(participants=participants))
    assert rules == Redistribution(interval=60, stress_threshold=0.9, timeout=50, endpoints=endpoints)
