"""The flags of Kubernetes' programs and of Prometheus have the defaults that the program relies on."""

import re
import subprocess

import pytest

from sizing.program_defaults import PROGRAM_DEFAULTS

pytestmark = pytest.mark.e2e

PROGRAMS = ("kube-controller-manager", "kube-apiserver", "kube-proxy", "prometheus")


def says(text: str, setting: str, value: str) -> bool:
    """Return whether a program's help names a flag with this default; an empty one is not shown."""
    if value == "false":
        return re.search(rf"--\[no-\]{re.escape(setting)}\s", text) is not None
    if re.search(rf"--{re.escape(setting)}={re.escape(value)}(?:\s|$)", text):
        return True
    (line,) = [line for line in text.splitlines() if re.search(rf"--{re.escape(setting)}\s", line)]
    return f"(default {value})" in line if value else "(default" not in line


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_flag_that_is_not_set_has_the_default_of_the_table(program, toolchain):
    done = subprocess.run([toolchain.paths[program], "--help"], capture_output=True, text=True, check=False)
    known = [default for default in PROGRAM_DEFAULTS if default.program == program]
    assert known
    for each in known:
        assert says(done.stdout + done.stderr, each.setting.removeprefix("--"), each.value), each.setting


def test_another_default_is_noticed():
    assert says("  --sync duration  The period. (default 15s)", "sync", "15s")
    assert not says("  --sync duration  The period. (default 30s)", "sync", "15s")
