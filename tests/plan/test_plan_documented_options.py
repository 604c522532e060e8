"""Examples in the pages about options are stacks: valid, with no error in their report, and they do what the page is about."""

import json
import re
from pathlib import Path

import pytest
import yaml
from plan_stacks import TODAY

from config.read import parse
from plan.findings.check import check
from plan.findings.rule import Subject

DOCS = Path(__file__).parents[2] / "docs"
BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}],
    "jitsi:cluster": {"system": {"nodeType": "PRO2-S", "max": 4}},
}
PAGES = ("visitors", "turn", "relays", "web", "limits", "collaboration", "dial-in", "monitoring")


def examples(page):
    """The YAML of a page, one stack each."""
    return [
        yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)
    ]


def config_of(example):
    values = BASE | example
    return parse({key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()})


@pytest.mark.parametrize(("page", "number"), [(page, n) for page in PAGES for n in range(len(examples(page)))])
def test_an_example_is_a_stack_without_errors_or_warnings_about_it(page, number):
    example = examples(page)[number]
    found = check(Subject("example", config_of(example), TODAY))
    about = {key.removeprefix("jitsi:") for key in example}
    assert not [one for one in found if one.severity == "error"]
    assert not [one for one in found if one.severity == "warning" and one.where.split(".")[0] in about - {"bridges"}]
