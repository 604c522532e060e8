"""Starting a run: in a network of its own, so that the metrics API has an address that the API server accepts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.network_namespace import isolated
from local.places import PROJECT
from local.progress import Progress
from local.toolchain.prepare import ensure


def measure(*, long: bool) -> dict[str, Any]:
    """The result of a run: five minutes, or `long` 13; `why_not` of the network namespace says whether it can be.

    Raises:
        RuntimeError: the run failed; the message is its own.
    """
    ensure("tests", Progress())  # there is nothing to fetch from in there
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        argv = [sys.executable, "-m", "benchmarks.controller", str(result), *(["--long"] if long else [])]
        done = subprocess.run(isolated(argv), cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the controller's run failed:\n{done.stderr.strip()}")
        return json.loads(result.read_text())
