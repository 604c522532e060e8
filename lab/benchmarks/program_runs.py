"""A run of a program as the engine starts it, against a stub engine."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.benchmarks.measured import Run, RunError, measure
from lab.benchmarks.stub_engine import PROJECT, STACK, serving
from lab.engine.language_host.install import EXECUTOR
from lab.paths import PROJECT as CHECKOUT
from plan.evaluate import engine_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.toolchain.executables import Executable

PARALLEL = 4 * (os.cpu_count() or 1)  # the engine's default


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """The figures of a run, and the stub engine's counts."""

    run: Run
    resources: int
    """Registrations, that of the stack included."""
    calls: int
    """Calls to the engine, log messages included."""


def executor(pulumi: Executable) -> Path:
    """Path of Pulumi's script that runs programs, beside the engine."""
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
