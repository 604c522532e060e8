"""The closed loop: what holds on every day, and what one setting changes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_stacks import FIGURES, SUNDAY, school_settings

from components.metrics import adapter
from components.metrics.names import TIMETABLE
from config.bridges import Bridges
from plan.simulate import from_stack
from plan.simulate.autoscaler import HpaOfWorkload
from plan.simulate.bridge import Bridge
from plan.simulate.day import Day, simulate
from plan.simulate.hpa_spec import Policy, Rules, Spec, Target
from plan.simulate.jicofo import Jicofo
from plan.simulate.policies import POLICIES, policy
from plan.simulate.settings import LeavingSettings, Settings, WorkloadSettings
from plan.simulate.traces import HOUR, TRACES, Event, Trace, evening, flash, school, webinar
from plan.simulate.workload import Workload
from sizing.bridge_crash import silent_seconds
from sizing.bridge_load import Redistribution, redistribution


def part_of(trace: Trace, begins: int, ends: int) -> Trace:
    """A shorter piece of a day, for tests that need no whole one."""
    events = tuple(event for event in trace.events if begins <= event.time < ends)
    return replace(trace, begins=begins, ends=ends, events=events)


@pytest.mark.parametrize("name", TRACES)
def test_the_same_seed_is_the_same_day_and_another_one_is_not(name):
    make = TRACES[name]
    assert make(3) == make(3)
    assert make(3) != make(4)
    short = part_of(make(3), make(3).begins, make(3).begins + 2 * HOUR)
    assert simulate(short, school_settings(), 3) == simulate(short, school_settings(), 3)


@pytest.mark.parametrize("name", TRACES)
def test_a_day_is_in_order_and_within_its_hours(name):
    trace = TRACES[name](1)
    times = [event.time for event in trace.events]
    assert times == sorted(times)
    assert times[0] >= trace.begins - 300


def test_the_school_day_is_as_large_as_described():
    made = simulate(school(1), policy("static", 100, 0.1))
    assert 1400 < made["peakParticipants"] < 1600
    assert 70 < made["oracleNodeHours"] < 85


def count_on_bridges(day: Day) -> tuple[int, int, int]:
    bridges = [bridge for workload in day._workloads for bridge in workload.bridges]
    for bridge in bridges:
        assert bridge.load == sum(bridge.rooms.values())
        assert all(people > 0 for people in bridge.rooms.values())
    served = sum(bridge.load for bridge in bridges)
    placed = sum(sum(found.values()) for found in day._jicofo.rooms.values())
    return served, placed, sum(day._jicofo.waiting.values())


CHANGES = st.fixed_dictionaries(
    {"min": st.integers(3, 5)},
    optional={
        "layout": st.sampled_from(["hostPort", "nodePort"]),
        "perNode": st.sampled_from([1, 2, 3]),
        "relays": st.booleans(),
        "drain": st.sampled_from([{"deadline": "5m", "migrateAfter": "1m"}, {"deadline": "1h", "migrateAfter": "2m"}]),
        "participants": st.sampled_from([50, 100, 250]),  # below 47 the timetable would ask for more than max
        "schedule": st.just([]),
    },
)


@settings(max_examples=10, deadline=None)
@given(bridges=CHANGES, seed=st.integers(0, 99), name=st.sampled_from(sorted(TRACES)))
def test_nobody_is_lost_and_no_bound_is_left(bridges, seed, name):
    trace = TRACES[name](seed)
    begins = 8 * HOUR if name == "school" else trace.begins
    trace = part_of(trace, begins - 300 if name == "school" else begins, begins + HOUR // 2)
    plan: Settings = school_settings(bridges)
    day = Day(trace, plan, seed)
    for now in range(trace.begins, trace.ends, 5):
        day._step(now)
        served, placed, waiting = count_on_bridges(day)
        assert served == placed
        assert served + waiting == day._participants
        assert len(day._pool.nodes) <= plan.nodes.max
        assert all(len(node.places) <= plan.nodes.per_node for node in day._pool.nodes)
        for workload in day._workloads:
            spec = workload.settings.spec
            assert spec
            assert spec.min <= workload.desired <= spec.max
            assert len({bridge.ordinal for bridge in workload.bridges}) == len(workload.bridges)


@pytest.mark.parametrize("name", [None, *sorted(POLICIES)])
def test_nobody_beats_the_clairvoyant_without_a_gap(name):
    """The oracle has just the nodes that people need: who has fewer node-hours leaves people without."""
    made = simulate(flash(2), policy(name, 100, 0.1) if name else school_settings(), 2)
    assert made["nodeHours"] >= made["oracleNodeHours"] - made["gapParticipantMinutes"] / 100 / 60 - 0.1
    assert made["billedHours"] >= made["nodeHours"]
    assert set(FIGURES) <= made.keys()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("make", [flash, lambda seed: part_of(school(seed), 7 * HOUR, 10 * HOUR)])
def test_a_larger_maximum_never_makes_the_gap_larger(make, seed):
    gaps = [
        simulate(make(seed), school_settings({"max": most, "schedule": []}), seed)["gapParticipantMinutes"]
        for most in (4, 8, 16, 32)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > gaps[-1]


def test_a_bridge_that_must_go_never_cuts_a_meeting_while_it_may_move_people():
    made = simulate(evening(1), school_settings(), 1)
    assert made["cutConferences"] == 0
    assert made["movedParticipants"] > 0
    assert made["drainHours"] < 6
    for_ever = replace(school_settings(), leaving=replace(school_settings().leaving, migrate_after=None, deadline=None))
    patient = simulate(evening(1), for_ever, 1)
    assert patient["cutConferences"] == 0
    assert patient["drainHours"] > 3 * made["drainHours"]
    hasty = replace(for_ever, leaving=replace(for_ever.leaving, deadline=30))
    assert simulate(evening(1), hasty, 1)["cutConferences"] > 20


def test_a_drain_ends_by_its_deadline():
    plan = school_settings({"min": 2, "relays": False})
    made = simulate(part_of(webinar(1), 8 * HOUR, 10 * HOUR), plan, 1)
    longest = run = 0
    for moment in made["series"]:
        run = run + 1 if moment["draining"] else 0
        longest = max(longest, run)
    assert plan.leaving.migrate_after
    assert longest * 60 <= 3600 + 60


def test_a_timetable_is_capacity_before_the_lesson():
    def ready_at(made, time):
        return next(moment for moment in made["series"] if moment["t"] == time)["ready"]

    morning = part_of(school(1), 7 * HOUR, 9 * HOUR)
    without = simulate(morning, school_settings({"schedule": []}), 1)
    with_it = simulate(morning, school_settings(), 1)
    assert ready_at(without, 8 * HOUR - 300) == 2
    assert ready_at(with_it, 8 * HOUR - 300) >= 10, "1000 people, lead 10 min, boot 4 min"
    assert with_it["degradedPercent"] < without["degradedPercent"] / 2
    assert ready_at(simulate(morning, school_settings(day=SUNDAY), 1), 8 * HOUR - 300) == 2, "no lesson on Sundays"


def test_a_crowd_spreads_faster_with_the_programs_redistribution_than_with_upstreams():
    plan = school_settings({"schedule": []})
    upstream = Redistribution(endpoints=10, timeout=180)
    degraded = [
        simulate(flash(1), replace(plan, jicofo=replace(plan.jicofo, redistribution=rules)), 1)["degradedPercent"]
        for rules in (redistribution(Bridges()), upstream, None)
    ]
    assert plan.jicofo.redistribution == redistribution(Bridges())
    assert degraded == sorted(degraded)
    assert degraded[0] < degraded[1] / 2


def test_spares_save_the_boot_of_the_first_bridges():
    gaps = [
        simulate(flash(1), school_settings({"schedule": [], "scaling": {"spares": spares}}), 1)["gapParticipantMinutes"]
        for spares in (0, 2, 4)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > gaps[-1]


def test_a_fixed_number_of_bridges_stays_fixed():
    made = simulate(flash(1), school_settings({"topology": "static", "min": 6, "schedule": []}), 1)
    assert {moment["wanted"] for moment in made["series"]} == {6}
    assert {moment["nodes"] for moment in made["series"]} == {6}
    assert made["timeToCapacitySeconds"] is None, "six bridges never carry 1500 people"


def test_a_stateful_set_waits_for_its_ordinal():
    """The set shrinks while ten of each room stay, and grows again while the upper bridges still drain."""
    rooms = tuple(Event(1.0 + number * 30, "join", f"r{number}", 60) for number in range(8))
    ends = tuple(Event(1200.0, "leave", f"r{number}", 50) for number in range(8))
    again = tuple(Event(2400.0, "join", f"s{number}", 60) for number in range(8))
    trace = Trace("again", 0, 7200, (*rooms, *ends, *again))
    plan = school_settings({"layout": "nodePort", "schedule": [], "scaling": {"scaleDownWindow": "1m", "spares": 0}})
    day = Day(trace, replace(plan, leaving=replace(plan.leaving, migrate_after=None, deadline=None)), 1)
    for now in range(0, 7200, 5):
        day._step(now)
        ordinals = [bridge.ordinal for bridge in day._workloads[0].bridges]
        assert len(ordinals) == len(set(ordinals))


def test_the_numbers_of_the_adapter_are_those_of_the_program():
    assert from_stack.ADAPTER_TTL == adapter.TTL_SECONDS


def test_a_stack_says_what_the_day_is_run_with():
    plan = school_settings(
        {"scaling": {"bootTime": "5m", "spares": 2}}, metrics={"adapter": "kubeMetrics", "interval": "30s"}
    )
    assert (plan.nodes.boot, plan.nodes.cold) == (225, 75)
    assert {count for _, count in plan.nodes.spares} == {0, 2}
    assert (plan.nodes.min, plan.nodes.max) == (2, 42)
    assert (plan.metrics.interval, plan.metrics.kept) == (30, 75)
    assert (plan.leaving.migrate_after, plan.leaving.deadline) == (600, 3600)
    two = school_settings({"perNode": 2, "min": 3})
    assert [(part.slot, part.spec.min, part.spec.max) for part in two.workloads if part.spec] == [
        (0, 2, 16),
        (1, 1, 16),
    ]


@pytest.mark.parametrize(("ordinals", "wanted"), [(True, 12), (False, 10)])
def test_bridges_that_leave_count_in_the_scale_of_a_statefulset_and_not_of_a_deployment(ordinals, wanted):
    free = Rules(0, (Policy("Percent", 100, 15),))
    spec = Spec(1, 20, (Target(TIMETABLE, "Object", "AverageValue", 1000),), up=free, down=free)
    rules = WorkloadSettings(start=12, spec=spec, ordinals=ordinals)
    workload = Workload("jvb", rules, 12, deletion_cost=False, seed=0)
    workload.desired = 10
    workload.reconcile(0)
    assert (len(workload.live), len(workload.bridges)) == (10, 12)
    HpaOfWorkload(workload, spec, school_settings()).sync(0, {TIMETABLE: 11_000})
    assert workload.desired == wanted, "11 is within 10 % of 12 and of 10"


def test_a_timetable_counts_under_the_name_of_its_scaling_schedule_as_well():
    spec = Spec(1, 20, (Target("jvb-timetable-s0", "Object", "AverageValue", 1000),))
    workload = Workload("jvb", WorkloadSettings(start=2, spec=spec), 2, deletion_cost=False, seed=0)
    HpaOfWorkload(workload, spec, school_settings()).sync(0, {TIMETABLE: 5000})
    assert workload.desired == 5


@pytest.mark.parametrize("name", ["openfun", "jitsi-autoscaler"])
def test_predecessors_that_wait_for_their_meetings_cut_none(name):
    assert simulate(school(1), policy(name, 100, 0.1), 1)["cutConferences"] == 0


@pytest.mark.parametrize("name", ["hpi", "operator"])
def test_a_service_that_goes_before_its_bridge_and_a_short_grace_period_cut_meetings(name):
    shipped = policy(name, 100, 0.1)
    assert simulate(school(1), shipped, 1)["cutConferences"] > 0
    assert simulate(school(1), replace(shipped, leaving=LeavingSettings()), 1)["cutConferences"] == 0


@pytest.mark.parametrize(
    ("load", "is_room", "moved", "in_vain"),
    [(100, True, 30, 30), (20, True, 15, 0), (100, False, 0, 0), (20, False, 15, 0)],
)
def test_jicofo_moves_people_in_vain_only_if_it_takes_a_bridge_that_leaves_for_room(load, is_room, moved, in_vain):
    plan = school_settings()
    assert not plan.jicofo.leaving_is_room
    jicofo = Jicofo(replace(plan.jicofo, leaving_is_room=is_room))
    first, second, leaving = (Bridge(name, number) for number, name in enumerate(("first", "second", "leaving")))
    for bridge, people in ((first, 100), (second, load)):
        jicofo.open = [bridge]
        jicofo.join(0, f"room of {bridge.name}", people)
        bridge.reported = bridge.stress(plan.capacity)
    jicofo.open, jicofo.leaving = [first, second], [leaving]
    jicofo.redistribute(600)
    assert (jicofo.moved, jicofo.moved_in_vain) == (moved, in_vain)
    jicofo.leaving = []
    jicofo.redistribute(660)
    assert jicofo.moved_in_vain == in_vain, "without a bridge that leaves, nobody is moved unless there is room"


def test_people_of_a_bridge_that_crashes_go_on_elsewhere_after_the_time_that_prosody_needs():
    at = 9 * HOUR
    trace = part_of(school(1), 7 * HOUR, 10 * HOUR)
    whole, crashed = simulate(trace, school_settings()), simulate(trace, school_settings(), crash=at)
    crash = crashed["crash"]
    assert whole["crash"] is None
    assert crash["at"] == at
    assert 50 < crash["participants"] <= 110
    assert crash["waiting"] == 0
    assert crash["silentParticipantSeconds"] == crash["participants"] * silent_seconds(Bridges().silent_after)
    assert crash["silentSeconds"] <= 2
    assert crashed["participantMinutes"] == whole["participantMinutes"]


def test_people_of_the_only_bridge_wait_until_it_is_back():
    trace = Trace("one", 0, 600, (Event(0, "join", "room", 30),))
    made = simulate(trace, school_settings({"min": 1, "max": 1, "schedule": []}), crash=300)
    assert made["crash"]["waiting"] == 30
    assert made["series"][-1]["waiting"] == 0


def test_other_projects_leave_people_silent_as_the_images_do():
    assert simulate(flash(1), policy("static", 100, 0.1), crash=15 * HOUR)["crash"]["silentSeconds"] == 20
