"""Schedule entries for the whole stack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_stacks import stack_of

from config.problems import ConfigError
from config.stack_schedule import room, shares

ENTRY = {"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris"}
A, B = {"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}


def bridges_asked(participants, *shards, **bridges):
    schedule = [ENTRY | {"participantsOfStack": participants}]
    config = stack_of(shards=list(shards), bridges=bridges | {"schedule": schedule})
    return [[shard.bridges.bridges_for(entry) for entry in shard.bridges.schedule] for shard in config.resolved]


def test_two_equal_shards_take_half_each_and_one_takes_it_whole():
    assert bridges_asked(1600, A, B, max=20) == [[10], [10]]
    assert bridges_asked(1600, A, max=20) == [[20]]


def test_weights_count_as_they_do_for_new_rooms():
    assert bridges_asked(1600, A | {"weight": 150}, B | {"weight": 50}, max=20) == [[15], [5]]


def test_what_a_small_shard_has_no_bridges_for_goes_to_the_other():
    assert bridges_asked(1600, A, B | {"bridges": {"max": 4}}, max=20) == [[16], [4]]


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_shards_without_new_rooms_take_nothing(state):
    assert bridges_asked(1600, A, B | {"state": state}, max=20) == [[20], []]


@given(st.integers(1, 4000), st.lists(st.tuples(st.integers(1, 256), st.integers(2, 20)), min_size=1, max_size=5))
def test_the_shares_cover_all_participants_and_stay_within_each_shard(participants, sizes):
    entries = [
        A | {"name": f"s{n}", "weight": weight, "bridges": {"max": size}} for n, (weight, size) in enumerate(sizes)
    ]
    shards = {shard.name: shard for shard in stack_of(shards=entries).resolved}
    split = shares(participants, shards)
    assert participants <= sum(split.values()) < participants + len(shards) or participants > sum(
        map(room, shards.values())
    )
    if participants <= sum(map(room, shards.values())):
        assert all(split[name] <= room(shard) for name, shard in shards.items())


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"bridges": {"schedule": [ENTRY | {"participantsOfStack": 2000}]}},
            "2000 participants are more than the 1600",
        ),
        (
            {"bridges": {"schedule": [ENTRY | {"participantsOfStack": 9, "participants": 9}]}},
            "exactly one of participants",
        ),
        ({"shards": [A, B | {"bridges": {"schedule": [ENTRY | {"participantsOfStack": 9}]}}]}, "is for all shards"),
    ],
)
def test_what_cannot_be_split_is_refused(keys, expected):
    with pytest.raises(ConfigError, match=expected):
        stack_of(**{"shards": [A, B]} | keys)
