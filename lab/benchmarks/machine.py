"""The machine of a run."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lab.paths import PROJECT
from lab.toolchain.catalogue import KUBERNETES, KUBERNETES_PROVIDER, PULUMI, SCALEWAY_PROVIDER

PACKAGES = ("pulumi", "pulumi-kubernetes", "pulumiverse-scaleway", "pydantic", "grpcio", "protobuf")


def figures() -> dict[str, Any]:
    """Cores, processor, memory, Python and versions, without anything that identifies the machine."""
    return {
        "cores": os.cpu_count() or 1,
        "processor": processor(),
        "memoryGiB": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "tools": {
            "pulumi": PULUMI,
            "provider kubernetes": KUBERNETES_PROVIDER,
            "provider scaleway": SCALEWAY_PROVIDER,
            "kube-apiserver": KUBERNETES,
        },
    }


def processor() -> str:
    """Model name of the first core."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load() -> float:
    """Load average of the last minute; times are unreliable if it is well above the number of cores."""
    return round(os.getloadavg()[0], 2)


def revision() -> str:
    """Return the commit, with `-dirty` if the tree has changes; `unknown` without a repository."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or "unknown"
