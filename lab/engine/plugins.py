"""The engine's plugins, linked where it looks for them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lab import files
from lab.toolchain.catalogue import TOOLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAMS = tuple(tool.name for tool in TOOLS if tool.plugin)
"""Names of the executables; a killed engine leaves them running."""


def link(home: Path, tools: Mapping[str, Path], environments: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Link every plugin into `home` (PULUMI_HOME) under the exact version that the engine asks for.

    A plugin named in `environments` becomes a script that starts it with these variables, which no other process sees.
    """
    for tool in TOOLS:
        if tool.plugin is None or tool.name not in tools:
            continue
        folder = home / "plugins" / f"resource-{tool.plugin}-v{tool.version}"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / tool.name
        if environment := (environments or {}).get(tool.name):
            settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
            script = f'#!/bin/sh\nexec env {settings} {shlex.quote(str(tools[tool.name]))} "$@"\n'
            if target.is_symlink() or not target.exists() or target.read_text() != script:
                target.unlink(missing_ok=True)
                files.write(target, script, mode=0o755)
        elif not (target.is_symlink() and target.readlink() == tools[tool.name]):
            target.unlink(missing_ok=True)
            target.symlink_to(tools[tool.name])
