"""What a shard's growth is carried on to."""

from hypothesis import given
from hypothesis import strategies as st

from plan.trend import MOST_TIMES, expected


def test_growth_is_carried_on_and_shrinking_is_not():
    assert expected(600, 2.5, 90) == 825
    assert expected(600, -2.5, 90) == 600
    assert expected(600, 2.5, 0) == 600


@given(people=st.integers(0, 10_000), slope=st.floats(-100, 100), seconds=st.integers(0, 600))
def test_no_burst_makes_more_of_people_than_the_cap(people, slope, seconds):
    assert people <= expected(people, slope, seconds) <= MOST_TIMES * people
