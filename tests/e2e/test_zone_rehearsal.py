"""A deployed stack loses a zone at peak and gets it back: real engine, control plane, kube-proxies, HAProxies and load balancers."""

import pytest
from played_story import played

from plan.zone_loss import PROMISED_SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

BUSY = 10
"""Seconds that a busy machine may add."""


@pytest.fixture(scope="module")
def seen(toolchain, tmp_path_factory):
    """The figures of the short form."""
    return played("zone", tmp_path_factory.mktemp("zone"), 850)


def test_meetings_of_the_other_zone_are_neither_cut_nor_moved(seen):
    assert seen["elsewhere"] > 0
    assert seen["elsewhereCut"] == 0
    assert seen["elsewhereMoved"] == 0
    assert seen["elsewhereReconnected"] > 0, "some went through the lost zone, and resumed on the same shard"


def test_people_of_the_lost_zone_are_back_within_a_minute_also_those_behind_its_load_balancer(seen):
    countdown = 30 * (1 - seen["form"]["countdown"])
    assert seen["behindTheLostDoor"] > 0
    assert seen["backSeconds"]["people"] > 0
    assert seen["backSeconds"]["last"] + countdown < PROMISED_SECONDS + BUSY


def test_name_servers_lead_those_who_try_one_address_only_to_the_other_load_balancer(seen):
    assert seen["nameServersSeconds"]
    assert seen["backByNameServersSeconds"]["people"] > 0
    assert seen["backByNameServersSeconds"]["last"] < seen["nameServersSeconds"][0] + 60 + PROMISED_SECONDS


def test_no_room_is_split_at_any_time(seen):
    assert seen["split"] == []


def test_nothing_swings_when_the_zone_returns(seen):
    assert seen["swung"] == []
    assert seen["cutAtReturn"] == 0
    assert seen["failures"] == []


def test_the_control_plane_finds_out_that_the_nodes_are_gone(seen):
    assert seen["nodesNotReadySeconds"] > seen["form"]["graceSeconds"] - 10
