"""cert-manager's CustomResourceDefinitions, from its Go module."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.toolchain.catalogue import CERT_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MODULE = f"github.com/cert-manager/cert-manager@v{CERT_MANAGER}"
SUM = "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68="  # as a go.sum would pin it


def kept(cache: Path) -> Path | None:
    """The folder of YAML files that an earlier run put into the cache."""
    folder = cache / f"cert-manager-definitions-{CERT_MANAGER}"
    return folder if folder.is_dir() else None


def fetch(cache: Path, go: Callable[[], Path], environment: Mapping[str, str]) -> Path | str:
    """Put the definitions into the cache and return their folder, or why that did not work."""
    if folder := kept(cache):
        return folder
    asked = subprocess.run(
        [go(), "mod", "download", "-json", MODULE],
        capture_output=True,
        text=True,
        check=False,
        cwd=cache,
        env={**environment, "GOFLAGS": "-mod=mod"},
    )
    answer = json.loads(asked.stdout or "{}")
    if asked.returncode or "Dir" not in answer:
        return str(answer.get("Error") or asked.stderr.strip()[-300:])
    if answer.get("Sum") != SUM:
        return f"{MODULE} has the checksum {answer.get('Sum')}, expected {SUM}"
    draft = Path(tempfile.mkdtemp(dir=cache, prefix=".definitions."))
    for file in (Path(answer["Dir"]) / "deploy/crds").glob("*.yaml"):
        shutil.copyfile(file, draft / file.name)
    folder = cache / f"cert-manager-definitions-{CERT_MANAGER}"
    draft.rename(folder)
    return folder
