"""Cache keys: what a built tool depends on, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.toolchain.catalogue import Tool

MODULES = Path(__file__).parent / "modules"

# -l: no inlining, a quarter less compile time for tools that mostly wait. -dwarf=false: nobody debugs them. -pgo=off: a
# profile would have every shared package compiled once more per main. Links are stripped for the same reason.
GO_FLAGS = ("-pgo=off", "-gcflags=all=-l -dwarf=false")
LINK_FLAGS = "-s -w"


def key(tool: Tool, platform: str, modules: Path = MODULES) -> str:
    """A name for the build of `tool` on `platform` (`linux-amd64`) that changes exactly when its inputs do.

    Inputs are its module's go.mod and go.sum, our own Go code in it, flags, tags and stamps. A change in
    one module or main leaves the builds of all others as they are.
    """
    digest = hashlib.sha256()
    module = modules / tool.module
    sources = [module / "go.mod", module / "go.sum"]
    sources += [file for folder in tool.sources for file in sorted((module / folder).rglob("*")) if _is_go(file)]
    for source in sources:
        digest.update(f"{source.relative_to(module)}\0".encode() + source.read_bytes() + b"\0")
    parts = (platform, tool.package, *tool.stamps, *tool.tags, *GO_FLAGS, LINK_FLAGS)
    digest.update("\0".join(parts).encode())
    return f"{tool.name}-{tool.version}-{digest.hexdigest()[:16]}"


def _is_go(file: Path) -> bool:
    return file.suffix == ".go" or file.name == "go.mod"
