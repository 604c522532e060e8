"""A lost zone costs that zone: its people meet again elsewhere, nobody else is cut, and nothing swings when it returns."""

import asyncio

import pytest
from edge.edge_world import unshared
from edge.zone_play import play

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]


def test_a_zone_lost_at_peak_cuts_its_own_people_who_meet_again_elsewhere_and_stay_there_when_it_returns():
    seen = asyncio.run(play(rooms=40, people=2))
    assert seen.split == set(), "no room is on two shards at any time"
    assert seen.back, "some people were in the lost zone"
    assert seen.cut_elsewhere == 0, "people whose HAProxy and shard live notice nothing"
    assert seen.moved_elsewhere == 0
    assert seen.swung == 0
    assert seen.cut_at_return == 0
    assert seen.opened > 100


def test_open_rooms_are_split_when_the_zone_returns_to_haproxies_that_do_not_share_them():
    seen = asyncio.run(play(rooms=20, people=2, text=unshared("rooms")))
    open_rooms = {key for key in seen.split if not key.startswith("/new-")}
    assert len(open_rooms) > 5, "an HAProxy without the table sends them back to where their hash says"
    assert seen.cut_elsewhere == 0, "nothing else depends on it"
