"""The engine's plugins, laid out where it looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.toolchain.catalogue import TOOLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAMS = tuple(tool.name for tool in TOOLS if tool.plugin)
"""Base names of the executables; an engine that is killed leaves them running."""


def link(home: Path, tools: Mapping[str, Path]) -> None:
    """Put every plugin into `home` (PULUMI_HOME) under the exact version that the engine asks for, as a link."""
    for tool in TOOLS:
        if tool.plugin is None or tool.name not in tools:
            continue
        folder = home / "plugins" / f"resource-{tool.plugin}-v{tool.version}"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / tool.name
        if not (target.is_symlink() and target.readlink() == tools[tool.name]):
            target.unlink(missing_ok=True)
            target.symlink_to(tools[tool.name])
