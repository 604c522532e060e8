"""The policy pack in the real engine: what it refuses is not made, what it only says is made, and what drops calls is asked for."""

import re
from dataclasses import replace

import pytest
import yaml

from config.policy import GUARD
from lab.paths import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

FILE = PROJECT / "Pulumi.local.yaml"
CONFIG = yaml.safe_load(FILE.read_text(encoding="utf-8"))["config"]
BRIDGES, SHARDS = CONFIG["jitsi:bridges"], CONFIG["jitsi:shards"]
FAULTY = {"jitsi:bridges": {**BRIDGES, "participants": 300}}
"""More than the node's network carries."""
RELEASE = {"jitsi:shards": [SHARDS[0], {**SHARDS[1], "release": "stable-11146-3"}]}
PROTECTED = {"jitsi:protect": True}
HARMLESS = {"jitsi:ingress": {**CONFIG["jitsi:ingress"], "roomTable": 120000}}


@pytest.fixture(scope="module")
def stack(a_new_embedded):
    """The engine with the policy pack, on a ground of its own: what is protected is not destroyed, but ends with it."""
    a_new_embedded.start()
    return replace(a_new_embedded.engine, policy=PROJECT / "policy")


def levels(outcome):
    return {violation.rule: violation.level for violation in outcome.violations}


def refused(outcome, rule, preview=False):
    """The refusal, of a preview, or of an update that has changed nothing."""
    assert outcome.status != 0
    assert levels(outcome)[rule] == "mandatory"
    assert preview or outcome.changes == {}
    assert "Traceback" not in outcome.output
    return next(violation.message for violation in outcome.violations if violation.rule == rule)


def test_a_mandatory_rule_stops_an_update_before_anything_is_made(stack, a_new_embedded):
    said = refused(stack.up(FILE, config=FAULTY, check=False), "bridge-network-too-small")
    assert "above the 700 Mbit/s" in said
    assert stack.export(FILE)["deployment"].get("resources", []) == []
    with a_new_embedded.api() as api:
        assert "jitsi" not in {item["metadata"]["name"] for item in api.items("/api/v1/namespaces")}


def test_a_preview_refuses_as_well_and_an_advisory_rule_only_speaks(stack):
    refused(stack.preview(FILE, config=FAULTY, check=False), "bridge-network-too-small", preview=True)
    outcome = stack.preview(FILE, config={**FAULTY, "jitsi:policy": {"errors": "advisory"}})
    assert levels(outcome)["bridge-network-too-small"] == "advisory"
    assert outcome.changes["create"] > 50


def test_a_policy_that_is_off_says_nothing(stack):
    outcome = stack.preview(FILE, config={**FAULTY, "jitsi:policy": {"errors": "disabled", "warnings": "disabled"}})
    assert outcome.violations == ()


def test_an_update_that_no_rule_refuses_is_made_and_what_runs_is_what_the_guard_takes_it_for(stack):
    outcome = stack.up(FILE, config=PROTECTED)
    assert "mandatory" not in levels(outcome).values()
    again = stack.preview(FILE, config=PROTECTED)
    assert again.changes == {}
    assert levels(again) == levels(outcome)


def test_a_protected_stack_refuses_what_drops_calls_and_lets_it_through_once(stack):
    change = {**PROTECTED, **RELEASE}
    said = refused(stack.up(FILE, config=change, check=False), GUARD)
    assert re.search(r"drops calls on 2\.\.4 bridges of s1", said)
    assert "s0" not in said.split("empty the shards")[0]
    assert refused(stack.preview(FILE, config=change, check=False), GUARD, preview=True) == said

    harmless = stack.up(FILE, config={**PROTECTED, **HARMLESS})
    assert harmless.changes
    assert GUARD not in levels(harmless)

    name = re.search(r"allowDisruption (drops-\w+) --stack local", said)
    assert name, said
    allowed = {"jitsi:allowDisruption": name[1]}
    made = stack.up(FILE, config={**change, **HARMLESS, **allowed})
    assert GUARD not in levels(made)
    assert any(step.name == "s1-prosody" and step.changes for step in made.steps)

    back = refused(stack.up(FILE, config={**PROTECTED, **HARMLESS, **allowed}, check=False), GUARD)
    assert "allows another change, not this one" in back
    reminded = stack.preview(FILE, config={**change, **HARMLESS, **allowed})
    assert levels(reminded)[GUARD] == "advisory"


def test_what_a_deletion_drops_is_refused_before_it(stack):
    change = {**PROTECTED, **HARMLESS, "jitsi:shards": SHARDS[:1]}
    said = refused(stack.up(FILE, config=change, check=False), GUARD)
    assert "delete s1-prosody" in said
