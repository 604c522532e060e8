"""Examples in the pages about options are stacks: valid, with no error in their report, and they do what the page is about."""

import re
from pathlib import Path

import pytest
import yaml
from plan_stacks import TODAY

from config.read import engine_values, parse
from plan.evaluate import evaluate
from plan.findings.check import check
from plan.findings.rule import Subject

DOCS = Path(__file__).parents[2] / "docs"
BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}],
    "jitsi:cluster": {"system": {"nodeType": "PRO2-S", "max": 4}},
}


def examples(page):
    """The YAML of a page, one stack each; some are written as the whole file, below `config`."""
    texts = re.findall(r"```yaml\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)
    found = [yaml.safe_load(text) for text in texts]
    return [merged(AROUND.get(page, {}), one.get("config", one)) for one in found]


def merged(around, example):
    """The example with what the text around it takes for granted."""
    return {key: {**around.get(key, {}), **value} if key in around else value for key, value in example.items()}


AROUND = {"autoscaling": {"jitsi:bridges": {"max": 20}}}  # its 1500 participants need 19 bridges


def values_of(example):
    return engine_values(BASE | example)


OURS = {"pool-above-quota"}
"""Warnings about the account, which no example can help."""
PAGES = (
    "autoscaling",
    "shards",
    "policy",
    "access",
    "visitors",
    "turn",
    "relays",
    "recording",
    "web",
    "limits",
    "collaboration",
    "dial-in",
    "monitoring",
)
EXAMPLES = [(page, number) for page in PAGES for number in range(len(examples(page)))]


@pytest.mark.parametrize(("page", "number"), EXAMPLES)
def test_an_example_is_a_stack_without_errors_or_warnings_about_it(page, number):
    example = examples(page)[number]
    found = check(Subject("example", parse(values_of(example)), TODAY))
    about = {key.removeprefix("jitsi:") for key in example}
    assert not [one for one in found if one.severity == "error"]
    warned = [one for one in found if one.severity == "warning" and one.rule not in OURS]
    assert not [one for one in warned if one.where.split(".")[0] in about - {"bridges"}]


def test_no_page_about_an_option_is_forgotten():
    with_yaml = {page.stem for page in DOCS.glob("*.md") if "```yaml" in page.read_text()}
    assert with_yaml == set(PAGES)


@pytest.mark.tools
@pytest.mark.parametrize(("page", "number"), EXAMPLES)
def test_the_program_makes_all_of_an_example(page, number):
    """Beside what the config is checked for: the whole program runs on it."""
    made = evaluate(values_of(examples(page)[number]), "example")
    assert {one.name for one in made} > {"s0-prosody", "s0-jicofo", "s0-web", "jitsi-edge-haproxy"}
