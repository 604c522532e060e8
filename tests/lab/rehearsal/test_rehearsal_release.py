"""What the stories of another release put into docs/release-change.md."""

import json

import pytest

from lab.paths import PROJECT
from lab.rehearsal.release import page

RESULT = PROJECT / "benchmarks" / "results" / "release-change.json"


@pytest.fixture
def seen():
    return json.loads(RESULT.read_text())


def test_the_document_is_what_the_figures_say(seen):
    text = (PROJECT / "docs" / "release-change.md").read_text()
    assert page.document(text, seen) == text


def test_the_recorded_stories_kept_their_promises(seen):
    assert all(seen[part]["meeting goes on"] for part in ("broken", "change", "killed", "back"))
    assert all(set(homes) == {shard} for shard, homes in seen["zones"]["homes"].items())
    assert (seen["after"]["failure"], seen["back"]["failure"], seen["zones"]["failure"]) == ("", "", "")
    assert "**" not in page.section(seen)


def test_the_document_would_say_that_a_meeting_was_cut_or_moved(seen):
    seen["change"]["meeting goes on"] = False
    seen["killed"]["late guest"] = "s0b"
    seen["zones"]["homes"]["s1"].append("s1b")
    text = page.section(seen)
    assert text.count("**was cut**") == text.count("**is elsewhere**") == text.count("**was moved**") == 1
