"""The scripts that a forge calls, and the workflows that call them."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

FAKE_GH = """\
#!/usr/bin/env python3
import json, os, sys
arguments = sys.argv[1:]
with open(os.environ["CALLS"], "a") as log:
    print(json.dumps(arguments), file=log)
if "--paginate" in arguments:
    print(os.environ.get("KNOWN", ""))
"""


@pytest.fixture
def comment(tmp_path):
    """`ci/comment` with a `gh` that writes down what it is asked; returns status, standard error and its calls."""

    def call(text, known=""):
        tools, calls, file = tmp_path / "tools", tmp_path / "calls", tmp_path / "comment.md"
        tools.mkdir()
        (tools / "gh").write_text(FAKE_GH)
        (tools / "gh").chmod(stat.S_IRWXU)
        calls.touch()
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [ROOT / "ci/comment", "12", file],
            env=os.environ
            | {
                "PATH": f"{tools}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "KNOWN": known,
                "GITHUB_REPOSITORY": "o/r",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr, [json.loads(line) for line in calls.read_text().splitlines()]

    return call


def test_a_first_comment_is_written_and_a_known_one_written_anew(comment):
    status, _, (_, write) = comment("<!-- plan diff -->\nhello\n")
    assert status == 0
    assert write[2:5] == ["--method", "POST", "repos/o/r/issues/12/comments"]
    assert write[-1] == "body=<!-- plan diff -->\nhello"


def test_the_comment_with_the_same_mark_is_updated(comment):
    status, _, (search, write) = comment("<!-- plan diff -->\nhello\n", known="77")
    assert status == 0
    assert 'startswith("<!-- plan diff -->")' in search[-1]
    assert write[2:5] == ["--method", "PATCH", "repos/o/r/issues/comments/77"]


def test_a_comment_that_could_not_be_found_again_is_refused(comment):
    status, said, calls = comment("hello\n")
    assert (status, calls) == (2, [])
    assert "hidden mark" in said


def test_a_comment_is_cut_to_what_the_forge_takes(comment):
    _, _, (_, write) = comment("<!-- plan diff -->\n" + "x" * 70000)
    assert len(write[-1]) < 65536
    assert write[-1].endswith("(cut: the job shows all of it)")


def test_a_diff_that_cannot_be_made_is_part_of_the_comment_and_of_the_status(tmp_path):
    shutil.copytree(ROOT / "ci", tmp_path / "ci")
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "Pulumi.local.yaml").touch()
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; print(sys.argv); sys.exit(2)" "$@"\n')
    python.chmod(stat.S_IRWXU)
    done = subprocess.run(
        [tmp_path / "ci/plan-diff", "main"],
        env=os.environ | {"PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("<!-- plan diff -->\n### `dev`\n")
    assert "'--stack', 'dev', '--base', 'main', '--markdown'" in done.stdout
    assert "local" not in done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash_and_rights_are_named(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action) for action in used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job, name
        writing = {right for right, how in job.get("permissions", {}).items() if how == "write"}
        assert writing <= ({"pull-requests"} if name == "comment" else set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_of_a_pull_request_is_put_into_a_script(path):
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "an expression in a script is executed; hand it over in `env`"


def test_workflows_call_only_scripts_that_are_there():
    called = {name for path in WORKFLOWS for name in re.findall(r"\bci/[\w-]+", path.read_text(encoding="utf-8"))}
    assert called
    assert {name for name in called if not os.access(ROOT / name, os.X_OK)} == set()
