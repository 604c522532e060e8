"""Preparation of a group of tools: installed ones are used, the others downloaded or built."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import files
from lab.paths import cache_folder
from lab.progress import Progress, clock
from lab.toolchain import definitions, golang
from lab.toolchain.build import Builder
from lab.toolchain.catalogue import Group, Tool, of_group
from lab.toolchain.executables import Executable, Origin, in_cache, on_path
from lab.toolchain.release import Reachability, fetch, platform_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SOURCES: tuple[Origin, ...] = ("path", "release", "build")
"""Origins of tools, in this order; `JITSI_TOOLCHAIN_SOURCES` (comma-separated) restricts them."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The tools of a group, ready to run."""

    tools: dict[str, Executable]
    cert_manager: Path | None
    """Folder with cert-manager's CustomResourceDefinitions; None if they could not be downloaded."""

    @property
    def paths(self) -> dict[str, Path]:
        """Paths of the executables, by tool."""
        return {name: executable.path for name, executable in self.tools.items()}


def folder() -> Path:
    """The user's cache of tools."""
    return cache_folder() / "toolchain"


def sources() -> tuple[Origin, ...]:
    """The sources that the environment allows.

    Raises:
        ValueError: it names an unknown source.
    """
    text = os.environ.get("JITSI_TOOLCHAIN_SOURCES", "")
    names = [word.strip() for word in text.split(",") if word.strip()]
    if unknown := [word for word in names if word not in SOURCES]:
        raise ValueError(
            f"JITSI_TOOLCHAIN_SOURCES: known are {', '.join(SOURCES)}, got {', '.join(unknown)}; leave it unset for all"
        )
    return tuple(source for source in SOURCES if not names or source in names)


def locate(group: Group, allowed: Sequence[Origin] = SOURCES) -> dict[str, Executable]:
    """The tools of a group that are installed; nothing is downloaded or built."""
    platform = platform_name()
    result: dict[str, Executable] = {}
    for tool in of_group(group):
        executable = (on_path(tool) if "path" in allowed else None) or in_cache(tool, folder(), platform)
        if executable is not None and executable.origin in allowed:
            result[tool.name] = executable
    return result


def ensure(group: Group, progress: Progress) -> Toolchain:
    """Prepare every tool of `group`; milliseconds if all are installed.

    Raises:
        BuildError: a tool could not be built.
        NoGoError: there is no Go, and it could not be downloaded.
        LookupError: tools are missing and the allowed sources lack them.
    """
    allowed = sources()
    cache = folder()
    tools = locate(group, allowed)
    crds = definitions.cached(cache)
    if len(tools) < len(of_group(group)) or crds is None:
        cache.mkdir(parents=True, exist_ok=True)
        with files.locked(
            cache / "lock", lambda who: progress.line(f"waiting for {who}, which prepares the same tools")
        ):
            tools = locate(group, allowed)
            missing = [tool for tool in of_group(group) if tool.name not in tools]
            crds = _complete(missing, tools, cache, allowed, progress)
    return Toolchain({tool.name: tools[tool.name] for tool in of_group(group)}, crds)


def _complete(
    missing: list[Tool], tools: dict[str, Executable], cache: Path, allowed: Sequence[Origin], progress: Progress
) -> Path | None:
    """Download or build `missing` into `tools`; return the folder of cert-manager's definitions."""
    if missing:
        progress.line(f"Preparing {len(missing)} tools, once; they are kept in {cache}")
        width = max(len(tool.name) for tool in missing)
        for tool in missing:
            progress.line(f"  {tool.name:<{width}}  {tool.version:<8}  {tool.why}")
    if missing and "release" in allowed:
        missing = _download(missing, tools, cache, progress)
    go: list[Path] = []

    def find_go() -> Path:
        if not go:
            go.append(golang.find(cache, progress.line))
        return go[0]

    if missing:
        if "build" not in allowed:
            raise LookupError(
                f"missing: {', '.join(tool.name for tool in missing)}; JITSI_TOOLCHAIN_SOURCES allows only "
                f"{', '.join(allowed)}. Install them, or allow `build`"
            )
        progress.line(f"Building {len(missing)} from Go modules with {find_go()} (about 10 minutes on two idle cores)")
        builder = Builder(cache, find_go(), platform_name(), progress)
        builder.build(missing)
        progress.line(f"Built in {clock(progress.elapsed)}")
        for tool in missing:
            if built := in_cache(tool, cache, platform_name()):
                tools[tool.name] = built
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        outcome = definitions.fetch(cache, find_go, environment)
    except golang.NoGoError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        progress.line(
            f"cert-manager's definitions could not be downloaded, so the embedded cluster lacks them: {outcome}"
        )
        return None
    return outcome


def _download(missing: Sequence[Tool], tools: dict[str, Executable], cache: Path, progress: Progress) -> list[Tool]:
    """Fetch the official releases of `missing` into `tools`; return those to build."""
    reachable = Reachability()
    with ThreadPoolExecutor(max_workers=4) as pool:
        outcomes = list(pool.map(lambda tool: fetch(tool, cache, platform_name(), reachable), missing))
    remaining: list[Tool] = []
    reasons: set[str] = set()
    for tool, outcome in zip(missing, outcomes, strict=True):
        if isinstance(outcome, Executable):
            tools[tool.name] = outcome
            progress.line(f"  downloaded {tool.name}")
        else:
            remaining.append(tool)
            reasons.add(outcome)
    if remaining:
        progress.line(f"No official release for {len(remaining)} of them: {'; '.join(sorted(reasons))}")
    return remaining
