"""Changes of clocks as numbers: known ones, and none where there are none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing.clock_changes import FIRST_YEAR, LAST_YEAR, Change, clocks_of


def test_paris_goes_forward_in_march_and_back_in_october() -> None:
    clocks = clocks_of("Europe/Paris")
    assert clocks.offset == 3600
    assert clocks.changes[2:4] == (
        Change(int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()), 3600),
        Change(int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()), -3600),
    )
    assert len(clocks.changes) == 2 * (LAST_YEAR - FIRST_YEAR + 1)


def test_a_zone_without_summer_time_has_no_changes() -> None:
    assert clocks_of("Asia/Kolkata").changes == ()
    assert clocks_of("Asia/Kolkata").offset == 19800


def test_half_an_hour_of_summer_time_is_half_an_hour() -> None:
    assert {change.forward for change in clocks_of("Australia/Lord_Howe").changes} == {1800, -1800}


@pytest.mark.parametrize(
    "name", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
@given(st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31)))  # noqa: DTZ001
def test_offset_and_changes_give_the_zones_own_clock(name: str, moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC)
    clocks = clocks_of(name)
    offset = clocks.offset + sum(change.forward for change in clocks.changes if change.at <= instant.timestamp())
    moved = instant.astimezone(ZoneInfo(name)).utcoffset()
    assert moved is not None
    assert offset == moved.total_seconds()
