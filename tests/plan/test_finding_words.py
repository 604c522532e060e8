"""Findings show values as a manifest writes them."""

import pytest

from plan.findings.rule import Hit, rule
from plan.findings.words import as_written, without_none


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("labels {'a/b': 'c', 'd': None} pick no pod", "labels {a/b: c, d: null} pick no pod"),
        ("of [{'a': ['b', 'c']}] and ['x']", "of [{a: [b, c]}] and [x]"),
        ("is True, not False", "is true, not false"),
        ("spec.ports[0] of {{x}} {} []", "spec.ports[0] of {{x}} {} []"),
        ('sum(rate(x{shard="s0"}[5m])) > 0', 'sum(rate(x{shard="s0"}[5m])) > 0'),
        ("set {cpu: 4} [mon, tue]", "set {cpu: 4} [mon, tue]"),
    ],
)
def test_values_of_python_become_those_of_yaml(text: str, written: str) -> None:
    assert as_written(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("MOVE is None, below 60", "MOVE is not set, below 60"),
        ("watches None", "watches nothing"),
        ("clusterIP: None", "clusterIP: None"),
    ],
)
def test_what_is_not_set_has_words(text: str, written: str) -> None:
    assert without_none(text) == written


def test_every_rule_speaks_so() -> None:
    @rule("x", "error")
    def judged(_: None) -> list[Hit]:
        planned = {"a": True}
        return [Hit("here", f"is {None}, and {planned} is planned", f"set it to {True}")]

    (finding,) = judged.findings(None)
    assert (finding.message, finding.remedy) == ("is not set, and {a: true} is planned", "set it to true")
