"""What a full bridge forwards, and what that costs it by measurement."""

import pytest
import stream_costs_page

from config.bridges import Bridges
from config.meetings import Meetings
from sizing import stream_costs
from sizing.stream_costs import millicpu_each, traffic


def meetings(**keys: object) -> Meetings:
    return Meetings.model_validate(keys)


def test_a_full_bridge_forwards_what_each_participant_hears_and_sees():
    found = traffic(Bridges.model_validate({"participants": 40, "bitrateKbps": 2000}), meetings())
    assert (found.heard, found.seen, found.streams, found.mbits) == (3, 5, 320, 80)
    assert found.millicpu == round(40 * millicpu_each(meetings()))


@pytest.mark.parametrize(
    ("last_n", "seen"),
    [
        ({}, 5),
        ({"default": -1}, 5),
        ({"default": 2}, 2),
        ({"bridge": 3}, 3),
        ({"bridge": 20}, 5),
        ({"bridge": 4, "default": 1}, 1),
    ],
)
def test_nobody_sees_more_than_last_n_allows(last_n, seen):
    assert traffic(Bridges(), meetings(lastN=last_n)).seen == seen


def test_the_costs_are_those_of_the_last_measurement():
    said = {name: getattr(stream_costs, name) for name in stream_costs_page.constants()}
    assert said == stream_costs_page.constants(), "run .venv/bin/python tests/stream_costs_page.py"


def test_the_page_shows_the_last_measurement():
    shown = stream_costs_page.PAGE.read_text()
    assert shown == stream_costs_page.page(), "run .venv/bin/python tests/stream_costs_page.py"
