"""Installation of the language host beside the engine, where the engine looks for it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab import files

if TYPE_CHECKING:
    from lab.paths import Paths
    from lab.toolchain.executables import Executable

EXECUTOR = "pulumi-language-python-exec"  # runs a program; part of the official host's Go module


def install(paths: Paths, pulumi: Executable) -> Path:
    """The `pulumi` to run for this checkout.

    An official engine is used in place, with its own language host. An engine built from modules has none: it is linked
    into the checkout's folder together with a script that starts ours. The link is hard, or a copy if the cache is on
    another file system, because the engine resolves symbolic links before it looks beside itself.
    """
    executor = pulumi.path.parent / EXECUTOR
    if pulumi.origin != "build":
        return pulumi.path
    paths.bin.mkdir(parents=True, exist_ok=True)
    target = paths.bin / "pulumi"
    if not (target.exists() and target.stat().st_size == pulumi.path.stat().st_size and _same(target, pulumi.path)):
        target.unlink(missing_ok=True)
        try:
            os.link(pulumi.path, target)
        except OSError:
            shutil.copy2(pulumi.path, target)
    host = Path(__file__).with_name("host.py")
    command = shlex.join([sys.executable, str(host), "--executor", str(executor)])
    files.write(paths.bin / "pulumi-language-python", f'#!/bin/sh\nexec {command} "$@"\n', mode=0o755)
    return target


def _same(target: Path, cached: Path) -> bool:
    """Whether a link or a copy (with its times) is that of the cached engine."""
    return target.samefile(cached) or target.stat().st_mtime_ns == cached.stat().st_mtime_ns
