"""The line that adds the next shard: it can be pasted, and is what a careful operator would write."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from plan_stacks import stack_of

from sizing.next_shard import MAX_SLOTS, next_shard


def shard(name, zone="fr-par-1", **keys):
    return {"name": name, "zone": zone, **keys}


@pytest.mark.parametrize(
    ("shards", "line"),
    [
        ([shard("s0")], "- {name: s1, zone: fr-par-2}"),
        ([shard("s0", "fr-par-2"), shard("s1")], "- {name: s2, zone: fr-par-1}"),
        ([shard("s0"), shard("s3")], "- {name: s4, zone: fr-par-2}"),
        ([shard("meet1"), shard("meet2", "fr-par-2"), shard("meet3")], "- {name: meet4, zone: fr-par-2}"),
        ([shard("blue"), shard("green", "fr-par-2")], "- {name: s2, zone: fr-par-1}"),
        ([shard("s2", slot=0)], "- {name: s1, zone: fr-par-2}"),
        ([shard("s1", slot=0), shard("s0", slot=3)], "- {name: s4, zone: fr-par-2}"),
        ([shard("s0"), shard("s27", "fr-par-2")], "- {name: s1, zone: fr-par-1}"),
        # what drains is still there
        ([shard("s0"), shard("s1", "fr-par-2"), shard("s2", state="draining")], "- {name: s3, zone: fr-par-2}"),
    ],
)
def test_the_next_shard_has_a_free_name_and_slot_in_the_least_used_zone(shards, line):
    assert next_shard(stack_of(shards=shards)) == line


@pytest.mark.parametrize("release", ["stable-11200", ["stable-11200", "stable-11300"]])
def test_while_a_release_changes_the_next_shard_leaves_the_slots_of_both_sets(release):
    both = [shard("s0"), shard("s1", "fr-par-2")]
    assert next_shard(stack_of(shards=both, release=release)) == "- {name: s2, zone: fr-par-1}"
    assert (
        next_shard(stack_of(shards=[shard("s1"), shard("s11", "fr-par-2")], release=release))
        == "- {name: s12, zone: fr-par-1}"
    )


def test_zones_without_the_default_node_type_are_left_out():
    everywhere = stack_of(
        shards=[shard("s0"), shard("s1", "fr-par-2")], bridges={"nodeType": "POP2-HC-4C-8G", "min": 2}
    )
    assert next_shard(everywhere) == "- {name: s2, zone: fr-par-3}"


def test_in_another_cluster_the_zones_are_those_in_use():
    other = stack_of(None, cluster={"kind": "existing"}, shards=[shard("s0", "hall-a"), shard("s1", "hall-b")])
    assert next_shard(other) == "- {name: s2, zone: hall-a}"


def test_where_every_slot_is_taken_there_is_no_line():
    full = [shard(f"s{n}", f"fr-par-{1 + n % 2}") for n in range(MAX_SLOTS["hostPort"])]
    assert next_shard(stack_of(shards=full)) is None
    assert next_shard(stack_of(shards=full[1:])) == "- {name: s0, zone: fr-par-1}"


@given(st.lists(st.tuples(st.from_regex(r"[a-c]{1,2}([0-9]|1[0-9])?", fullmatch=True), st.integers(1, 2)), min_size=1))
def test_the_line_makes_a_valid_stack_of_any_valid_one(rows):
    shards: list[dict[str, object]] = []
    slots: set[int] = set()
    for name, zone in rows[:20]:
        number = re.search(r"\d+$", name)
        slot = int(number.group()) if number else len(shards)
        if slot not in slots and all(each["name"] != name for each in shards):
            slots.add(slot)
            shards.append(shard(name, f"fr-par-{zone}"))
    line = next_shard(stack_of(shards=shards))
    assert line is not None
    (added,) = yaml.safe_load(line)
    grown = stack_of(shards=[*shards, added])
    assert len(grown.resolved) == len(shards) + 1
