"""Start of a run, in a network namespace where the metrics API has an address that the API server accepts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lab.network_namespace import isolated
from lab.paths import PROJECT
from lab.progress import Progress
from lab.toolchain.prepare import ensure


def measure(*, long: bool) -> dict[str, Any]:
    """Run the scenarios, for 5 minutes or, if `long`, 13; requires network namespaces (`why_not`).

    Raises:
        RuntimeError: the run failed.
    """
    ensure("tests", Progress())  # the namespace has no network to download from
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        argv = [sys.executable, "-m", "lab.benchmarks.controller", str(result), *(["--long"] if long else [])]
        done = subprocess.run(isolated(argv), cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the controller's run failed:\n{done.stderr.strip()}")
        return json.loads(result.read_text())
