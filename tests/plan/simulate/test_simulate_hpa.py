"""The autoscaler on its own: the rules of Kubernetes 1.35 as tables, and what holds whatever it sees."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.bridges.autoscaling import behavior, targets
from config.bridges import Scaling
from config.quantities import milli
from config.read import parse
from plan.simulate.hpa import Observation, State, decide
from plan.simulate.hpa_replicas import PodView, Sample
from plan.simulate.hpa_spec import Policy, Rules, Spec, Target, spec_of

PEOPLE = Target("jvb_participants", "Pods", "AverageValue", 80_000)
STRESS = Target("jvb_stress", "Pods", "AverageValue", 750)
CPU = Target("cpu", "Resource", "Utilization", 75)
WISH = Target("jvb_timetable", "External", "AverageValue", 1000)
FREE = Rules(0, (Policy("Percent", 1000, 15),))
SPEC = Spec(1, 100, (PEOPLE,), up=FREE, down=Rules(0, (Policy("Percent", 100, 15),)))


def pods(*loads, **changes):
    """Pods p0, p1 ... with their loads; None: no metric; "pending", "unready" or "gone" in place of a load."""
    views, samples = [], {}
    for number, load in enumerate(loads):
        name = f"p{number}"
        views.append(PodView(name, pending=load == "pending", gone=load == "gone", started=-1000))
        if load == "gone":
            samples[name] = Sample(10**9)
        elif isinstance(load, int | float):
            samples[name] = Sample(int(load * 1000))
    return tuple(views), samples


def wish(current, *loads, target=PEOPLE, spec=SPEC, strangers=()):
    views, samples = pods(*loads)
    samples |= {f"stranger{number}": Sample(load * 1000) for number, load in enumerate(strangers)}
    live = sum(not view.gone for view in views)
    seen = Observation(current, live, views, (samples,))
    return decide(State(), seen, replace(spec, targets=(target,)), 0)[0]


@pytest.mark.parametrize(
    ("current", "loads", "wanted"),
    [
        (2, (80, 80), 2),
        (2, (88, 88), 2),  # exactly 1.1 is within
        (2, (88.1, 88.1), 3),
        (2, (72, 72), 2),  # exactly 0.9 is within
        (2, (71.9, 71.9), 2),  # ceil(0.89875 x 2)
        (10, (71.9,) * 10, 9),
        (3, (0, 0, 0), 1),  # zero, lifted to min
        (2, (160, 160), 4),
        (3, (160, 160, None), 4),  # missing counts as 0 when it would grow: 320 // 3 / 80 -> 1.333 x 3
        (3, (120, 120, None), 3),  # ... which brings it within 10 %
        (3, (40, 40, None), 2),  # missing counts as the target when it would shrink: 53.3 / 80 x 3
        (3, (40, 40, "pending"), 1),  # unready is not counted when it would shrink
        (3, (160, 160, "pending"), 4),  # and is 0 when it would grow
        (3, (90, 90, "pending"), 3),  # flipped below 1: stays
        (2, (160, 160, "gone"), 4),  # what is being deleted is dropped with its metric
        (4, ("pending",) * 4, 4),  # nothing measured: stays
    ],
)
def test_a_metric_of_pods(current, loads, wanted):
    assert wish(current, *loads) == wanted


def test_pods_that_are_long_gone_still_weigh_in_the_mean_if_the_adapter_reports_them():
    assert wish(2, 160, 160) == 4
    assert wish(2, 160, 160, strangers=(0, 0)) == 2


def test_means_are_truncated_to_milli_units():
    views, samples = pods(0, 0, 0)
    samples = dict(zip(samples, (Sample(825), Sample(826), Sample(825)), strict=True))
    seen = Observation(3, 3, views, (samples,))
    spec = replace(SPEC, targets=(STRESS,))
    assert decide(State(), seen, spec, 0)[0] == 3, "2476 // 3 = 825 is 1.1 x 750 and no more"


@pytest.mark.parametrize(
    ("status", "value", "wanted"), [(10, 10, 10), (10, 11, 10), (10, 12, 12), (10, 9, 10), (10, 8, 8), (0, 3, 3)]
)
def test_a_number_from_outside_knows_nothing_of_readiness(status, value, wanted):
    views, _ = pods(*["pending"] * status)
    seen = Observation(10, status, views, (value * 1000,))
    assert decide(State(), seen, replace(SPEC, targets=(WISH,)), 0)[0] == wanted


def test_a_value_of_an_object_is_multiplied_by_the_ready_pods():
    target = Target("busy", "Object", "Value", 800)
    views, _ = pods(1, 1, "pending")
    assert decide(State(), Observation(3, 3, views, (1600,)), replace(SPEC, targets=(target,)), 0)[0] == 4


def test_a_pod_that_is_being_deleted_multiplies_a_value_for_as_long_as_it_is_ready():
    target = Target("busy", "Object", "Value", 800)
    views, _ = pods(1, 1, "gone")
    assert decide(State(), Observation(3, 2, views, (1600,)), replace(SPEC, targets=(target,)), 0)[0] == 6


@pytest.mark.parametrize(
    ("target", "value"), [(PEOPLE, {"stranger": Sample(10**6)}), (Target("busy", "Object", "Value", 800), 9999)]
)
def test_a_workload_without_a_pod_has_no_proposal(target, value):
    assert decide(State(), Observation(3, 0, (), (value,)), replace(SPEC, targets=(target,)), 0)[0] == 3


@pytest.mark.parametrize(("value", "wanted"), [(9_000, 10), (8_999, 9), (11_000, 10), (11_001, 12), (0, 1)])
def test_an_average_is_tolerant_towards_the_pods_that_the_scale_reports(value, wanted):
    target = Target("expected", "Object", "AverageValue", 1000)
    views, _ = pods(*(1,) * 12)
    assert decide(State(), Observation(12, 10, views, (value,)), replace(SPEC, targets=(target,)), 0)[0] == wanted


@pytest.mark.parametrize(
    ("pod", "sample", "wanted"),
    [
        (PodView("new", started=-10, ready_changed=-5), Sample(1000, 0, 30), 1),  # younger than its window
        (PodView("new", started=-100, ready_changed=-60), Sample(1000, 0, 30), 2),
        (PodView("new", started=-100, ready_changed=-60, ready=False), Sample(1000, 0, 30), 1),
        (PodView("new", started=-400, ready_changed=-380, ready=False), Sample(1000, 0, 30), 1),  # never ready
        (PodView("new", started=-400, ready_changed=-100, ready=False), Sample(1000, 0, 30), 2),
    ],
)
def test_cpu_of_a_pod_that_starts_does_not_count(pod, sample, wanted):
    old = PodView("old", started=-1000, ready_changed=-900)
    seen = Observation(1, 2, (old, pod), ({"old": Sample(750, 0, 30), "new": sample},))
    found = decide(State(), seen, replace(SPEC, targets=(CPU,)), 0)[0]
    assert (found > 1) == (wanted > 1)


def test_utilisation_is_a_whole_per_cent_of_the_requests():
    views = tuple(PodView(f"p{number}", started=-1000, ready_changed=-900, request=3400) for number in range(2))
    samples = {"p0": Sample(3400, 0, 30), "p1": Sample(2239, 0, 30)}
    seen = Observation(2, 2, views, (samples,))
    assert decide(State(), seen, replace(SPEC, targets=(CPU,)), 0)[0] == 2, "82.9 % is 82 %, within 10 % of 75"
    samples["p1"] = Sample(2300, 0, 30)
    assert decide(State(), seen, replace(SPEC, targets=(CPU,)), 0)[0] == 3


def test_the_largest_answer_wins_and_one_that_fails_forbids_to_shrink():
    views, people = pods(40, 40, 40, 40)
    both = replace(SPEC, targets=(PEOPLE, WISH))
    assert decide(State(), Observation(4, 4, views, (people, 3000)), both, 0)[0] == 3
    assert decide(State(), Observation(4, 4, views, (people, None)), both, 0)[0] == 4
    assert decide(State(), Observation(4, 4, views, (None, 9000)), both, 0)[0] == 9
    assert decide(State(), Observation(4, 4, views, (None, None)), both, 0)[0] == 4


@pytest.mark.parametrize(("current", "wanted"), [(0, 0), (1, 2), (9, 8)])
def test_outside_its_bounds_it_looks_at_no_metric(current, wanted):
    spec = replace(SPEC, min=2, max=8)
    assert decide(State(), Observation(current, current, (), (None,)), spec, 0)[0] == wanted


def follow(spec, wishes, start=2, period=15):
    """Replicas after each reconcile, with an outside metric that asks for `wishes`."""
    spec = replace(spec, targets=(WISH,))
    state, current, found = State(), start, []
    for number, asked in enumerate(wishes):
        current, state = decide(state, Observation(current, current, (), (asked * 1000,)), spec, number * period)
        found.append(current)
    return found


def test_defaults_grow_by_four_or_the_double_and_shrink_after_five_minutes():
    spec = Spec(2, 100, (WISH,))
    assert follow(spec, [40] * 6) == [6, 12, 24, 40, 40, 40]
    assert follow(spec, [40] + [2] * 22, start=40) == [40] * 20 + [2, 2, 2]


def test_a_manifest_without_behavior_follows_the_older_rules():
    spec = Spec(2, 100, (WISH,), behavior=False)
    assert follow(spec, [40] * 5) == [4, 8, 16, 32, 40]
    assert follow(spec, [40] + [2] * 22, start=40) == [40] * 21 + [2, 2], "a wish of just 300 s ago still counts"


def test_a_window_upwards_takes_the_smallest_wish():
    spec = Spec(2, 100, (WISH,), up=Rules(60, FREE.policies))
    assert follow(spec, [10, 10, 10, 10, 10, 10]) == [2, 2, 2, 2, 10, 10], "the size at first sight is a wish as well"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (Rules(0, (Policy("Pods", 2, 60),)), [18, 18, 18, 18, 16]),
        (Rules(0, (Policy("Percent", 25, 300), Policy("Pods", 2, 300))), [15] * 5),
        (Rules(0, (Policy("Percent", 25, 300), Policy("Pods", 2, 300)), "Min"), [18] * 5),
        (Rules(0, (Policy("Percent", 25, 300),), "Disabled"), [20] * 5),
    ],
)
def test_policies_downwards(rules, found):
    assert follow(Spec(2, 100, (WISH,), down=rules), [2] * 5, start=20) == found


def test_bridges_added_in_a_period_may_be_taken_back_in_it():
    """A limit counts from the number at the period's begin: 4 were added to 10, so 10 - 2 are allowed."""
    spec = Spec(2, 100, (WISH,), up=Rules(0, (Policy("Pods", 4, 300),)), down=Rules(0, (Policy("Pods", 2, 300),)))
    assert follow(spec, [20, 2, 2], start=10) == [14, 8, 8]


def test_the_spec_is_read_from_the_manifest_that_the_program_makes():
    config = parse(
        {
            "scaleway:region": "fr-par",
            "jitsi:domain": "meet.example.org",
            "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
        }
    )
    wanted = targets(config.resolved[0], config.metrics, "jitsi")
    spec = spec_of({"minReplicas": 2, "maxReplicas": 9, "metrics": wanted, "behavior": behavior(Scaling())})
    assert spec.targets[:2] == (STRESS, PEOPLE)
    assert spec.up == Spec(1, 2, ()).up
    assert spec.down == Rules(900, (Policy("Percent", 100, 15),))


def test_a_tolerance_may_be_the_autoscalers_own():
    document = {
        "maxReplicas": 9,
        "metrics": [
            {"type": "External", "external": {"metric": {"name": "x"}, "target": {"type": "Value", "value": 3}}}
        ],
        "behavior": {"scaleUp": {"tolerance": "20m", "selectPolicy": "Min"}},
    }
    spec = spec_of(document)
    assert (spec.up.tolerance, spec.down.tolerance, spec.up.select) == (0.02, 0.1, "Min")
    assert spec.targets == (Target("x", "External", "Value", 3000),)


@pytest.mark.parametrize(("text", "amount"), [("750m", 750), ("80", 80_000), ("100k", 10**8), (0.5, 500), ("1n", 1)])
def test_quantities(text, amount):
    assert milli(text) == amount


def test_what_is_no_quantity_is_refused():
    with pytest.raises(ValueError, match="is not a quantity"):
        milli("many")


rules = st.builds(
    Rules,
    st.integers(0, 900),
    st.lists(
        st.builds(Policy, st.sampled_from(["Pods", "Percent"]), st.integers(1, 200), st.integers(15, 600)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.sampled_from(["Max", "Min", "Disabled"]),
)
loads = st.one_of(st.none(), st.integers(0, 400), st.sampled_from(["pending", "gone"]))


@given(
    up=rules,
    down=rules,
    behavior=st.booleans(),
    days=st.lists(st.tuples(st.lists(loads, max_size=12), st.one_of(st.none(), st.integers(0, 60))), max_size=25),
)
def test_it_stays_within_its_bounds_and_remembers_a_bounded_past(up, down, behavior, days):
    spec = Spec(2, 20, (PEOPLE, WISH), up=up, down=down, behavior=behavior)
    state, current = State(), 5
    for number, (bridges, asked) in enumerate(days):
        views, samples = pods(*bridges)
        seen = Observation(current, current, views, (samples, None if asked is None else asked * 1000))
        found, after = decide(state, seen, spec, number * 15)
        assert decide(state, seen, spec, number * 15) == (found, after), "the same in, the same out"
        assert 2 <= found <= 20
        if asked is None:
            assert found >= current, "a metric that fails never shrinks"
        if behavior and found > current:
            assert up.select != "Disabled"
        if behavior and found < current:
            assert down.select != "Disabled"
        assert len(after.recommendations) <= 62
        state, current = after, found


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), st.integers(0, 11), st.integers(1, 200))
def test_more_people_never_ask_for_fewer_bridges(people, place, more):
    place %= len(people)
    busier = [*people[:place], people[place] + more, *people[place + 1 :]]
    assert wish(len(people), *busier) >= wish(len(people), *people)
