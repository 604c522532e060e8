"""Another node type under calls, in its short form: one bridge; `python -m benchmarks --pool` plays it with several and writes the page."""

import pytest
from played_story import played

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

POOL, WORKLOAD = "scaleway-s0-pool", "s0-bridges-host-port-0"


@pytest.fixture(scope="module")
def change(toolchain, tmp_path_factory):
    """The verdict of the story."""
    return played("pool", tmp_path_factory.mktemp("change"), 840)


def test_the_change_was_played_to_its_end(change):
    assert change["failures"] == []
    assert change["storySeconds"], "the last act was not reached"
    assert change["pool"]["from"] != change["pool"]["to"]


def test_the_new_pool_comes_first_and_the_former_one_goes_after_its_last_bridge(change):
    pool = change["pool"]
    steps = {(step["op"], step["name"]): step["at"] for step in pool["steps"]}
    assert set(steps) == {
        ("create-replacement", POOL),
        ("update", WORKLOAD),
        ("update", "s0-bridges-spares"),
        ("delete-replaced", POOL),
    }
    created, deleted = steps["create-replacement", POOL], steps["delete-replaced", POOL]
    assert created < steps["update", WORKLOAD] < deleted
    assert created < min(pool["left"])
    assert max(pool["gone"]) < deleted
    assert len(pool["gone"]) == pool["bridges"], "each bridge moved once"


def test_no_meeting_was_cut_and_everybody_moved_to_the_new_pool(change):
    assert change["cutMeetings"] == []
    assert change["moved"] == change["participants"] == 24
    assert change["cutOnPurpose"], "else the verdict could not fail: a bridge that is killed afterwards shows up"


def test_the_bridge_was_gone_before_its_grace_period_ended_and_stayed_so(change):
    assert change["drains"]["late"] == change["drains"]["killed"] == change["zombies"] == []
    assert change["drains"]["longest"] < change["drains"]["shortestGrace"]


def test_nobody_lost_a_packet_on_the_way_through_a_node_while_their_bridge_left(change):
    media = change["media"]["hostPort"]
    assert media["unheard"] == 0
    assert media["leaving"]["packets"] > 0
    assert (media["leaving"]["lost"], media["leaving"]["foreign"]) == (0, 0)
