"""The played bridge leaves as jitsi-videobridge's ShutdownManager does (reference: JK/shutdown/ShutdownManager.kt)."""

import time

import pytest

from lab.rehearsal.bridge import SimulatedBridge, State, seconds_of

CONF = "graceful-shutdown-max-duration = 30 seconds\nshutting-down-delay = 60 seconds\n"


@pytest.fixture
def bridge():
    made = SimulatedBridge("jvb-0", "v1", CONF, capacity=40, java_speed=6)
    made.began -= 60
    return made


def occupied(bridge, people):
    bridge.seat.load = people
    bridge.seat.rooms = {"room": people}


@pytest.mark.parametrize(
    ("text", "seconds"), [("a = 90 seconds", 90), ("a = 2 minutes", 120), ("a = 24 hours", 86400), ("b = 1 second", 7)]
)
def test_durations_of_its_config_are_read_with_their_units(text, seconds):
    assert seconds_of(text, "a", 7) == seconds


def test_an_idle_bridge_announces_its_end_at_once(bridge):
    bridge.shut_down(graceful=True)
    assert bridge.state is State.SHUTTING_DOWN


def test_a_busy_bridge_waits_for_its_meetings(bridge):
    occupied(bridge, 3)
    bridge.shut_down(graceful=True)
    now = time.time()
    assert not bridge.tick(now + 29)
    assert bridge.state is State.GRACEFUL_SHUTDOWN
    occupied(bridge, 0)
    bridge.tick(now + 29.5)
    assert bridge.state is State.SHUTTING_DOWN


def test_a_busy_bridge_has_its_people_moved_after_its_longest_wait(bridge):
    occupied(bridge, 3)
    bridge.shut_down(graceful=True)
    bridge.tick(time.time() + 31)
    assert bridge.state is State.SHUTTING_DOWN


def test_a_forced_shutdown_does_not_wait(bridge):
    occupied(bridge, 3)
    bridge.shut_down(graceful=True)
    bridge.shut_down(graceful=False)
    assert bridge.state is State.SHUTTING_DOWN


def test_it_exits_nine_tenths_of_a_second_after_the_shortened_minute(bridge):
    bridge.shut_down(graceful=False)
    now = time.time()
    assert not bridge.tick(now + 10.5)
    assert bridge.tick(now + 11)


def leaving(bridge):
    """What it tells of its end: the metrics, and the same in JSON."""
    figures, told = bridge.figures(), bridge.statistics()
    names = ("graceful_shutdown", "shutting_down")
    assert [bool(figures[name]) for name in names] == [told[name] for name in names]
    return tuple(told[name] for name in names)


@pytest.mark.parametrize("people", [0, 3])
def test_graceful_shutdown_is_told_until_the_process_ends(bridge, people):
    assert leaving(bridge) == (False, False)
    occupied(bridge, people)
    bridge.shut_down(graceful=True)
    assert leaving(bridge) == (True, not people)
    bridge.shut_down(graceful=False)
    assert leaving(bridge) == (True, True)


def test_a_bridge_that_was_only_forced_never_tells_of_graceful_shutdown(bridge):
    bridge.shut_down(graceful=False)
    bridge.shut_down(graceful=True)
    assert leaving(bridge) == (False, True)


def test_a_bridge_is_healthy_in_every_state_until_its_process_ends(bridge):
    bridge.drain = True
    for state in State:
        bridge.state = state
        assert bridge.healthy == (state is not State.ENDED)


def test_neither_a_draining_nor_a_leaving_bridge_takes_people(bridge):
    assert bridge.takes_people
    bridge.drain = True
    assert not bridge.takes_people
    bridge.drain = False
    bridge.shut_down(graceful=True)
    assert not bridge.takes_people


def test_stress_ends_where_the_cpu_does_and_is_measured_every_ten_seconds(bridge):
    occupied(bridge, 400)
    now = time.time()
    bridge.tick(now)
    assert bridge.figures()["stress"] == pytest.approx(1 / 0.9)
    occupied(bridge, 0)
    bridge.tick(now + 9)
    assert bridge.figures()["stress"] > 1
    bridge.tick(now + 11)
    assert bridge.figures()["stress"] == 0
