"""Guests wait in a lobby that opens when somebody with an account comes (`waitForHost: lobby`)."""

import json

import pytest

from lab.live import stacks
from lab.live.guests import Guests

USERS = {"anna": "correct horse battery"}
LOOK_SECONDS = 20


@pytest.fixture(scope="module")
def guests(world):
    auth = {"type": "internal", "guests": True, "waitForHost": "lobby"}
    world.up(stacks.document(auth=auth), {"jitsi:users": json.dumps(USERS)})
    with Guests(world) as guests:
        yield guests


def test_guests_are_let_in_from_the_lobby_when_the_host_comes(world, guests, measured):
    early = [guests.join("lesson"), guests.join("lesson")]
    measured["reason"] = [guests.refused(guest) for guest in early]
    assert set(measured["reason"]) == {"conference.connectionError.membersOnly"}
    for number, guest in enumerate(early):
        guest.page.run(f"jitsiCall.room.joinLobby('guest {number}')")
    anna = guests.join("lesson", user="anna", password=USERS["anna"])
    guests.flowing([anna, *early])
    moderators = [guest.page.run("Boolean(jitsiCall.room?.isModerator())") for guest in (anna, *early)]
    assert moderators == [True, False, False]
