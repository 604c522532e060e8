"""Lookup of installed tools: on PATH, among the user's engine plugins, or in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lab.toolchain.fingerprint import key

if TYPE_CHECKING:
    from lab.toolchain.catalogue import Tool

Origin = Literal["path", "release", "build"]

VERSION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Executable:
    """A tool's executable and its origin."""

    name: str
    path: Path
    origin: Origin


def on_path(tool: Tool) -> Executable | None:
    """The tool that the user has installed; None if there is none of a fitting version."""
    if tool.plugin:
        home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        path = home / "plugins" / f"resource-{tool.plugin}-v{tool.version}" / tool.name
        return Executable(tool.name, path, "path") if os.access(path, os.X_OK) else None
    path = shutil.which(tool.name) if tool.accepts else None
    if path is None or not fits(tool, _version(tool, path)):
        return None
    if tool.name == "pulumi" and not _has_language_host(Path(path)):
        return None
    return Executable(tool.name, Path(path).resolve(), "path")


def fits(tool: Tool, version: tuple[int, ...]) -> bool:
    """Whether `version` begins with the accepted numbers and is not older than the minimum."""
    return bool(tool.accepts) and version[: len(tool.accepts)] == tool.accepts and version >= tool.at_least


def parse_version(text: str) -> tuple[int, ...]:
    """The first x.y.z in `text` as numbers; empty if there is none."""
    match = re.search(r"\bv?(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def in_cache(tool: Tool, cache: Path, platform: str) -> Executable | None:
    """The tool that an earlier run has downloaded or built; None if there is none."""
    for folder, origin in ((release_key(tool), "release"), (key(tool, platform), "build")):
        path = cache / folder / "bin" / tool.name
        if os.access(path, os.X_OK):
            return Executable(tool.name, path, "release" if origin == "release" else "build")
    return None


def release_key(tool: Tool) -> str:
    """Cache folder of an official release."""
    return f"{tool.name}-{tool.version}-release"


def _version(tool: Tool, path: str) -> tuple[int, ...]:
    argument = "version" if tool.name == "pulumi" else "--version"
    try:
        shown = subprocess.run(
            [path, argument],
            capture_output=True,
            text=True,
            check=False,
            timeout=VERSION_SECONDS,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return parse_version(shown.stdout or shown.stderr)


def _has_language_host(pulumi: Path) -> bool:
    """Whether `pulumi-language-python` is beside the CLI, as in official releases, or on PATH."""
    beside = pulumi.resolve().parent / "pulumi-language-python"
    return os.access(beside, os.X_OK) or shutil.which("pulumi-language-python") is not None
