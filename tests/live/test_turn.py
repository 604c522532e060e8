"""TURN over TLS behind the edge: forced, and with UDP blocked in the browser."""

import ipaddress

import pytest

from config.cluster import POD_CIDR
from lab.live import stacks
from lab.live.guests import Guests
from lab.live.stacks import DOMAIN
from probe.call.browser import NO_UDP


@pytest.fixture(scope="module")
def stack(world):
    world.up(stacks.document(turn=stacks.TURN))
    return world


@pytest.fixture(scope="module", params=["udp", "no udp"])
def udp(request):
    """Whether browsers may use UDP."""
    return request.param == "udp"


@pytest.fixture(scope="module")
def guests(stack, udp):
    with Guests(stack, *(() if udp else NO_UDP)) as guests:
        yield guests


def via(guest):
    """The browser's side of the path: kind, and protocol."""
    return " ".join(guest.report()["local"][:2])


def test_the_bridge_is_met_directly_or_through_coturn(guests, udp, measured):
    people = guests.meet("hall")
    measured["via"] = sorted({via(guest) for guest in people})
    measured["bridge"] = sorted({guest.bridge for guest in people})
    if not udp:
        assert measured["via"] == ["relay tls"]
        assert all(of_a_pod(guest) for guest in people), "coturn reaches the bridge at its pod's address"


def test_a_forced_relay_leads_to_the_bridge(guests, measured):
    people = guests.meet("office", relayOnly=True)
    measured["via"] = sorted({via(guest) for guest in people})
    measured["bridge"] = sorted({guest.bridge for guest in people})
    assert measured["via"] == ["relay tls"]
    assert all(of_a_pod(guest) for guest in people)
    assert any(f"turns:turn.{DOMAIN}:443" in server for server in people[0].report()["servers"])


def test_somebody_behind_a_firewall_meets_somebody_outside(stack, guests, udp, measured):
    if udp:
        pytest.skip("everybody has UDP here")
    with Guests(stack) as others:
        outside, inside = others.join("garden"), guests.join("garden")
        guests.flowing([outside, inside])
        measured["via"] = [via(outside), via(inside)]
        others.leave()


def of_a_pod(guest):
    """Whether the bridge's side of the path is the address of its pod."""
    return ipaddress.ip_address(guest.bridge.rpartition(":")[0]) in ipaddress.ip_network(POD_CIDR)
