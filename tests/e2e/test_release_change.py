"""Another Jitsi release by one line while people meet: real engine, control plane, kube-proxies and HAProxies."""

import os

import pytest
from played_story import played

from lab.paths import PROJECT
from lab.rehearsal.release import page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
LONG = bool(os.environ.get("LONG_RELEASE_CHANGE"))
"""Whether the former release is taken back, too."""


@pytest.fixture(scope="module")
def seen(toolchain, tmp_path_factory):
    """What the story saw."""
    return played("release-full" if LONG else "release", tmp_path_factory.mktemp("release"), 1700)


def test_a_release_whose_bridges_do_not_join_is_stopped_before_a_room_moves(seen):
    broken = seen["broken"]
    assert "s0b (stable-11200-alone) is not healthy" in broken["failure"]
    assert "total bridge count: 0" in broken["failure"]
    assert "No room was moved" in broken["failure"]
    assert not broken["edge changed"]
    assert broken["deleted"] == []
    assert broken["next room"] == "s0"
    assert broken["meeting goes on"]


def test_rooms_move_once_the_new_shard_is_healthy_and_the_meeting_stays(seen):
    change = seen["change"]
    assert (change["waits"], change["failure"]) == (True, "")
    names = [name for _, name in change["order"]]
    assert names.index("s0b-bridges-host-port-0") < names.index("jitsi-edge-config")
    assert not [step for step in change["order"] if step[0].startswith("delete")]
    assert change["meeting goes on"]
    assert change["shards"] == ["s0", "s0b"]


def test_an_update_that_is_killed_has_deleted_nothing_and_the_next_goes_on_waiting(seen):
    killed = seen["killed"]
    assert (killed["waits"], killed["failure"]) == (True, "")
    assert [step for step in killed["order"] if step[0] not in ("refresh", "read")] == []
    assert killed["meeting goes on"]
    assert killed["late guest"] == "s0", "a room stays on its shard, also for those who come late"


def test_the_former_shard_goes_once_its_last_person_has_left(seen):
    after = seen["after"]
    assert after["failure"] == ""
    assert {"s0-prosody", "s0-jicofo", "scaleway-s0-pool"} <= set(after["deleted"])
    assert all("s0b" not in name for name in after["deleted"])
    assert (after["shards"], after["next room"]) == (["s0b"], "s0b")


@pytest.mark.skipif(not LONG, reason="the long form runs with LONG_RELEASE_CHANGE=1")
def test_the_former_release_appended_leads_rooms_back_without_a_cut(seen):
    back = seen["back"]
    assert (back["waits"], back["failure"]) == (True, "")
    assert back["opened on"] == "s0b"
    assert back["meeting goes on"]
    assert back["next room"] == "s0"
    assert back["shards"] == ["s0"]


def test_the_page_says_who_noticed(seen):
    text = (PROJECT / "docs" / "release-change.md").read_text(encoding="utf-8")
    assert [row for row in page.noticed(seen) if row not in text] == [], "run: .venv/bin/python -m benchmarks --release"
