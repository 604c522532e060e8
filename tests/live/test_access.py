"""Tokens, in a stack that asks for them."""

import time

import pytest

from lab.live import stacks
from lab.live.guests import Guests
from lab.live.tokens import APP, SECRET, token

WRONG = {
    "secret": {"secret": "another" * 5},
    "issuer": {"iss": "elsewhere"},
    "audience": {"aud": "elsewhere"},
    "expiry": {"exp": int(time.time()) - 600},
    "room": {"room": "another"},
}
"""What is wrong -> how it differs from a token that is let in."""


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document(auth={"type": "jwt", "jwt": {"appId": APP}}), {"jitsi:jwtSecret": SECRET})
    with Guests(world) as guests:
        yield guests


def test_people_with_tokens_meet(guests, measured):
    people = guests.meet("class", token=token())
    measured["bridge"] = people[0].bridge


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_token_is_refused(guests, measured, what):
    guest = guests.join("class", token=token(**WRONG[what]))
    measured["reason"] = guests.refused(guest)
    assert guest.report()["joined"] is None


def test_nobody_comes_in_without_a_token(guests, measured):
    guest = guests.join("class")
    measured["reason"] = guests.refused(guest)
    assert guest.report()["joined"] is None
