"""`plan diff` has no engine: what it predicts must be what the real engine would do with the whole stack, change by change."""

import pytest
import yaml
from diff_chains import CHAINS
from diff_changes import CHANGES, FILE, config_of, diff_of
from engine_agrees import agree

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

COME_AND_GO = {"telephones"}
"""They need a secret, which a stack file in the open has not; test_options_come_and_go.py applies them."""

SECRETS = {
    "TURN servers of others": {"jitsi:turnSecret": "secret-of-the-test"},
    "login to a registry": {"jitsi:registryPassword": "password-of-the-test"},
}


@pytest.fixture(scope="module")
def stack(embedded):
    """The local stack, up; destroyed when the module ends."""
    embedded.engine.up(FILE)
    yield embedded
    embedded.engine.destroy(FILE)


def file_of(name, folder):
    """The stack file with a change in it, under the same stack's name."""
    path = folder / FILE.name
    path.write_text(yaml.safe_dump({"config": config_of(name)}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [name for name, expected in CHANGES.items() if expected.previews])
def test_the_engine_would_do_what_the_diff_says(stack, tmp_path, name):
    agree(stack.engine.preview(file_of(name, tmp_path), secrets=SECRETS.get(name)), diff_of(name))


def test_what_cannot_be_previewed_is_applied():
    applied = {step.name for steps in CHAINS.values() for step in steps} | COME_AND_GO
    assert {name for name, expected in CHANGES.items() if not expected.previews} <= applied
