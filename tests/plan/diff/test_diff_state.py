"""What the engine's state says runs is compared with what the program makes, and is the same where nothing changed."""

from deployed_state import export
from diff_changes import made_by

from plan.diff.result import diff
from plan.diff.state import comparable, deployed, prior_states


def changes(name, base="nothing"):
    before = deployed(export(base))
    return diff("local", "what runs", before, comparable(made_by(name), before))


def test_nothing_changes_where_the_program_makes_what_runs():
    assert [verdict.as_dict() for verdict in changes("nothing").verdicts] == []


def test_a_change_is_judged_as_between_two_evaluations():
    of_state = changes("Jitsi release of one shard")
    assert of_state.disruption == "drops"
    assert {bridge.shard for bridge in of_state.hurt("drops")} == {"s1"}


def test_what_the_program_no_longer_makes_is_deleted():
    gone = changes("shard removed")
    assert any(
        verdict.change.operation == "delete" and verdict.change.resource.name == "s1-prosody"
        for verdict in gone.verdicts
    )
    assert gone.disruption == "drops"


def test_a_property_that_the_program_no_longer_sets_is_a_change():
    state = export()
    entry = next(resource for resource in state["deployment"]["resources"] if resource["urn"].endswith("::s0-prosody"))
    entry["inputs"]["spec"]["template"]["spec"]["hostNetwork"] = True
    before = deployed(state)
    (only,) = diff("local", "", before, comparable(made_by("nothing"), before)).verdicts
    assert only.change.paths == ("spec.template.spec.hostNetwork",)


def test_ids_and_open_outputs_are_known_and_closed_ones_are_not():
    found = prior_states(export())
    address = next(one for urn, one in found.items() if "loadbalancers/ip:Ip" in urn)
    assert address.outputs == {"ipAddress": "203.0.113.1", "reverse": ""}
    assert address.id.startswith("fr-par-1/")


def test_a_stack_that_was_never_deployed_runs_nothing():
    for empty in ({}, {"deployment": None}, {"deployment": {"manifest": {}}}):
        assert deployed(empty) == ()
        assert prior_states(empty) == {}
