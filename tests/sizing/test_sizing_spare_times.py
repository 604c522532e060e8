"""When spares stand: windows of the week from a timetable."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from config.bridges import Bridges
from sizing.spare_times import DAY, SpareWindow, spare_windows, spares_stand
from sizing.timetable import DAYS, needed_at

PARIS = "Europe/Paris"
MONDAY = datetime(2026, 3, 16, tzinfo=UTC)


def entry(start: str, end: str, days: tuple[str, ...] = ("mon",), **more: Any) -> dict[str, Any]:
    return {"days": list(days), "start": start, "end": end, "timezone": PARIS, "bridges": 2, "lead": "10m"} | more


def bridges(*entries: dict[str, Any], when: str = "timetable") -> Bridges:
    return Bridges.model_validate_json(json.dumps({"min": 2, "schedule": entries, "scaling": {"sparesWhen": when}}))


def test_spares_stand_from_the_lead_to_the_end():
    assert spare_windows(bridges(entry("08:00", "08:45"))) == (SpareWindow(("mon",), time(7, 50), 55, PARIS),)


def test_lessons_of_a_morning_are_one_window_and_an_hours_gap_is_a_gap():
    morning = entry("08:00", "08:45"), entry("08:50", "09:35"), entry("10:40", "11:00")
    assert [(window.start, window.minutes) for window in spare_windows(bridges(*morning))] == [(time(7, 50), 190)]
    later = *morning[:2], entry("10:45", "11:00")
    assert [window.start for window in spare_windows(bridges(*later))] == [time(7, 50), time(10, 35)]


def test_days_with_the_same_window_are_named_together():
    week = ("mon", "tue", "fri")
    assert [window.days for window in spare_windows(bridges(entry("08:00", "08:45", week)))] == [week]


def test_a_lead_may_begin_the_day_before_and_a_night_ends_the_day_after():
    assert spare_windows(bridges(entry("00:05", "01:00"))) == (SpareWindow(("sun",), time(23, 55), 65, PARIS),)
    assert spare_windows(bridges(entry("23:00", "02:00", ("sun",)))) == (
        SpareWindow(("sun",), time(22, 50), 190, PARIS),
    )


def test_without_a_timetable_or_when_it_never_rests_they_always_stand():
    assert spare_windows(bridges()) == ()
    assert spare_windows(bridges(entry("08:00", "08:45"), when="always")) == ()
    round_the_clock = bridges(entry("08:00", "07:30", DAYS))
    assert spare_windows(round_the_clock) == ()
    assert spares_stand(round_the_clock, MONDAY)


def test_another_time_zones_entry_is_covered_in_summer_and_in_winter():
    plan = bridges(
        entry("08:00", "08:45"), entry("08:00", "09:00", timezone="Asia/Tokyo"), entry("22:00", "22:30", days=("sat",))
    )
    assert {window.timezone for window in spare_windows(plan)} == {PARIS}
    for day in (datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC)):
        tokyo = day.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
        assert spares_stand(plan, tokyo.replace(hour=7, minute=50))
        assert spares_stand(plan, tokyo.replace(hour=8, minute=59))
    assert not spares_stand(plan, datetime(2026, 7, 14, 12, tzinfo=UTC))


def test_a_window_ends_with_the_last_of_its_entries():
    first = entry("08:00", "08:45", until="2026-03-16")
    plan = bridges(first)
    assert spare_windows(plan)[0].until == date(2026, 3, 16)
    assert spares_stand(plan, MONDAY.replace(hour=7))
    assert not spares_stand(plan, MONDAY.replace(hour=7) + timedelta(days=7))
    assert spare_windows(bridges(first, entry("08:50", "09:35")))[0].until is None


CLOCK = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59])).map(lambda pair: f"{pair[0]:02}:{pair[1]:02}")
ENTRIES = st.lists(
    st.builds(
        lambda days, start, end, lead, zone: entry(start, end, tuple(days), lead=f"{lead}m", timezone=zone),
        st.sets(st.sampled_from(DAYS), min_size=1, max_size=3),
        CLOCK,
        CLOCK,
        st.integers(0, 120),
        st.sampled_from([PARIS, "America/New_York", "Asia/Kolkata"]),
    ).filter(lambda made: made["start"] != made["end"]),
    min_size=1,
    max_size=4,
)


@given(entries=ENTRIES, minutes=st.lists(st.integers(0, 7 * DAY - 1), min_size=1, max_size=5))
def test_whenever_the_timetable_asks_spares_stand(entries, minutes):
    """In a week without a change of clocks, where a window lasts as long as its face says."""
    plan = bridges(*entries)
    for minute in minutes:
        instant = MONDAY + timedelta(minutes=minute)
        assert not needed_at(plan, instant) or spares_stand(plan, instant)


@given(entries=ENTRIES)
def test_two_windows_are_an_hour_apart(entries):
    spans = sorted(
        (DAYS.index(day) * DAY + window.start.hour * 60 + window.start.minute, window.minutes)
        for window in spare_windows(bridges(*entries))
        for day in window.days
    )
    for (start, minutes), (following, _) in zip(spans, [*spans[1:], *spans[:1]], strict=True):
        gap = (following - start) % (7 * DAY) or 7 * DAY
        assert gap - minutes >= 60
