"""`plan render` has no engine: what it records must be what the real engine registers."""

import pytest

from config.read import stack_file
from lab.paths import PROJECT
from plan.evaluate import evaluate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FILE = PROJECT / "Pulumi.local.yaml"


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # the engine's word for a text that only an update will know
FROM_THE_SEED = (".annotations.jitsi.org/", ".caBundle:")
"""Public values that follow from the secret seed, for which the recorder has a placeholder."""
MADE_UP = ".nodeSelector.k8s.scaleway.com/pool-name:"
"""A pool's name, which ends in digits that the provider draws."""


def contains(actual, expected, where=""):
    """Differences of `actual` from `expected`; more keys in `actual` are the provider's own defaults."""
    if (
        actual == UNKNOWN
        or expected == "[secret]"
        or (isinstance(actual, dict) and "4dabf18193072939515e22adb298388d" in actual)
    ):
        return []
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [where]
        return [d for key, value in expected.items() for d in contains(actual.get(key), value, f"{where}.{key}")]
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [where]
        return [d for n, value in enumerate(expected) for d in contains(actual[n], value, f"{where}[{n}]")]
    return [] if actual == expected else [f"{where}: {actual!r} is not {expected!r}"]


def test_the_engine_registers_the_resources_that_the_plan_records(embedded):
    recorded = {r.urn: r for r in evaluate(stack_file(FILE), "local")}
    preview = embedded.engine.preview(FILE)
    registered = {step.urn: step for step in preview.steps if not step.type.startswith("pulumi:providers:scaleway")}
    known = {urn for urn, r in recorded.items() if not r.type.startswith("pulumi:providers:scaleway")}
    assert set(registered) == known
    differences = {}
    for urn, step in registered.items():
        if not recorded[urn].custom or step.new is None:
            continue
        actual = step.new.get("inputs", {})
        found = [
            d
            for d in contains(actual, recorded[urn].properties)
            if not any(part in d for part in (*FROM_THE_SEED, MADE_UP))
        ]
        if found:
            differences[step.name] = found
    assert differences == {}
