"""Participants that a full bridge hands over, and those that a growing shard is to be ready for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.bridges import Bridges
from sizing.bridge_load import MAX_GROWTH_FACTOR, Redistribution, expected_participants, redistribution


def test_growth_is_carried_on_and_shrinking_is_not():
    assert expected_participants(600, 2.5, 90) == 825
    assert expected_participants(600, -2.5, 90) == 600
    assert expected_participants(600, 2.5, 0) == 600


@given(people=st.integers(0, 10_000), slope=st.floats(-100, 100), seconds=st.integers(0, 600))
def test_no_burst_makes_more_of_people_than_the_cap(people, slope, seconds):
    assert people <= expected_participants(people, slope, seconds) <= MAX_GROWTH_FACTOR * people


@pytest.mark.parametrize(("participants", "endpoints"), [(100, 15), (250, 37), (33, 4), (2, 1), (1, 1)])
def test_a_full_bridge_gives_a_seventh_of_what_it_carries_twice_a_minute(participants, endpoints):
    rules = redistribution(Bridges(participants=participants))
    assert rules == Redistribution(interval=30, stress_threshold=0.9, timeout=25, endpoints=endpoints)
