"""What the diff says of a table of config changes; tests/e2e/test_diff_agrees.py holds its operations against the engine."""

import json

import pytest
from diff_changes import ALL, CHANGES, OF_S0, OF_S1, diff_of, judged_of, made_by

from plan.diff.fleet import component_of
from plan.diff.result import bounds
from plan.diff.verdicts.judge import RULES
from plan.diff.verdicts.rule import Case
from sizing.parts import NAMED

pytestmark = pytest.mark.tools  # two score of whole programs are evaluated: half a minute


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_has_the_verdict_that_an_operator_expects(name):
    made, expected = judged_of(name), CHANGES[name]
    assert (made.disruption, bounds(made.hurt(made.disruption))) == (expected.disruption, expected.bridges)


def test_there_are_no_changes_between_two_runs_of_the_same_program():
    assert diff_of("nothing").verdicts == ()


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "nothing"])
def test_the_way_back_touches_the_same_resources(name):
    back = {"create": "delete", "delete": "create", "update": "update", "replace": "replace"}
    there = {(back[verdict.change.operation], verdict.change.resource.urn) for verdict in diff_of(name).verdicts}
    again = {(verdict.change.operation, verdict.change.resource.urn) for verdict in diff_of("nothing", name).verdicts}
    if name == "control plane":  # within its commitment a dedicated control plane never becomes a mutualized one again
        assert ("replace", "scaleway-kapsule-cluster") in {(operation, urn.split("::")[-1]) for operation, urn in again}
    elif name == "Kubernetes version":
        assert there == again
        assert diff_of("nothing", name).disruption == "refused"
    else:
        assert there == again


def test_every_change_names_what_differs_and_says_why():
    for name in CHANGES:
        for verdict in diff_of(name).verdicts:
            assert verdict.effect.why, name
            assert bool(verdict.change.paths) == (verdict.change.operation in ("update", "replace")), (
                name,
                verdict.change,
            )


def test_no_secret_reaches_a_diff():
    for name in ("jicofo's password", "bridges' password", "own certificate"):
        text = json.dumps(diff_of(name).as_dict())
        marks = {mark for resource in made_by(name) for mark in resource.secret_marks.values()}
        assert marks
        assert not any(mark in text for mark in marks)


def test_what_runs_in_the_cluster_is_known_to_the_verdicts():
    found = {component_of(resource) for name in CHANGES for resource in made_by(name)} - {""}
    assert found <= {*NAMED, "shard", "namespace", "admission", "registry-login"}, (
        "a new component needs a verdict of its own, or a line among those that hurt nobody"
    )


def test_the_parts_of_a_new_shard_say_nothing_about_the_old_ones():
    assert {
        each.change.resource.name for each in diff_of("third shard added").shown if each.change.operation != "create"
    } == {
        "jitsi-edge-config",
        "jitsi-metrics-prometheus-config",
        "jitsi-admission-policy",
        "jitsi-removed-shards",
        "scaleway-kapsule-system",
    }


def test_a_changed_release_drains_bridges_and_drops_for_prosody_and_jicofo_but_not_for_web():
    by_name = {verdict.change.resource.name: verdict for verdict in diff_of("Jitsi release").verdicts}
    assert by_name["s0-prosody"].effect.disruption == "drops"
    assert by_name["s0-jicofo"].effect.disruption == "drops"
    assert "media continues" in by_name["s0-jicofo"].effect.why
    assert by_name["s0-web"].effect.disruption == "none"
    bridges = by_name["s0-bridges-host-port-0"]
    assert (bridges.effect.disruption, bounds(bridges.effect.bridges)) == ("drains", OF_S0)
    assert bounds(diff_of("Jitsi release").hurt("drains")) == ALL


@pytest.mark.parametrize(("name", "longest"), [("node type with a short deadline", "29m48s"), ("node type", "1h1m48s")])
def test_a_replaced_pool_drains_and_says_how_long_the_update_waits(name, longest):
    pool = {verdict.change.resource.name: verdict.effect for verdict in diff_of(name).verdicts}["scaleway-s1-pool"]
    assert (pool.disruption, bounds(pool.bridges)) == ("drains", OF_S1)
    assert f"up to {longest}" in pool.why


def test_every_rule_speaks_somewhere_in_the_table_or_has_a_trigger_of_its_own():
    spoken = set()
    for name in CHANGES:
        for base, head in (("nothing", name), (name, "nothing")):
            from plan.diff.fleet import fleet

            before, after = fleet(made_by(base)), fleet(made_by(head))
            for verdict in diff_of(head, base).verdicts:
                case = Case(verdict.change, before, after)
                spoken |= {rule.name for rule in RULES if rule.look(case)}
    assert {rule.name for rule in RULES} - spoken == {
        "bridge-number-falls",  # of a revision that stated numbers
        "recorders-restart",
        "recorder-pool-goes",
        "turn-pool-goes",
        "number-of-recorders-falls",
        "number-of-turn-pods-falls",
        "autoscaler-ignores-zero-pods",
        "edge-policy",
        "accounts",
    }
