"""A story of `lab.rehearsal`, played once for the tests of a module."""

import json
import subprocess
import sys

import pytest

from lab.network_namespace import why_no_forwarding
from lab.paths import PROJECT


def played(story, folder, seconds):
    """Return the figures of a story; where it cannot be played or breaks off the tests fail and say why, as nothing was shown."""
    if reason := why_no_forwarding():
        pytest.fail(f"the story {story} was not played: {reason}")
    out = folder / f"{story}.json"
    line = [sys.executable, "-m", "lab.rehearsal", "--story", story, "--out", str(out)]
    done = subprocess.run(line, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=seconds)
    assert out.exists(), f"the story broke off:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return json.loads(out.read_text())
