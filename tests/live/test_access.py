"""Tokens, in a stack that asks for them."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from lab.live import stacks
from lab.live.guests import Guests

SECRET = "of-the-live-suite-only" * 2
APP = "school"
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


def token(secret=SECRET, **claims):
    """A token as docs/access.md describes it; a claim that is None is left out."""
    all_claims = {"iss": APP, "aud": APP, "sub": "meet.jitsi", "room": "*", "exp": int(time.time()) + 600, **claims}
    parts = ({"alg": "HS256", "typ": "JWT"}, {name: value for name, value in all_claims.items() if value is not None})
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


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
