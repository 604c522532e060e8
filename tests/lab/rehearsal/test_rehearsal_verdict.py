"""The verdict on an outage: what was decided before it does not count, a later step down does."""

from lab.rehearsal.record import Record
from lab.rehearsal.stack import full_minute, lesson
from lab.rehearsal.verdict import REACTION, _outage


def judged(*sizes):
    record = Record(say=lambda _: None)
    record.events = [
        {"t": 100, "what": "act", "act": "outage", "component": "adapter"},
        {"t": 200, "what": "act", "act": "outage over", "component": "adapter"},
    ]
    record.samples = [{"t": t, "wanted": wanted} for t, wanted in sizes]
    return _outage(record, record.events[0])


def test_a_size_that_falls_while_nobody_can_know_is_found():
    assert judged((101, 6), (150, 6), (160, 5))["shrank"]


def test_a_decision_of_before_and_one_of_after_do_not_count():
    assert not judged((101, 6), (100 + REACTION, 5), (199, 5), (201, 2))["shrank"]


def test_growth_during_an_outage_is_no_shrinking():
    assert not judged((120, 5), (130, 6))["shrank"]


def test_a_lesson_begins_at_a_full_minute_after_what_it_waits_for():
    start = full_minute(1_700_000_001.5)
    assert start.second == 0
    assert 0 <= start.timestamp() - 1_700_000_001.5 <= 60
    entry = lesson(start, 3, 4, 30)
    assert (entry["start"], entry["end"], entry["lead"]) == ("22:14", "22:17", "30s")
    assert entry["days"] == ["tue"]
