"""CustomResourceDefinitions of other projects, from their Go modules."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.toolchain.catalogue import CERT_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Files of a Go module; `checksum` is that of a go.sum, `folder` is inside the module."""

    name: str
    module: str
    version: str
    checksum: str
    folder: str
    files: tuple[str, ...] = ("*.yaml",)

    def path(self, cache: Path) -> Path:
        """Their folder in the cache."""
        return cache / f"{self.name}-definitions-{self.version}"


CERT_MANAGER_DEFINITIONS = Definitions(
    name="cert-manager",
    module="github.com/cert-manager/cert-manager",
    version=CERT_MANAGER,
    checksum="h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
    folder="deploy/crds",
)
"""The definitions in the embedded cluster."""

PROMETHEUS_OPERATOR_DEFINITIONS = Definitions(
    name="prometheus-operator",
    module="github.com/prometheus-operator/prometheus-operator",
    version="0.85.0",
    checksum="h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    folder="example/prometheus-operator-crd",
    files=("*_podmonitors.yaml", "*_prometheusrules.yaml"),
)
"""The definitions that tests validate objects of the Prometheus Operator with."""


def cached(cache: Path, definitions: Definitions = CERT_MANAGER_DEFINITIONS) -> Path | None:
    """The folder of YAML files in the cache; None if no earlier run has put it there."""
    folder = definitions.path(cache)
    return folder if folder.is_dir() else None


def fetch(
    cache: Path,
    go: Callable[[], Path],
    environment: Mapping[str, str],
    definitions: Definitions = CERT_MANAGER_DEFINITIONS,
) -> Path | str:
    """Put the definitions into the cache and return their folder, or the reason why that failed."""
    if folder := cached(cache, definitions):
        return folder
    module = f"{definitions.module}@v{definitions.version}"
    download = subprocess.run(
        [go(), "mod", "download", "-json", module],
        capture_output=True,
        text=True,
        check=False,
        cwd=cache,
        env={**environment, "GOFLAGS": "-mod=mod"},
    )
    answer = json.loads(download.stdout or "{}")
    if download.returncode or "Dir" not in answer:
        return str(answer.get("Error") or download.stderr.strip()[-300:])
    if answer.get("Sum") != definitions.checksum:
        return f"{module} has the checksum {answer.get('Sum')}, expected {definitions.checksum}"
    draft = Path(tempfile.mkdtemp(dir=cache, prefix=".definitions."))
    for pattern in definitions.files:
        for file in (Path(answer["Dir"]) / definitions.folder).glob(pattern):
            shutil.copyfile(file, draft / file.name)
    folder = definitions.path(cache)
    draft.rename(folder)
    return folder
