"""What goes wrong outside of the program is said where people look: which engine fails, what stays behind, and how to get out."""

import re
from pathlib import Path

import pytest
from sample_stacks import NAMES, recorded

ROOT = Path(__file__).parents[2]
NEEDED = re.compile(r"Pulumi CLI\S*\s+(\d+\.\d+)\s+or\s+later|Pulumi CLI: (\d+\.\d+) or later")
FAILS = re.compile(r"(\d+\.\d+) and (\d+\.\d+) write (?:state|it)")
TROUBLES = {
    "kubernetes:helm.sh/v3:Release": ("docs/operate.md", "pulumi state delete 'URN' --target-dependents"),
    "scaleway:kubernetes/pool:Pool": ("docs/operate.md", "the second run finds the pool"),
    "scaleway:domain/record:Record": ("docs/install.md", "stays beside the new one"),
}
"""Type of a resource that leaves a stack in trouble -> the page, and what it says of it."""


def text(path: str) -> str:
    return " ".join((ROOT / path).read_text(encoding="utf-8").split())


def test_the_least_engine_is_the_same_on_every_page_and_is_newer_than_those_that_fail() -> None:
    found = {path: NEEDED.search(text(path)) for path in ("README.md", "docs/install.md", "docs/dependencies.md")}
    least = {path: next(filter(None, match.groups())) for path, match in found.items() if match}
    assert least.keys() == found.keys()
    assert len(set(least.values())) == 1, least
    number = tuple(map(int, next(iter(least.values())).split(".")))
    for path in found:
        failing = FAILS.search(text(path))
        assert failing, path
        assert max(tuple(map(int, each.split("."))) for each in failing.groups()) < number


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_resource_that_may_stay_behind_has_its_way_out_on_a_page(kind: str) -> None:
    page, says = TROUBLES[kind]
    assert any(resource.type == kind for stack in NAMES for resource in recorded(stack)), (
        "nothing makes it; remove the entry"
    )
    assert says in text(page)
