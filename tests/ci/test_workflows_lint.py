"""actionlint finds nothing in the workflows, and would."""

import subprocess
from pathlib import Path

import pytest

from lab.progress import Progress
from lab.toolchain.prepare import ensure

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]

WORKFLOWS = sorted((Path(__file__).resolve().parents[2] / ".github/workflows").glob("*.yml"))


def actionlint(*files):
    # Without the checkers that it would find on PATH: the answer must not depend on the machine.
    command = [ensure("tests", Progress()).paths["actionlint"], "-no-color", "-shellcheck=", "-pyflakes=", *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_workflows_are_clean():
    done = actionlint(*WORKFLOWS)
    assert WORKFLOWS
    assert (done.returncode, done.stdout) == (0, "")


def test_an_output_that_no_step_has_is_found(tmp_path):
    broken = tmp_path / "broken.yml"
    text = WORKFLOWS[-1].read_text(encoding="utf-8")
    assert "steps.diff.outputs" in text
    broken.write_text(text.replace("steps.diff.outputs", "steps.other.outputs"), encoding="utf-8")
    done = actionlint(broken)
    assert done.returncode == 1
    assert 'property "other" is not defined' in done.stdout
