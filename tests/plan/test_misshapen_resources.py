"""Rules read what a person wrote: any field may be missing, null or of another type."""

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sabotages import config_of, names_resource
from sample_stacks import recorded

from plan.resources.check import check
from plan.resources.made import Resources

WRONG = (None, "", "x", 0, -1, True, 1.5, [], {}, ["x"], {"x": None}, [None], [[]], [{}])
Path = tuple[str | int, ...]


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a document but its root."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*above, key)
            yield from paths(item, (*above, key))


def changed(stack: str, chance: random.Random, share: float, values: tuple[Any, ...]) -> Resources:
    """The stack with one wrong field in a share of its resources."""
    result = []
    for resource in recorded(stack):
        places = list(paths(resource.properties)) if resource.custom and chance.random() < share else []
        if places:
            properties = copy.deepcopy(resource.properties)
            *above, last = chance.choice(places)
            parent: Any = properties
            for key in above:
                parent = parent[key]
            parent[last] = chance.choice(values)
            result.append(replace(resource, properties=properties))
        else:
            result.append(resource)
    return Resources(config_of(stack), tuple(result))


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.tools) for seed in range(2, 120))])
def test_a_field_of_another_type_is_a_finding_or_nothing_and_never_an_exception(seed: int) -> None:
    stack = ("local", "options", "turn", "scaling-schedules", "recorded")[seed % 5]
    broken = changed(stack, random.Random(seed), 0.01 if seed % 2 else 0.5, WRONG)
    for finding in check(broken):
        assert names_resource(finding, broken), f"{finding.rule} {finding.where}: {finding.message}"


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.tools) for seed in range(1, 40))])
def test_a_null_is_judged_as_a_field_that_is_not_there(seed: int) -> None:
    """A key without a value is the most common slip; the API server drops it."""
    stack = ("local", "options", "turn")[seed % 3]
    nulled = changed(stack, random.Random(seed), 0.3, (None,))
    assert nulled.resources != recorded(stack)
    for each in check(nulled):
        assert "cannot be judged" not in each.message, f"{each.rule} {each.where}: {each.message}"
