"""`release`: which shards run, under which names and in which slots."""

import json

import pytest

from config.passwords import password_names
from config.problems import ConfigError
from config.read import parse

TAG = "stable-11146-2"


def stack(release=None, *shards, **more):
    entries = shards or ({"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"})
    keys = {"jitsi:domain": "meet.example.org", "scaleway:region": "fr-par", "jitsi:shards": json.dumps(entries)}
    keys |= {f"jitsi:{key}": json.dumps(value) for key, value in more.items()}
    if release is not None:
        keys["jitsi:release"] = release if isinstance(release, str) else json.dumps(release)
    return parse(keys)


def seen(config):
    return [(shard.name, shard.slot, shard.release) for shard in config.resolved]


def test_without_a_release_shards_run_as_they_are_named():
    assert seen(stack()) == [("s0", 0, TAG), ("s1", 1, TAG)]
    assert stack().other_set == {}


def test_one_line_gives_every_shard_a_successor_with_a_name_and_a_slot_of_its_own():
    config = stack("stable-11200")
    assert seen(config) == [("s0b", 12, "stable-11200"), ("s1b", 13, "stable-11200")]
    assert config.other_set == {"s0": 0, "s1": 1}
    assert [shard.first_port for shard in stack("stable-11200", bridges={"layout": "nodePort"}).resolved] == [
        31500,
        31600,
    ]


def test_the_next_release_is_appended_and_runs_under_the_first_names_again():
    config = stack(["stable-11200", "stable-11300"])
    assert seen(config) == [("s0", 0, "stable-11300"), ("s1", 1, "stable-11300")]
    assert config.other_set == {"s0b": 12, "s1b": 13}


def test_a_release_that_comes_back_is_appended_too():
    assert seen(stack(["stable-11200", TAG])) == seen(stack())


def test_a_shard_with_a_release_of_its_own_stays():
    own = {"name": "s1", "zone": "fr-par-2", "release": "stable-11150"}
    config = stack("stable-11200", {"name": "s0", "zone": "fr-par-1"}, own)
    assert seen(config) == [("s0b", 12, "stable-11200"), ("s1", 1, "stable-11150")]
    assert config.other_set == {"s0": 0}


def test_what_a_shard_is_told_besides_its_release_stays():
    entry = {"name": "s0", "zone": "fr-par-2", "weight": 7, "state": "standby", "bridges": {"max": 3, "min": 1}}
    (shard,) = stack("stable-11200", entry).resolved
    assert (shard.zone, shard.weight, shard.state, shard.bridges.max) == ("fr-par-2", 7, "standby", 3)


def test_passwords_of_both_sets_can_be_raised():
    config = stack("stable-11200", secretGenerations={"s0-jvb": 2, "s0b-jvb": 3})
    assert config.secret_generations == {"s0-jvb": 2, "s0b-jvb": 3}
    assert "s0b-jvb" not in password_names(["s0"])


@pytest.mark.parametrize(
    ("release", "shards", "more", "message"),
    [
        ("st able", (), {}, "release[0]: a release is the tag of an image"),
        ([], (), {}, "release: "),
        ("stable-11200", ({"name": "s24", "zone": "fr-par-1"},), {}, "shards[0].slot: 24 has no pair"),
        (
            "stable-11200",
            ({"name": "s0", "zone": "fr-par-1"}, {"name": "s12", "zone": "fr-par-1"}),
            {},
            "shards[1].slot: 12 is also the slot of s0 in every second release",
        ),
        (
            "stable-11200",
            ({"name": "s0", "zone": "fr-par-1"}, {"name": "s0b", "zone": "fr-par-1", "slot": 5}),
            {},
            "shards[1].name: s0b is also the name of s0 in every second release",
        ),
        (
            "stable-11200",
            ({"name": "s0", "zone": "fr-par-1", "bridges": {"layout": "nodePort", "firstPort": 30500}},),
            {},
            "shards[0].bridges.firstPort: 30500, but with `release` s0 runs twice",
        ),
        ("stable-11200", (), {"cluster": {"kind": "existing"}}, "release: is for clusters that the stack makes"),
        (
            "stable-11200",
            (),
            {"images": {"jvb": "ghcr.io/x/jvb:1"}},
            "release: stable-11200, but images.jvb is one image",
        ),
    ],
)
def test_a_release_that_cannot_run_beside_the_former_one_is_refused(release, shards, more, message):
    with pytest.raises(ConfigError) as refused:
        stack(release, *shards, **more)
    assert message in str(refused.value)
