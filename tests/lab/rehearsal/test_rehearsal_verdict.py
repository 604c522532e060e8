"""The verdict on an outage and on a change of the node type: what was before it does not count."""

from lab.rehearsal.record import Record
from lab.rehearsal.stack import full_minute, lesson
from lab.rehearsal.verdict import REACTION, _outage, _pool


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


def changed():
    """The verdict on a change at second 100, which ended at second 160, after another update and a drain."""
    record = Record(say=lambda _: None)
    record.events = [
        {"t": 40, "what": "engine", "op": "update", "name": "s0-bridges-host-port-0"},
        {"t": 50, "what": "leaving", "component": "jvb"},
        {"t": 90, "what": "gone", "component": "jvb"},
        {"t": 100, "what": "act", "act": "node type", "types": ["OLD"], "of": 1},
        {"t": 110, "what": "engine", "op": "create-replacement", "name": "pool"},
        {"t": 112, "what": "leaving", "component": "jvb"},
        {"t": 115, "what": "gone", "component": "prometheus"},
        {"t": 140, "what": "gone", "component": "jvb"},
        {"t": 150, "what": "engine", "op": "delete-replaced", "name": "pool"},
        {"t": 160, "what": "act", "act": "node type changed", "types": ["NEW"]},
    ]
    record.samples = [{"t": t, "nodes": nodes, "open": 1, "waiting": 0} for t, nodes in ((30, 9), (120, 2), (170, 8))]
    return _pool(record, {"node type": 100, "node type changed": 160, "end": 165}) or {}


def test_the_steps_of_a_change_count_from_it_and_only_those_of_bridges():
    figures = changed()
    assert [(step["at"], step["op"]) for step in figures["steps"]] == [
        (10, "create-replacement"),
        (50, "delete-replaced"),
    ]
    assert (figures["left"], figures["gone"], figures["seconds"]) == ([12], [40], 60)
    assert figures["mostNodes"] == 2, "of the change, not of the day"
    assert (figures["from"], figures["to"]) == (["OLD"], ["NEW"])


def test_a_day_without_a_change_of_the_node_type_has_no_verdict_on_it():
    assert _pool(Record(say=lambda _: None), {"ready": 1.0}) is None


def test_a_lesson_begins_at_a_full_minute_after_what_it_waits_for():
    start = full_minute(1_700_000_001.5)
    assert start.second == 0
    assert 0 <= start.timestamp() - 1_700_000_001.5 <= 60
    entry = lesson(start, 3, 4, 30)
    assert (entry["start"], entry["end"], entry["lead"]) == ("22:14", "22:17", "30s")
    assert entry["days"] == ["tue"]
