"""The table of Kubernetes' fields against the schemas that it is made of."""

import os
import shutil
import subprocess
import sys

import pytest
from sample_stacks import ROOT

from plan.resources.kubernetes_fields import FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_table_is_what_the_schemas_of_every_version_say():
    assert os.environ.get("UV") or shutil.which("uv"), "run the tests by `make`, or put uv on PATH"
    command = [sys.executable, "-m", "lab.kubernetes_fields", "--print"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == FILE.read_text(), "run `.venv/bin/python -m lab.kubernetes_fields`"
