"""What the measurements ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.toolchain.catalogue import KUBERNETES, KUBERNETES_PROVIDER, PULUMI, SCALEWAY_PROVIDER

PACKAGES = ("pulumi", "pulumi-kubernetes", "pulumiverse-scaleway", "pydantic", "grpcio", "protobuf")


def figures() -> dict[str, Any]:
    """Cores, processor, memory, Python and the versions of what was measured; nothing that names this machine."""
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
    """Processes that wanted a core, mean of the last minute; well above the number of cores, times mean little."""
    return round(os.getloadavg()[0], 2)
