"""The baseline of rendering: kustomize on the program's objects, one overlay per shard."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from lab.paths import cache_folder
from lab.toolchain import golang
from plan.render import manifest
from plan.tokens import is_kubernetes_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from plan.recorder import Resource

VERSION = "5.8.1"
MODULE = f"sigs.k8s.io/kustomize/kustomize/v5@v{VERSION}"
SHARD = "jitsi:shard:JitsiShard"
REPLICAS = [{"op": "add", "path": "/spec/replicas", "value": 2}]


def find(say: Callable[[str], None]) -> tuple[list[str], str]:
    """The command that builds a folder, and its name in tables; both empty if there is none.

    A fixed version is built once from its Go module (a minute on two cores) and kept in the user's cache; if that fails,
    kustomize or kubectl on PATH is used.
    """
    executable = cache_folder() / "benchmarks" / f"kustomize-{VERSION}" / "kustomize"
    if not executable.exists():
        say(f"building kustomize {VERSION}, once")
        _build(executable.parent, say)
    if executable.exists():
        return [str(executable), "build"], f"kustomize {VERSION}"
    for name, arguments in (("kustomize", ["build"]), ("kubectl", ["kustomize"])):
        if path := shutil.which(name):
            return [path, *arguments], f"{name} {arguments[0]}"
    return [], ""


def _build(folder: Path, say: Callable[[str], None]) -> None:
    try:
        go = golang.find(cache_folder() / "toolchain", say)
    except golang.NoGoError as error:
        say(str(error))
        return
    env = {**os.environ, "GOBIN": str(folder), "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run([go, "install", MODULE], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"kustomize could not be built: {done.stderr.strip()[-300:]}")


def write_base(folder: Path, resources: Iterable[Resource]) -> int:
    """Write the objects of a stack with one shard as `common/` and `shard/`; returns the number of the shard's."""
    split: dict[str, list[dict[str, Any]]] = {"common": [], "shard": []}
    for resource in resources:
        if resource.custom and is_kubernetes_object(resource.type):
            split["shard" if SHARD in resource.urn else "common"].append(manifest(resource))
    for name, documents in split.items():
        files = {f"{n:03d}-{document['kind'].lower()}.yaml": document for n, document in enumerate(documents)}
        for file, document in files.items():
            _write(folder / name / file, document)
        _write(folder / name / "kustomization.yaml", {"resources": list(files)})
    return len(split["shard"])


def write_overlays(folder: Path, shards: Sequence[str]) -> Path:
    """Write one overlay per shard on the base of `write_base`; returns the folder to build."""
    top = folder / f"all-{len(shards)}"
    for name in shards:
        overlay = {
            "resources": ["../../shard"],
            "nameSuffix": f"-{name}",
            "labels": [{"pairs": {"app.kubernetes.io/instance": name}, "includeSelectors": True}],
            "patches": [{"target": {"kind": "Deployment"}, "patch": yaml.safe_dump(REPLICAS)}],
        }
        _write(folder / "overlays" / name / "kustomization.yaml", overlay)
    _write(top / "kustomization.yaml", {"resources": ["../common", *(f"../overlays/{name}" for name in shards)]})
    return top


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
