"""The page of a node type that changes under calls: made of the recorded results, in the order of what happened."""

import pytest

from lab.benchmarks.pool import PAGE, page, read, timeline
from lab.paths import PROJECT

RECORDED = read(PROJECT / "benchmarks" / "results")


def test_the_page_is_made_of_the_recorded_results():
    assert [result["layout"] for result in RECORDED] == ["hostPort", "nodePort"]
    assert PAGE.read_text(encoding="utf-8") == page(RECORDED), "run: .venv/bin/python -m benchmarks --pool"


@pytest.mark.parametrize("result", RECORDED, ids=lambda result: result["layout"])
def test_the_recorded_changes_cut_nobody_and_removed_the_former_pool_last(result):
    change = result["pool"]
    assert (result["failures"], result["cutMeetings"]) == ([], [])
    assert result["cutOnPurpose"], "else a cut would not show up"
    assert change["bridges"] == len(change["gone"]) > 1
    (created, _), *_, (deleted, said) = timeline(change)
    assert created < min(change["left"])
    assert deleted > max(change["gone"])
    assert "deleted the former pool" in said
