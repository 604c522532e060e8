"""A short day with everything real but Java, the people and the containers' walls; see lab/rehearsal."""

import pytest
from played_story import played

from sizing.rollout import leaving_at_once

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def day(toolchain, tmp_path_factory):
    """The verdict of the short story."""
    return played("short", tmp_path_factory.mktemp("rehearsal"), 1400)


def test_the_story_was_played_to_its_end(day):
    assert day["failures"] == []
    assert day["storySeconds"], "the last act was not reached"


def test_no_meeting_was_cut_by_growth_shrinking_an_update_or_a_drained_node(day):
    assert day["cutMeetings"] == []
    assert day["meetings"] >= 9
    assert day["drains"]["count"] >= 5, "bridges did leave"


def test_a_bridge_that_is_killed_after_the_story_does_show_up_as_a_cut(day):
    assert day["cutOnPurpose"] == ["allday-0"], "else the verdict above could not fail"


def test_the_bridges_of_the_timetable_stood_when_the_lesson_began(day):
    (lesson,) = day["lessons"]
    assert lesson["standing"] >= lesson["asked"]


def test_a_crowd_that_nobody_expected_found_room(day):
    assert day["crowdToCapacitySeconds"] is not None
    assert day["mostAtOnce"]["ready"] >= 5


def test_the_size_stayed_while_the_adapter_was_away_and_people_left(day):
    (outage,) = day["outages"]
    assert len(outage["size"]) > 10, "samples were taken during the outage"
    assert not outage["shrank"], outage["size"]


def test_every_bridge_was_gone_before_its_grace_period_ended(day):
    assert day["drains"]["late"] == []
    assert day["drains"]["killed"] == []
    assert day["drains"]["longest"] < day["drains"]["shortestGrace"]


def test_no_bridge_came_back_to_life_while_it_left(day):
    assert day["zombies"] == []
    assert day["ends"]["killed"] == 1, "each bridge exited by itself, but for the one that the story kills in the end"


def test_a_node_was_drained_through_evictions(day):
    assert day["nodeDrains"] == 2, "one in each layout"
    assert day["nodesNotDrained"] == 0


def test_the_update_took_no_more_than_its_share_and_left_bridges_for_those_who_met(day):
    assert 1 <= day["update"]["leavingAtOnce"] <= leaving_at_once(day["update"]["size"])
    assert day["update"]["fewestOpen"] >= 1


def test_no_meeting_ran_on_bridges_of_two_versions(day):
    assert day["mixedVersions"] == []


@pytest.mark.parametrize("layout", ["hostPort", "nodePort"])
def test_nobody_loses_a_packet_on_the_way_through_a_node_also_while_their_bridge_leaves(day, layout):
    media = day["media"][layout]
    assert media["unheard"] == 0, "each participant heard their bridge"
    for when in ("staying", "leaving"):
        counts = media[when]
        assert counts["people"] >= {"hostPort": 3, "nodePort": 4}[layout]  # twelve people are on three bridges at most
        assert counts["packets"] > 200
        assert (counts["lost"], counts["foreign"]) == (0, 0), when


def test_a_broken_service_of_a_leaving_bridge_is_heard_by_its_people(day):
    assert day["sabotages"] == {
        "cluster policy": "foreign",  # the bridge sees the node's address instead of theirs
        "no unready addresses": "silence",
        "port of another pod": "silence",
    }, "else the verdict above could not fail"


def test_at_night_the_least_number_of_bridges_is_left(day):
    assert day["atEnd"]["ready"] == 2
    assert day["atEnd"]["leaving"] == 0
    assert day["atEnd"]["nodes"] <= 3, "two bridges and at most one spare"
