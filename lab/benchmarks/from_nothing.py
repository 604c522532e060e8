"""Benchmarks of a first use: `make up` in a fresh clone, and building the tools from an empty cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.paths import PROJECT
from lab.toolchain import golang

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

OURS = ("PULUMI_", "SCW_", "JITSI_", "PYTHON", "MAKE", "MFLAGS", "VIRTUAL_ENV", "UV_")


def environment() -> dict[str, str]:
    """The environment without this project's variables; `UV` stays."""
    return {key: value for key, value in os.environ.items() if not key.startswith(OURS)}


def timed(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[float, list[tuple[float, str]]]:
    """Run a command; returns its seconds, and the time of each line that it printed.

    Raises:
        RuntimeError: its exit status is not 0.
    """
    begun = time.monotonic()
    lines: list[tuple[float, str]] = []
    child = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in child.stdout or ():
        lines.append((time.monotonic() - begun, line.rstrip()))
    if child.wait():
        tail = "\n".join(line for _, line in lines[-15:])
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{tail}")
    return time.monotonic() - begun, lines


def milestones(lines: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Seconds at which `make up` finished each step. Pure."""
    marks = {"Control plane": "environment and tools", "pulumi up": "control plane", "Ready after": "update"}
    reached: dict[str, float] = {}
    for seconds, line in lines:
        for start, name in marks.items():
            if line.startswith(start):
                reached.setdefault(name, round(seconds, 1))
    return reached


def make_up(say: Callable[[str], None]) -> dict[str, Any]:
    """Time `make up` in a new clone with cached tools, again, and `make down`."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        env = environment()
        try:
            first, lines = timed(["make", "up"], clone, env)
            say(f"  make up: {first:.1f} s")
            again, _ = timed(["make", "up"], clone, env)
            say(f"  make up again: {again:.1f} s")
        finally:
            down, _ = timed(["make", "down"], clone, env)
    return {
        "first": round(first, 1),
        "reached": milestones(lines),
        "again": round(again, 1),
        "down": round(down, 1),
    }


def cold_toolchain(say: Callable[[str], None]) -> dict[str, Any]:
    """Time the build of every tool of `make up` without any cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache, modules = Path(folder, "cache"), Path(folder, "modules")
        go = golang.find(cache / "jitsi-pulumi/toolchain", say)
        env = {
            **environment(),
            "XDG_CACHE_HOME": str(cache),
            "GOMODCACHE": str(modules),
            "JITSI_TOOLCHAIN_SOURCES": "build",
        }
        try:
            seconds, lines = timed([sys.executable, "-m", "local", "toolchain", "--group", "up"], PROJECT, env)
        finally:
            # Go's module cache is read-only.
            subprocess.run([go, "clean", "-modcache"], env=env, check=False)
        say(f"  cold toolchain: {seconds / 60:.1f} min")
        return {"seconds": round(seconds), "steps": [line for _, line in lines if line.startswith("  built ")]}
