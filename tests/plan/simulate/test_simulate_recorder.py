"""Metrics of a whole shard, as rules would record them."""

import pytest

from components.metrics.names import EXPECTED, TIMETABLE
from plan.simulate.bridge import Bridge
from plan.simulate.recorder import Recorder
from plan.simulate.settings import MetricsSettings


def bridge(name: str, load: int) -> Bridge:
    return Bridge(name, 0, ready_at=-600, load=load)


def totals(recorder: Recorder, bridges: list[Bridge], until: int, per_step: int = 0) -> list[dict[str, int | None]]:
    seen = []
    for now in range(0, until, 5):
        recorder.read(now, bridges)
        seen.append(dict(recorder.totals))
        bridges[0].load += per_step
    return seen


def test_people_who_come_evenly_are_expected_for_the_time_ahead():
    recorder = Recorder(MetricsSettings(look_ahead=60), ())
    expected = totals(recorder, [bridge("a", 500)], 305, per_step=5)[-1][EXPECTED]
    assert expected == pytest.approx((500 + 60 * 5 + 60) * 1000, rel=0.04), "one a second; read up to 15 s ago"


def test_people_who_are_moved_off_a_leaving_bridge_are_no_growth():
    recorder = Recorder(MetricsSettings(look_ahead=600), ())
    leaving, staying = bridge("a", 80), bridge("b", 20)
    totals(recorder, [leaving, staying], 60)
    leaving.leaving_since = 60
    before = totals(recorder, [leaving, staying], 60)[-1][EXPECTED]
    leaving.load, staying.load = 0, 100
    after = totals(recorder, [leaving, staying], 60)
    assert before == 20_000
    assert max(seen[EXPECTED] or 0 for seen in after[3:]) == 100_000


def test_the_timetable_is_seen_at_the_next_evaluation():
    recorder = Recorder(MetricsSettings(), ((0, 3), (60, 8), (90, 0)))
    seen = [made[TIMETABLE] for made in totals(recorder, [bridge("a", 1)], 120)]
    assert seen[0] == 3000
    assert seen[60 // 5 : 75 // 5].count(8000) == 1, "asked for at 60 s, recorded at 70 s"
    assert seen[-1] == 0
