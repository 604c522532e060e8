"""Cache keys of built tools."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.toolchain.catalogue import Tool

MODULES = Path(__file__).parent / "modules"

# -l: no inlining, which saves a quarter of the compile time. -dwarf=false and stripped links: nobody debugs these tools.
# -pgo=off: with a profile, shared packages are compiled once more for each main package.
GO_FLAGS = ("-pgo=off", "-gcflags=all=-l -dwarf=false")
LINK_FLAGS = "-s -w"


def key(tool: Tool, platform: str, modules: Path = MODULES) -> str:
    """The cache key of `tool` on `platform` (`linux-amd64`).

    It hashes the inputs of the build: go.mod and go.sum of its module, our own Go code in it, flags, tags and stamps. A change
    in one module does not rebuild the tools of others.
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
