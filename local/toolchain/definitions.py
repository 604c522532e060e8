"""CustomResourceDefinitions of others, from their Go modules."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.toolchain.catalogue import CERT_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Which files of which module. `checksum` is as a go.sum would pin it, `folder` where they are in it."""

    name: str
    module: str
    version: str
    checksum: str
    folder: str
    files: tuple[str, ...] = ("*.yaml",)

    def place(self, cache: Path) -> Path:
        """Where the cache keeps them."""
        return cache / f"{self.name}-definitions-{self.version}"


CERT_MANAGER_DEFINITIONS = Definitions(
    name="cert-manager",
    module="github.com/cert-manager/cert-manager",
    version=CERT_MANAGER,
    checksum="h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
    folder="deploy/crds",
)
"""What the embedded cluster knows of cert-manager."""

PROMETHEUS_OPERATOR_DEFINITIONS = Definitions(
    name="prometheus-operator",
    module="github.com/prometheus-operator/prometheus-operator",
    version="0.85.0",
    checksum="h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    folder="example/prometheus-operator-crd",
    files=("*_podmonitors.yaml", "*_prometheusrules.yaml"),
)
"""What tests hold the objects for a Prometheus Operator against."""


def kept(cache: Path, wanted: Definitions = CERT_MANAGER_DEFINITIONS) -> Path | None:
    """The folder of YAML files that an earlier run put into the cache."""
    folder = wanted.place(cache)
    return folder if folder.is_dir() else None


def fetch(
    cache: Path,
    go: Callable[[], Path],
    environment: Mapping[str, str],
    wanted: Definitions = CERT_MANAGER_DEFINITIONS,
) -> Path | str:
    """Put the definitions into the cache and return their folder, or why that did not work."""
    if folder := kept(cache, wanted):
        return folder
    module = f"{wanted.module}@v{wanted.version}"
    asked = subprocess.run(
        [go(), "mod", "download", "-json", module],
        capture_output=True,
        text=True,
        check=False,
        cwd=cache,
        env={**environment, "GOFLAGS": "-mod=mod"},
    )
    answer = json.loads(asked.stdout or "{}")
    if asked.returncode or "Dir" not in answer:
        return str(answer.get("Error") or asked.stderr.strip()[-300:])
    if answer.get("Sum") != wanted.checksum:
        return f"{module} has the checksum {answer.get('Sum')}, expected {wanted.checksum}"
    draft = Path(tempfile.mkdtemp(dir=cache, prefix=".definitions."))
    for pattern in wanted.files:
        for file in (Path(answer["Dir"]) / wanted.folder).glob(pattern):
            shutil.copyfile(file, draft / file.name)
    folder = wanted.place(cache)
    draft.rename(folder)
    return folder
