"""Names of stacks that Pulumi takes and others do not: a line at the end, too many letters."""

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_stacks import OWN

from config.stack_name import IAM_LENGTH, fitted, instance_of
from plan.evaluate import evaluate

LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
OBJECT = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
PULUMI = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=100)


@given(PULUMI)
def test_every_name_becomes_a_label_and_one_that_is_a_label_stays(name: str) -> None:
    made = instance_of(name)
    assert made
    assert LABEL.fullmatch(made)
    assert made == name or not LABEL.fullmatch(name)
    assert len(fitted(f"jitsi-{made}-recorders", IAM_LENGTH)) <= IAM_LENGTH


def test_two_names_that_begin_alike_stay_apart() -> None:
    names = ["prod", "prod_", "prod__", "p" * 76, "p" * 77, "p" * 63, "p" * 64, "_prod"]
    assert len({instance_of(name) for name in names}) == len(names)
    assert len({fitted(f"jitsi-{instance_of(name)}-recorders", IAM_LENGTH) for name in names}) == len(names)


def _labels(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key in ("labels", "matchLabels") and isinstance(value, dict):
                yield from map(str, value.values())
            yield from _labels(value)
    elif isinstance(document, list):
        for each in document:
            yield from _labels(each)


@pytest.mark.parametrize("name", ["prod_" * 20])
def test_nothing_that_is_made_has_a_label_or_name_that_is_refused(name: str) -> None:
    made = evaluate({**OWN["recorded"], "jitsi:monitoring": '{"logs": {"to": "cockpit"}}', "jitsi:turn": "{}"}, name)
    for resource in made:
        wrong = [value for value in _labels(resource.properties) if value != "[unknown]" and not LABEL.fullmatch(value)]
        assert not wrong, f"{resource.name}: {wrong}"
        if resource.type.startswith("kubernetes:") and "metadata" in resource.properties:
            assert OBJECT.fullmatch(resource.properties["metadata"]["name"]), resource.name
        if "iam" in resource.type and "name" in resource.properties:
            assert len(resource.properties["name"]) <= IAM_LENGTH, resource.name
