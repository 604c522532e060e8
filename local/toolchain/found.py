"""Tools that are there already: on PATH, among the user's engine plugins, or in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from local.toolchain.fingerprint import key

if TYPE_CHECKING:
    from local.toolchain.catalogue import Tool

Origin = Literal["path", "release", "build"]

VERSION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """A tool, where it is and where it came from."""

    name: str
    path: Path
    origin: Origin


def on_path(tool: Tool) -> Found | None:
    """The tool as the user installed it, when its version fits."""
    if tool.plugin:
        home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        path = home / "plugins" / f"resource-{tool.plugin}-v{tool.version}" / tool.name
        return Found(tool.name, path, "path") if os.access(path, os.X_OK) else None
    path = shutil.which(tool.name) if tool.accepts else None
    if path is None or not fits(tool, _version(tool, path)):
        return None
    if tool.name == "pulumi" and not _has_language_host(Path(path)):
        return None
    return Found(tool.name, Path(path).resolve(), "path")


def fits(tool: Tool, version: tuple[int, ...]) -> bool:
    """Whether `version` begins with what the tool accepts and is no older than its minimum."""
    return bool(tool.accepts) and version[: len(tool.accepts)] == tool.accepts and version >= tool.at_least


def parse_version(text: str) -> tuple[int, ...]:
    """The first x.y.z in `text` as numbers; empty when there is none."""
    match = re.search(r"\bv?(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def in_cache(tool: Tool, cache: Path, platform: str) -> Found | None:
    """The tool as an earlier run downloaded or built it."""
    for folder, origin in ((release_key(tool), "release"), (key(tool, platform), "build")):
        path = cache / folder / "bin" / tool.name
        if os.access(path, os.X_OK):
            return Found(tool.name, path, "release" if origin == "release" else "build")
    return None


def release_key(tool: Tool) -> str:
    """Cache folder of an official release; the version says all there is."""
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
    """An official CLI brings `pulumi-language-python`; a bare executable from elsewhere does not."""
    beside = pulumi.resolve().parent / "pulumi-language-python"
    return os.access(beside, os.X_OK) or shutil.which("pulumi-language-python") is not None
