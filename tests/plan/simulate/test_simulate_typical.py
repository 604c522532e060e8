"""The middle column of the cost is arithmetic on the timetable; it must stay near what the model's week is billed."""

import pytest
from simulated_stacks import WEDNESDAY, school_settings, write_stack

from config.read import parse, stack_file
from plan.simulate.day import simulate
from plan.simulate.traces import TRACES
from sizing.pools import pool_bounds
from sizing.typical_use import typical_week

pytestmark = pytest.mark.tools  # seconds of simulation

DAYS_OF_SCHOOL, DAY, WEEK = 5, 24, 168


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_typical_week_of_the_report_is_within_a_fifth_of_the_simulated_one(seed, tmp_path):
    bridges = parse(stack_file(write_stack(tmp_path / "Pulumi.school.yaml"))).resolved[0].bridges
    always = pool_bounds(bridges).min
    billed = simulate(TRACES["school"](seed), school_settings(), seed)["billedHours"]
    simulated = always * WEEK + DAYS_OF_SCHOOL * (billed - always * DAY)
    assert typical_week(bridges, WEDNESDAY).node_hours == pytest.approx(simulated, rel=0.2)
