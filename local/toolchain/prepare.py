"""Having every tool of a group: what is there is used, the rest is downloaded or built, with a word on each."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local import files
from local.places import cache_folder
from local.progress import Progress, clock
from local.toolchain import definitions, golang
from local.toolchain.build import Builder
from local.toolchain.catalogue import Group, Tool, of_group
from local.toolchain.found import Found, Origin, in_cache, on_path
from local.toolchain.release import Reachability, fetch, platform_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SOURCES: tuple[Origin, ...] = ("path", "release", "build")
"""Where tools may come from, in this order. `JITSI_TOOLCHAIN_SOURCES=build` (comma-separated) allows fewer."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The tools of a group, ready to run."""

    tools: dict[str, Found]
    cert_manager: Path | None
    """Folder with cert-manager's CustomResourceDefinitions; None when they could not be had."""

    @property
    def paths(self) -> dict[str, Path]:
        """Where each executable is."""
        return {name: found.path for name, found in self.tools.items()}


def folder() -> Path:
    """The part of the user's cache that holds tools."""
    return cache_folder() / "toolchain"


def sources() -> tuple[Origin, ...]:
    """The sources that the environment allows.

    Raises:
        ValueError: it names something else.
    """
    text = os.environ.get("JITSI_TOOLCHAIN_SOURCES", "")
    asked = [word.strip() for word in text.split(",") if word.strip()]
    if unknown := [word for word in asked if word not in SOURCES]:
        raise ValueError(
            f"JITSI_TOOLCHAIN_SOURCES: known are {', '.join(SOURCES)}, got {', '.join(unknown)}; leave it unset for all"
        )
    return tuple(source for source in SOURCES if not asked or source in asked)


def locate(group: Group, allowed: Sequence[Origin] = SOURCES) -> dict[str, Found]:
    """The tools of a group that are there already; nothing is fetched or built."""
    platform = platform_name()
    result: dict[str, Found] = {}
    for tool in of_group(group):
        found = (on_path(tool) if "path" in allowed else None) or in_cache(tool, folder(), platform)
        if found is not None and found.origin in allowed:
            result[tool.name] = found
    return result


def ensure(group: Group, progress: Progress) -> Toolchain:
    """Every tool of `group`, whatever it takes; takes milliseconds when all are there.

    Raises:
        BuildError: a tool could not be built.
        NoGoError: there is no Go to build with.
        LookupError: tools are missing and the allowed sources do not offer them.
    """
    allowed = sources()
    cache = folder()
    found = locate(group, allowed)
    crds = definitions.kept(cache)
    if len(found) < len(of_group(group)) or crds is None:
        cache.mkdir(parents=True, exist_ok=True)
        with files.locked(
            cache / "lock", lambda who: progress.line(f"{who} is preparing the same tools; waiting for it")
        ):
            found = locate(group, allowed)
            missing = [tool for tool in of_group(group) if tool.name not in found]
            crds = _complete(missing, found, cache, allowed, progress)
    return Toolchain({tool.name: found[tool.name] for tool in of_group(group)}, crds)


def _complete(
    missing: list[Tool], found: dict[str, Found], cache: Path, allowed: Sequence[Origin], progress: Progress
) -> Path | None:
    """Download or build `missing` into `found`; return the folder of cert-manager's definitions."""
    if missing:
        progress.line(f"Preparing {len(missing)} tools; this happens once, they are kept in {cache}")
        width = max(len(tool.name) for tool in missing)
        for tool in missing:
            progress.line(f"  {tool.name:<{width}}  {tool.version:<8}  {tool.why}")
    if missing and "release" in allowed:
        missing = _download(missing, found, cache, progress)
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
                found[tool.name] = built
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        outcome = definitions.fetch(cache, find_go, environment)
    except golang.NoGoError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        progress.line(f"cert-manager's definitions could not be fetched, the embedded cluster goes without: {outcome}")
        return None
    return outcome


def _download(missing: Sequence[Tool], found: dict[str, Found], cache: Path, progress: Progress) -> list[Tool]:
    """Fetch the official releases of `missing` into `found`; return what has to be built."""
    reachable = Reachability()
    with ThreadPoolExecutor(max_workers=4) as pool:
        outcomes = list(pool.map(lambda tool: fetch(tool, cache, platform_name(), reachable), missing))
    rest: list[Tool] = []
    reasons: set[str] = set()
    for tool, outcome in zip(missing, outcomes, strict=True):
        if isinstance(outcome, Found):
            found[tool.name] = outcome
            progress.line(f"  downloaded {tool.name}")
        else:
            rest.append(tool)
            reasons.add(outcome)
    if rest:
        progress.line(f"No official release for {len(rest)} of them here: {'; '.join(sorted(reasons))}")
    return rest
