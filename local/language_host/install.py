"""Laying the language host beside the engine, where the engine looks for it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local import files

if TYPE_CHECKING:
    from local.places import Places
    from local.toolchain.found import Found

EXECUTOR = "pulumi-language-python-exec"  # the part of the official host that runs a program; taken from its Go module


def install(places: Places, pulumi: Found) -> Path:
    """The `pulumi` to run for this checkout.

    An official engine is used where it is: its language host is with it. One built from modules has none, so it is laid
    into the checkout's own folder (a hard link, or a copy where the cache is on another file system; the engine resolves
    symbolic links before it looks beside itself) together with a script that starts ours.
    """
    executor = pulumi.path.parent / EXECUTOR
    if pulumi.origin != "build":
        return pulumi.path
    places.bin.mkdir(parents=True, exist_ok=True)
    target = places.bin / "pulumi"
    if not (target.exists() and target.stat().st_size == pulumi.path.stat().st_size and _same(target, pulumi.path)):
        target.unlink(missing_ok=True)
        try:
            os.link(pulumi.path, target)
        except OSError:
            shutil.copy2(pulumi.path, target)
    host = Path(__file__).with_name("host.py")
    command = shlex.join([sys.executable, str(host), "--executor", str(executor)])
    files.write(places.bin / "pulumi-language-python", f'#!/bin/sh\nexec {command} "$@"\n', mode=0o755)
    return target


def _same(one: Path, other: Path) -> bool:
    """Whether a link, or a copy with its times kept, is still that of the cached engine."""
    return one.samefile(other) or one.stat().st_mtime_ns == other.stat().st_mtime_ns
