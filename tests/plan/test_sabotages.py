"""Each sabotage of rendered resources is caught by the rule that holds the promise."""

import re

import pytest
from _pytest.mark import ParameterSet
from sabotages import ALL, Sabotage, applied, catches, names_resource, resources_of

FIRST = {sabotage.rule: sabotage for sabotage in reversed(ALL)}
"""Rule -> its first sabotage. `make check` runs these; `make test` runs the whole table."""

OF_PYTHON = re.compile(r"(?<!: )\bNone\b|\bTrue\b|\bFalse\b|\{'| is  of |\?;|between -|and -\d")
"""Values as Python writes them, gaps of empty texts, and ranges that no value is in."""


def _case(sabotage: Sabotage) -> ParameterSet:
    marks = () if FIRST[sabotage.rule] is sabotage else pytest.mark.tools
    return pytest.param(sabotage, marks=marks, id=sabotage.id)


@pytest.mark.parametrize("sabotage", [_case(sabotage) for sabotage in ALL])
def test_a_broken_promise_is_named_by_its_rule(sabotage: Sabotage) -> None:
    findings = catches(sabotage)
    assert findings, f"{sabotage.rule} does not notice: {sabotage.promise}"
    text = "\n".join(f"{finding.where}: {finding.message} {finding.remedy}" for finding in findings)
    assert sabotage.says in text
    assert all(names_resource(each, applied(sabotage), resources_of(sabotage.stack)) for each in findings), text
    for finding in findings:
        assert not OF_PYTHON.search(f"{finding.message} -> {finding.remedy}"), finding
