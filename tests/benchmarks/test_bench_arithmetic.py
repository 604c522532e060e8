"""The figures that the tables show: fits, ratios and the aims."""

import pytest
from bench_results import phase, results, run
from hypothesis import given
from hypothesis import strategies as st

from lab.benchmarks.aims import aims, per_resource
from lab.benchmarks.fit import median, ratio, slope

WHOLE = st.integers(-1000, 1000)


@given(WHOLE, WHOLE, st.lists(WHOLE, min_size=2, unique=True))
def test_points_on_a_line_give_its_slope(rise, start, places):
    assert slope([(x, start + rise * x) for x in places]) == pytest.approx(rise, abs=1e-6)


def test_a_single_number_of_shards_has_no_slope():
    assert slope([(68, 1.2), (68, 1.4)]) == 0.0


def test_a_peer_that_took_no_time_does_not_divide_by_zero():
    assert ratio(1.0, 0.0) == float("inf")
    assert ratio(3.0, 2.0) == 1.5


def test_one_slow_run_does_not_move_the_median():
    assert median([1.0, 1.1, 9.0]) == 1.1


def by_name(**parts):
    return {aim.what: aim for aim in aims(results(**parts))}


def test_a_run_within_every_limit_meets_every_aim():
    found = by_name()
    assert len(found) == 7
    assert [aim.what for aim in found.values() if not aim.met] == []


def test_further_resources_are_counted_in_milliseconds_each():
    assert by_name()["Python side, each further resource"].measured == pytest.approx(5.0)


def test_one_write_of_a_preview_is_one_too_many():
    stack = {"shards": 4, "phases": [phase("preview, nothing changed", 4.0, writes=1)]}
    aim = by_name(engine=[stack])["writes of a preview when nothing changed, 4 shards"]
    assert not aim.met
    assert aim.ratio == 1.0


def test_what_was_not_measured_is_held_against_nothing():
    quick = {key: value for key, value in results().items() if key not in ("engine", "makeUp", "cold")}
    quick["python"]["runs"] = [each for each in quick["python"]["runs"] if each["shards"] <= 4]
    assert [aim.what for aim in aims(quick)] == ["Python side, 1 shard", "Python side, each further resource"]


def test_the_fit_takes_the_figure_that_it_is_asked_for():
    runs = [run("program", 1, 100, 1.0), run("program", 4, 200, 2.0)]
    runs[1]["cpu"] = [1.5] * 3
    assert per_resource(runs) == pytest.approx(10.0)
    assert per_resource(runs, "cpu") == pytest.approx(5.0)
