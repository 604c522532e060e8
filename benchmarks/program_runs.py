"""One run of a program as the engine starts it, against an engine that answers at once."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.measured import Run, RunError, measure
from benchmarks.stub_engine import PROJECT, STACK, serving
from local.language_host.install import EXECUTOR
from local.places import PROJECT as CHECKOUT
from plan.evaluate import engine_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.toolchain.found import Found

PARALLEL = 4 * (os.cpu_count() or 1)  # the engine's default


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """What a run took and what the engine saw of it."""

    run: Run
    resources: int
    """Registrations, the stack's own among them."""
    calls: int
    """Calls to the engine, messages among them."""


def executor(pulumi: Found) -> Path:
    """The language host's part that runs programs, beside the engine."""
    return pulumi.path.parent / EXECUTOR


def run_program(
    shim: Path, program: Path, values: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> ProgramRun:
    """Preview `program` (a file, or a folder with `__main__.py`) with config `values`; secrets get placeholders.

    Raises:
        RunError: the program failed.
    """
    config, secret = engine_config(values)
    with serving() as (address, monitor, engine):
        command = [
            sys.executable,
            str(shim),
            *("--monitor", address, "--engine", address),
            *("--project", PROJECT, "--stack", STACK, "--organization", "organization"),
            *("--root_directory", str(CHECKOUT), "--pwd", str(CHECKOUT)),
            *("--dry_run", "true", "--parallel", str(PARALLEL)),
            str(program),
        ]
        env = {
            **os.environ,
            **(environment or {}),
            "PULUMI_CONFIG": json.dumps(config),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(secret),
        }
        run = measure(command, cwd=CHECKOUT, env=env)
    if engine.errors:
        raise RunError(f"{program.name}: {engine.errors[0]}")
    return ProgramRun(run, monitor.registered, monitor.calls + engine.calls)
