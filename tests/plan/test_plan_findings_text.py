"""Findings of many shards: one entry in text, one for each place in JSON, in natural order."""

from datetime import date

from plan_stacks import stack_of

from config.model import natural
from plan.findings.rule import Subject
from plan.report import report
from plan.text import findings_text

SHARDS = [{"name": f"s{number}", "zone": "fr-par-1"} for number in (10, 2, 0, 1, *range(3, 10), *range(11, 16))]


def findings_of(**keys):
    return report(Subject("x", stack_of(shards=SHARDS, **keys), date(2026, 11, 30)), ()).document["findings"]


def test_what_is_said_of_sixteen_shards_is_one_entry_that_names_them_in_natural_order():
    findings = findings_of()
    repeated = [finding for finding in findings if finding["rule"] == "growth-restarts-signalling"]
    assert len(repeated) == len(SHARDS), "JSON keeps them apart"
    text = findings_text(findings, [shard["name"] for shard in SHARDS])
    assert text.count("growth-restarts-signalling") == 1
    first = repeated[0]["message"].split()[0]
    others = sorted({shard["name"] for shard in SHARDS} - {first}, key=natural)
    assert f"the same for {', '.join(others)}\n" in text
    assert ", s9, s11" in text


def test_findings_that_differ_in_more_than_the_shard_stay_apart():
    same = {"severity": "info", "rule": "x", "where": "shards[0]", "remedy": "none"}
    findings = [same | {"message": "s1 has 3"}, same | {"message": "s2 has 4"}, same | {"message": "jvb-s2-0 has 3"}]
    text = findings_text(findings, ["s1", "s2"])
    assert text.count("  at shards[0]") == 3


def test_places_are_in_natural_order_within_a_rule():
    findings = findings_of(
        bridges={"layout": "nodePort", "scaling": {"participants": 101}}, cluster={"version": "1.35.3"}
    )
    for rule in {finding["rule"] for finding in findings}:
        places = [finding["where"] for finding in findings if finding["rule"] == rule]
        assert places == sorted(places, key=natural)
    assert natural("shards[2]") < natural("shards[10]")
