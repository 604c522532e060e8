"""Accounts and guests, in a stack that lets guests in once somebody with an account has opened the room."""

import json
import time

import pytest

from lab.live import stacks
from lab.live.guests import Guests

USERS = {"anna": "correct horse battery", "ben": "staple and more of it"}
WAIT_SECONDS = 60
ASK_SECONDS = 5
"""Jitsi's own pages ask again so often while a guest waits for the host."""


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document(auth={"type": "internal", "guests": True}), {"jitsi:users": json.dumps(USERS)})
    with Guests(world) as guests:
        yield guests


def account(name):
    return {"user": name, "password": USERS[name]}


def moderates(guest):
    return guest.page.run("Boolean(jitsiCall.room?.isModerator())")


def test_a_guest_who_comes_first_waits_until_the_host_comes(world, guests, measured):
    guest = guests.join("class")
    measured["reason"] = guests.refused(guest)
    assert measured["reason"] == "conference.authenticationRequired"
    anna = guests.join("class", **account("anna"))
    guests.joined(anna)
    world.until("the host moderates", lambda: moderates(anna), WAIT_SECONDS)
    deadline = time.monotonic() + WAIT_SECONDS
    while guest.report()["joined"] is None and time.monotonic() < deadline:
        guest.page.run("jitsiCall.room.join()")
        time.sleep(ASK_SECONDS)
    guests.flowing([anna, guest])
    assert not moderates(guest)


def test_everybody_with_an_account_moderates_and_meets_a_guest(world, guests, measured):
    people = [guests.join("staffroom", **account(name)) for name in USERS]
    for host in people:
        guests.joined(host)
    guest = guests.join("staffroom")
    guests.flowing([*people, guest])
    world.until("both hosts moderate", lambda: all(map(moderates, people)), WAIT_SECONDS)
    assert not moderates(guest)
    measured["moderators"] = sum(map(moderates, [*people, guest]))


WRONG = {"password": {"user": "anna", "password": USERS["ben"]}, "name": {"user": "carl", "password": "x" * 20}}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_password_or_name_is_refused(guests, measured, wrong):
    guest = guests.join("class", **WRONG[wrong])
    measured["reason"] = guests.refused(guest)
    assert measured["reason"] == "connection.passwordRequired"
    assert guest.report()["joined"] is None
