"""A config that cannot be used stops the real engine before anything is touched, with every reason and no traceback."""

import pytest

from lab.paths import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FILE = PROJECT / "Pulumi.local.yaml"


def refused(embedded, **changes):
    outcome = embedded.engine.preview(
        FILE, config={f"jitsi:{key}": value for key, value in changes.items()}, check=False
    )
    assert outcome.status != 0
    text = "\n".join([*outcome.errors, outcome.output])
    assert "Traceback" not in text
    return text


def test_all_problems_are_named_and_nothing_is_planned(embedded):
    text = refused(embedded, bridges={"layuot": "hostPort", "min": 0}, cluster={"privateNetwork": "172.16.0.0/24"})
    assert "bridges.layuot" in text
    assert "did you mean layout?" in text
    assert "bridges.min" in text
    assert "/22" in text


def test_a_secret_that_is_missing_is_answered_with_the_command_that_sets_it(embedded):
    text = refused(embedded, auth={"type": "jwt", "jwt": {"appId": "x"}}, bridges={"min": 0})
    assert "pulumi config set --secret jitsi:jwtSecret" in text
    assert "bridges.min" in text
