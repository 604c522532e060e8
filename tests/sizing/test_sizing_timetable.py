"""The timetable's arithmetic, apart from what it costs (test_plan_cost.py)."""

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import lesson

from config.bridges import Bridges
from sizing.timetable import WEEK, max_participants, monday_of, needed_at, started_hours, steps, windows

MONDAY = datetime(2026, 3, 16, tzinfo=UTC)  # Paris is at UTC+1


def bridges(*entries: dict[str, Any]) -> Bridges:
    return Bridges.model_validate_json(json.dumps({"max": 50, "schedule": list(entries)}))


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_capacity_stands_from_lead_before_start_until_end() -> None:
    plan = bridges(lesson(lead="10m"))
    assert needed_at(plan, utc(16, 6, 49)) == 0
    assert needed_at(plan, utc(16, 6, 50)) == 4
    assert needed_at(plan, utc(16, 10, 59)) == 4
    assert needed_at(plan, utc(16, 11)) == 0, "the end itself no longer counts"


def test_other_days_are_empty() -> None:
    assert needed_at(bridges(lesson()), utc(17, 9)) == 0


def test_the_largest_of_overlapping_entries_counts_and_not_their_sum() -> None:
    plan = bridges(
        lesson(), lesson(start="09:00", end="10:00", bridges=7), lesson(start="09:00", end="11:00", bridges=2)
    )
    assert [needed_at(plan, utc(16, hour, 30)) for hour in (7, 8, 9, 10)] == [4, 7, 4, 4]


def test_participants_are_spread_over_whole_bridges() -> None:
    plan = bridges({"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Paris", "participants": 101})
    assert needed_at(plan, utc(16, 9)) == 2


def test_an_entry_whose_end_lies_before_its_start_runs_into_the_next_day() -> None:
    plan = bridges(lesson(days=["sun"], start="22:00", end="02:00"))
    assert needed_at(plan, utc(15, 22)) == 4
    assert needed_at(plan, utc(16, 0, 59)) == 4
    assert needed_at(plan, utc(16, 1)) == 0


def test_until_is_the_last_day_on_which_an_entry_starts() -> None:
    plan = bridges(lesson(days=["sun", "mon"], start="22:00", end="02:00", until="2026-03-15"))
    assert needed_at(plan, utc(16, 0)) == 4, "the night of the last day is whole"
    assert needed_at(plan, utc(16, 22)) == 0


def test_a_lesson_keeps_its_local_time_when_the_clocks_change() -> None:
    plan = bridges(lesson(lead="0s"))
    assert windows(plan, utc(16, 0), utc(17, 0))[0].start == utc(16, 7)
    assert windows(plan, utc(30, 0), utc(31, 0))[0].start == utc(30, 6), "summer time since the 29th"


def test_a_start_in_the_hour_that_does_not_exist_falls_on_the_change() -> None:
    plan = bridges(lesson(days=["sun"], start="02:30", end="04:00", lead="0s"))
    (window,) = windows(plan, utc(29, 0), utc(29, 6))
    assert (window.start, window.end) == (utc(29, 1), utc(29, 2))


def test_an_end_in_the_hour_that_does_not_exist_falls_on_the_change() -> None:
    plan = bridges(lesson(days=["sun"], start="01:00", end="02:30", lead="0s"))
    (window,) = windows(plan, utc(29, 0), utc(29, 6))
    assert (window.start, window.end) == (utc(29, 0), utc(29, 1))


def test_an_entry_that_starts_in_the_hour_that_comes_twice_starts_with_the_first() -> None:
    plan = bridges(lesson(days=["sun"], start="02:30", end="04:00", lead="0s"))
    (window,) = windows(plan, utc(24, 22, month=10), utc(25, 6, month=10))
    assert window.end - window.start == timedelta(hours=2, minutes=30)


def test_an_entry_that_ends_in_the_hour_that_comes_twice_lasts_until_the_second() -> None:
    plan = bridges(lesson(days=["sun"], start="01:00", end="02:30", lead="0s"))
    (window,) = windows(plan, utc(24, 22, month=10), utc(25, 6, month=10))
    assert window.end - window.start == timedelta(hours=2, minutes=30)


def test_entries_in_two_time_zones_are_compared_as_instants() -> None:
    plan = bridges(lesson(timezone="America/New_York", start="03:00", end="04:00", bridges=9), lesson())
    assert needed_at(plan, utc(16, 7, 30)) == 9, "03:30 in New York is 07:30 UTC after its own change of clocks"


CLOCK = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
ENTRY = st.fixed_dictionaries(
    {
        "days": st.lists(
            st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=4, unique=True
        ),
        "start": CLOCK,
        "end": CLOCK,
        "timezone": st.sampled_from(["Europe/Paris", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "UTC"]),
        "bridges": st.integers(1, 50),
        "lead": st.sampled_from(["0s", "10m", "3h"]),
    }
).filter(lambda entry: entry["start"] != entry["end"])
ENTRIES = st.lists(ENTRY, max_size=4)
INSTANT = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(deadline=None, max_examples=60)
@given(ENTRIES, INSTANT)
def test_steps_say_the_same_as_the_question_at_one_instant(entries: list[dict[str, Any]], instant: datetime) -> None:
    plan = bridges(*entries)
    profile = steps(plan, monday_of(instant.date()), monday_of(instant.date()) + WEEK)
    assert [step for step in profile if step.start <= instant][-1].bridges == needed_at(plan, instant)


@settings(deadline=None, max_examples=60)
@given(ENTRIES, ENTRY, INSTANT)
def test_another_entry_never_lowers_what_is_needed(
    entries: list[dict[str, Any]], more: dict[str, Any], instant: datetime
) -> None:
    assert needed_at(bridges(*entries, more), instant) >= needed_at(bridges(*entries), instant)


@settings(deadline=None, max_examples=40)
@given(ENTRIES, INSTANT)
def test_steps_begin_at_the_start_and_always_change(entries: list[dict[str, Any]], instant: datetime) -> None:
    profile = steps(bridges(*entries), instant, instant + WEEK)
    assert profile[0].start == instant
    assert all(one.start < two.start and one.bridges != two.bridges for one, two in itertools.pairwise(profile))


@pytest.mark.parametrize(
    ("intervals", "hours"),
    [
        ([], 0),
        ([(0, 60)], 2),  # an hour and the 25 minutes that the node stays
        ([(0, 35)], 1),
        ([(0, 60), (80, 140)], 3),  # one run of 165 minutes
        ([(0, 60), (200, 260)], 4),  # two runs of 85 minutes
        ([(200, 260), (0, 60)], 4),
        ([(0, 300), (30, 60)], 6),
    ],
)
def test_a_node_is_billed_by_the_started_hour_of_each_run(intervals: list[tuple[int, int]], hours: int) -> None:
    given_intervals = [(MONDAY + timedelta(minutes=a), MONDAY + timedelta(minutes=b)) for a, b in intervals]
    assert started_hours(given_intervals, timedelta(minutes=25)) == hours


def test_a_week_begins_on_monday_at_midnight_utc() -> None:
    assert monday_of(date(2026, 3, 22)) == MONDAY == monday_of(date(2026, 3, 16))


def people(*shards: Bridges) -> int:
    return max_participants(shards, MONDAY, MONDAY + WEEK)


def test_people_of_several_shards_add_up_where_their_entries_meet_and_not_where_they_follow() -> None:
    morning = bridges(lesson(bridges=None, participants=300))
    assert people() == people(bridges()) == 0
    assert people(morning, morning) == 600
    assert people(morning, bridges(lesson(start="12:09", end="13:00"))) == 400, "four bridges of 100, and 300"
    assert people(morning, bridges(lesson(start="12:08", end="13:00"))) == 700, "its lead begins while they meet"


def test_of_a_shards_overlapping_entries_the_one_with_most_people_counts() -> None:
    assert people(bridges(lesson(bridges=None, participants=300), lesson(bridges=5))) == 500


def test_an_entry_that_has_ended_expects_nobody() -> None:
    assert people(bridges(lesson(until="2026-03-15"))) == 0
