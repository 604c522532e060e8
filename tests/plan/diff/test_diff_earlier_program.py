"""The base's program may be of a release that knows fewer secrets than this one."""

import pytest

from config.problems import ConfigError
from plan.diff.isolated import evaluation

PROGRAM = """
import pulumi
from pulumi.runtime import config

known = {known}
keys = {{*config.get_config_env(), *config.CONFIG.get()}}
unknown = sorted(key.removeprefix("jitsi:") for key in keys if key.startswith("jitsi:") and key not in known)
if unknown:
    lines = [f"  {{key}}: unknown key; valid here: domain" for key in unknown]
    raise pulumi.RunError("\\n".join(["The stack's config is invalid:", *lines]))
pulumi.export("evaluated", True)
"""


def resources(folder, values):
    program = PROGRAM.format(known=["jitsi:domain", "jitsi:secretSeed"])
    (folder / "__main__.py").write_text(program, encoding="utf-8")
    with evaluation(folder, values, "dev", "v1") as running:
        return running.resources()


def test_secrets_that_came_later_are_no_problem_of_its_stack_file(tmp_path):
    (stack,) = resources(tmp_path, {"jitsi:domain": "meet.example.org"})
    assert stack.properties == {"evaluated": True}


def test_a_key_that_it_does_not_know_still_is(tmp_path):
    with pytest.raises(ConfigError, match="v1: hosts: unknown key"):
        resources(tmp_path, {"jitsi:domain": "meet.example.org", "jitsi:hosts": "[]"})
