"""Traces of one's own: the two forms, and what is said about every other one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_stacks import school_settings

from config.problems import ConfigError
from plan.simulate.day import simulate
from plan.simulate.trace_files import read_trace
from plan.simulate.traces import Event


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str | bytes) -> Path:
        path = tmp_path / "day.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return to_file


def people_at(trace, time):
    """By the events alone: who joined and has not left."""
    rooms: dict[str, int] = {}
    for event in trace.events:
        if event.time > time:
            break
        if event.what == "end":
            rooms.pop(event.room, None)
        else:
            rooms[event.room] = rooms.get(event.room, 0) + (event.people if event.what == "join" else -event.people)
    assert all(people >= 0 for people in rooms.values())
    return sum(rooms.values())


def test_a_curve_is_followed(write):
    trace = read_trace(
        write("seconds,participants,conferences\n28800,0,0\n29400,300,12\n36000,300,10\n36600,20,4\n"), 1
    )
    assert (trace.name, trace.begins, trace.ends) == ("day", 28800, 36600)
    assert [people_at(trace, time) for time in (28800, 29400, 36000, 36600)] == [0, 300, 300, 20]
    assert 100 < people_at(trace, 29100) < 200, "evenly in between"
    made = simulate(trace, school_settings({"schedule": []}), 1)
    assert made["peakParticipants"] in range(280, 330)


def test_people_who_are_there_at_the_beginning_have_their_bridges(write):
    trace = read_trace(write("seconds,participants\n0,900\n3600,900\n"), 1)
    made = simulate(trace, school_settings({"schedule": []}), 1)
    assert made["series"][0]["ready"] == 12
    assert made["gapParticipantMinutes"] == 0


def test_rooms_are_taken_as_they_are(write):
    trace = read_trace(
        write("room,joins,leaves,participants\n\nmaths,60,600,25\nmaths, 120 ,600,5\nart,90,300,10\n"), 1
    )
    assert trace.events[0] == Event(60, "join", "maths", 25)
    assert [people_at(trace, time) for time in (59, 60, 100, 120, 300, 600)] == [0, 25, 35, 40, 30, 0]
    assert (trace.begins, trace.ends) == (60, 600)


def test_a_spreadsheets_mark_and_line_ends_are_no_trouble(write):
    assert read_trace(write("\ufeffSeconds,Participants\r\n0,5\r\n600,5\r\n"), 1).ends == 600


WRONG = {
    "nothing": ("", "line 1: the first line is seconds,participants[,conferences] or room,joins,leaves,participants"),
    "another header": ("time,people\n0,1\n", "got time,people"),
    "a word": (
        "seconds,participants\n0,many\n60,2\n",
        "line 2: participants is a whole number from 0 to 200000, got 'many'",
    ),
    "a negative number": ("seconds,participants\n0,-1\n60,2\n", "line 2: participants"),
    "a fraction": ("seconds,participants\n0,1.5\n60,2\n", "line 2: participants"),
    "a digit of another script": ("seconds,participants\n0,٣\n60,2\n", "line 2: participants"),
    "backwards": ("seconds,participants\n60,1\n60,2\n", "line 3: seconds 60 is not after 60"),
    "too few cells": ("seconds,participants\n0\n60,2\n", "line 2: 2 values are needed, got 1"),
    "one point": ("seconds,participants\n0,1\n", "two lines"),
    "no rooms": ("room,joins,leaves,participants\n", "nobody joins"),
    "a nameless room": ("room,joins,leaves,participants\n ,0,60,3\n", "line 2: room is empty"),
    "left before it came": ("room,joins,leaves,participants\na,60,60,3\n", "line 2: leaves 60 is not after joins 60"),
    "people without rooms": (
        "seconds,participants,conferences\n0,5,0\n60,5,1\n",
        "need at least one conference, got 0",
    ),
    "beyond the day": ("seconds,participants\n0,5\n129601,5\n", "line 3: seconds is a whole number from 0 to 129600"),
    "too many rooms": (
        "room,joins,leaves,participants\na,0,60,150000\nb,0,60,150000\n",
        "300000 people join, above 200000",
    ),
    "too many people": ("seconds,participants\n0,150000\n60,0\n120,150000\n", "300000 people join"),
    "a null byte": ("seconds,participants\n0,\x00\n60,2\n", "day.csv"),
    "an open quote": ('seconds,participants\n"0,1\n', "not CSV"),
    "no text": (b"\xff\xfe\x00\x01", "not UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_trace_is_explained(write, name):
    text, expected = WRONG[name]
    with pytest.raises(ConfigError) as refused:
        read_trace(write(text), 1)
    (problem,) = refused.value.problems
    assert problem.where == "--trace"
    assert expected in problem.what
    assert "day.csv" in problem.what


def test_a_file_that_is_not_there_names_what_is_built_in(tmp_path):
    with pytest.raises(ConfigError, match="school, flash, evening and webinar"):
        read_trace(tmp_path / "none.csv", 1)


@settings(max_examples=40, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(1, 4000), st.integers(0, 150), st.integers(1, 30)), min_size=2, max_size=8),
    seed=st.integers(0, 9),
)
def test_any_curve_is_met_at_its_points(points, seed, tmp_path_factory):
    path = tmp_path_factory.mktemp("curve") / "day.csv"
    time, lines, expected = 0, ["seconds,participants,conferences"], []
    for distance, people, rooms in points:
        time += distance
        lines.append(f"{time},{people},{rooms}")
        expected.append((time, people))
    path.write_text("\n".join(lines))
    trace = read_trace(path, seed)
    assert [people_at(trace, time) for time, _ in expected[1:]] == [people for _, people in expected[1:]]
