"""Signalling moves to its zone in a change of release to the one that runs: real engine, control plane, kube-proxies and HAProxies."""

import pytest
from played_story import played

from lab.paths import PROJECT
from lab.rehearsal.release import page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def seen(toolchain, tmp_path_factory):
    """What the story saw."""
    return played("release-zones", tmp_path_factory.mktemp("release"), 1700)


def test_before_all_signalling_is_in_the_first_zone(seen):
    assert seen["zones before"] == {"s0": ["fr-par-1"], "s1": ["fr-par-1"]}


def test_successors_are_signalled_in_their_zones_and_meetings_stay_where_they_are(seen):
    assert seen["waits"]
    assert seen["zones"] == {"s0": ["fr-par-1"], "s0b": ["fr-par-1"], "s1": ["fr-par-1"], "s1b": ["fr-par-2"]}
    assert {shard: set(homes) for shard, homes in seen["homes"].items()} == {"s0": {"s0"}, "s1": {"s1"}}
    assert set(seen["next rooms"]) <= {"s0b", "s1b"}
    assert seen["late guests"] == {"s0": "s0", "s1": "s1"}


def test_nothing_is_deleted_or_restarted_while_the_former_shards_have_rooms(seen):
    touched = [(operation, name) for operation, name in seen["order"] if name.startswith(("s0-", "s1-"))]
    assert touched == []
    assert not [step for step in seen["order"] if step[0].startswith(("delete", "replace"))]


def test_the_former_shards_go_when_they_are_empty(seen):
    assert seen["failure"] == ""
    assert {"s0-prosody", "s1-prosody", "scaleway-s1-pool"} <= set(seen["deleted"])
    assert seen["zones after"] == {"s0b": ["fr-par-1"], "s1b": ["fr-par-2"]}


def test_the_page_says_who_noticed(seen):
    text = (PROJECT / "docs" / "release-change.md").read_text(encoding="utf-8")
    assert [row for row in page.moved(seen) if row not in text] == [], "run: .venv/bin/python -m benchmarks --release"
