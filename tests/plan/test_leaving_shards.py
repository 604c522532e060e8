"""`plan diff` of another release: nobody is cut, and the notes say what happens, how long it takes and what it costs."""

import json

from sample_stacks import OWN

from plan.diff.result import diff, sentence
from plan.evaluate import evaluate

BASE = {key: value for key, value in OWN["released"].items() if key != "jitsi:release"}


def between(old, new):
    return diff("stack", "base", evaluate(old, "stack"), evaluate(new, "stack"))


def test_another_release_drops_nobody_and_what_goes_waits_for_the_last_meeting():
    found = between(BASE, OWN["released"])
    assert found.disruption == "none", sentence(found)
    why = {each.change.resource.name: each.effect.why for each in found.shown if each.change.operation == "delete"}
    assert why["s0-prosody"] == "goes once the last meeting of s0 has ended; new rooms open on s0b"
    assert why["scaleway-s1-pool"] == "goes once the last meeting of s1 has ended; new rooms open on s1b"


def test_the_notes_say_what_stops_it_how_long_it_takes_and_what_it_costs_meanwhile():
    first, second = (note for note in between(BASE, OWN["released"]).notes if "->" in note)
    assert first.startswith("s0 -> s0b (stable-11146-2 -> stable-11146-2): s0b is made beside s0.")
    assert "otherwise `pulumi up` ends after 60 s, says why, and has moved no room" in first
    assert "up to 4h without one that ends" in first
    assert "Until then 2 to 14 nodes of BASIC3-X4C-8G more, 0.17 to 1.21 EUR an hour" in first
    assert "To go back, append the former release to `release`" in first
    assert second.startswith("s1 -> s1b")


def test_the_way_back_is_the_same():
    back = OWN["released"] | {"jitsi:release": '["stable-11146-2", "stable-11146-2"]'}
    found = between(OWN["released"], back)
    assert found.disruption == "none", sentence(found)
    assert [note.partition(" (")[0] for note in found.notes if "->" in note] == ["s0b -> s0", "s1b -> s1"]


def test_a_line_that_is_removed_lowers_the_bounds_of_nodes_while_both_sets_run():
    found = between(OWN["released"], BASE)
    (hurting,) = [each for each in found.shown if each.effect.disruption != "none"]
    assert hurting.change.resource.name == "scaleway-kapsule-system"
    assert hurting.effect.disruption == "drops"
    assert "prosody and jicofo on them restart" in hurting.effect.why
    assert "cluster.system.max: 4 keeps the maximum" in hurting.effect.why


def test_a_shard_without_a_successor_still_drops_its_rooms():
    one = BASE | {"jitsi:shards": json.dumps(json.loads(BASE["jitsi:shards"])[:1])}
    assert between(BASE, one).disruption == "drops"


def test_nobody_waits_on_an_existing_cluster():
    def named(name):
        return {
            "jitsi:domain": "meet.example.org",
            "jitsi:cluster": '{"kind": "existing"}',
            "jitsi:shards": json.dumps([{"name": name, "zone": "zone-1", "slot": len(name)}]),
        }

    assert between(named("s0"), named("s0b")).disruption == "drops"
