"""The table of Kubernetes' fields against the schemas that it is made of."""

import os
import shutil
import subprocess

import pytest
from sample_stacks import ROOT

from lab.kubernetes_fields import COMMAND
from plan.resources.kubernetes_fields import FILE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_table_is_what_the_schemas_of_every_version_say(tmp_path):
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "run the tests by `make`, or put uv on PATH"
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    done = subprocess.run(
        [uv, *COMMAND, "--print"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == FILE.read_text(), f"run `uv {' '.join(COMMAND)}`"
