"""What is recorded about meetings: a cut is a bridge that ends under them, a move is none."""

import time

import pytest

from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.meetings import Join, Meetings
from plan.simulate.settings import JicofoSettings


def a_bridge(name, version="v1"):
    made = SimulatedBridge(name, version, "", capacity=40, java_speed=6)
    made.began -= 60
    return made


@pytest.fixture
def meetings():
    made = Meetings(40, JicofoSettings())
    made.bridges += [a_bridge("a"), a_bridge("b")]
    return made


def people_come(meetings, room, count):
    meetings.plan([Join(time.time() - 1, room, count)])
    meetings.tick(time.time())


def test_people_who_find_no_bridge_wait_and_are_let_in_later():
    meetings = Meetings(40, JicofoSettings())
    people_come(meetings, "room", 5)
    assert meetings.waiting == 5
    meetings.bridges.append(a_bridge("a"))
    meetings.tick(time.time())
    assert meetings.waiting == 0
    assert meetings.participants == 5


def test_a_bridge_that_ends_under_a_meeting_cuts_it(meetings):
    people_come(meetings, "room", 5)
    used = next(bridge for bridge in meetings.bridges if bridge.seat.load)
    meetings.lost(used, "killed")
    assert meetings.meetings["room"].cut == 1
    assert meetings.participants == 5, "its people come back, as after a crash"


def test_a_bridge_that_the_story_kills_is_counted_apart(meetings):
    people_come(meetings, "room", 5)
    used = next(bridge for bridge in meetings.bridges if bridge.seat.load)
    used.on_purpose = True
    meetings.lost(used, "killed")
    assert (meetings.meetings["room"].cut, meetings.meetings["room"].cut_on_purpose) == (0, 1)


def test_people_of_a_bridge_that_announces_its_end_are_moved_and_not_cut(meetings):
    people_come(meetings, "room", 5)
    used = next(bridge for bridge in meetings.bridges if bridge.seat.load)
    used.shut_down(graceful=False)
    meetings.tick(time.time())
    assert used.seat.load == 0
    meetings.lost(used, "exit")
    assert (meetings.meetings["room"].moved, meetings.meetings["room"].cut) == (5, 0)


def test_a_meeting_stays_on_bridges_of_one_version(meetings):
    for bridge in meetings.bridges:
        bridge.seat.reported = 2.0  # too full to be chosen while there is another
    people_come(meetings, "room", 1)
    meetings.bridges.append(a_bridge("new", "v2"))
    people_come(meetings, "room", 20)
    assert meetings.meetings["room"].versions == 1
    assert all(bridge.version == "v1" for bridge in meetings.bridges if bridge.seat.load)


def test_who_may_join_no_bridge_of_its_meetings_version_waits(meetings):
    people_come(meetings, "room", 2)
    for bridge in meetings.bridges:
        bridge.drain = True
    meetings.bridges.append(a_bridge("new", "v2"))
    people_come(meetings, "room", 3)
    assert meetings.waiting == 3
    for bridge in meetings.bridges[:2]:
        bridge.shut_down(graceful=False)
    meetings.tick(time.time())
    assert meetings.waiting == 0, "once the old bridges are rid of them, all move on together"
    assert meetings.meetings["room"].versions == 1
    assert all(bridge.state is not State.ENDED for bridge in meetings.bridges)
