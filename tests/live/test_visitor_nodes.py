"""Visitors: whoever comes after the first two is sent to a visitor prosody."""

import httpx
import pytest

from lab.live import stacks
from lab.live.guests import Guests


@pytest.fixture(scope="module")
def guests(world):
    world.up(stacks.document(visitors={"participants": 2, "nodes": 1, "visitorsPerNode": 10}))
    with Guests(world) as guests:
        yield guests


def test_the_third_person_is_a_visitor_who_hears_and_sees(world, guests, measured):
    speakers = guests.meet("lecture")
    visitors = [guests.join("lecture"), guests.join("lecture")]
    for visitor in visitors:
        guests.joined(visitor)
    guests.flowing([*speakers, *visitors])
    reports = [guest.report() for guest in (*speakers, *visitors)]
    assert [report["visitor"] for report in reports] == ["", "", "v0", "v0"]
    for report in reports[2:]:
        assert report["audioOut"]["packets"] == report["videoOut"]["packets"] == 0
        assert report["audioIn"]["streams"] >= len(speakers)
    measured["visitorNode"] = reports[2]["visitor"]
    measured["bridges"] = sorted({guest.bridge for guest in (*speakers, *visitors)})
    world.until("jicofo counts two visitors", lambda: counted(world) == 2, 90)


def counted(world):
    """Visitors that jicofo's metrics count."""
    (pod,) = world.pods("jicofo")
    text = httpx.get(f"http://{pod['status']['podIP']}:8888/metrics", headers={"Accept": "text/plain"}, timeout=10).text
    return sum(
        float(line.split()[-1]) for line in text.splitlines() if line.startswith("jitsi_jicofo_visitors_current")
    )
