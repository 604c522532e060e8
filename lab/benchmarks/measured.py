"""Time, CPU and memory of a command."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCHER = Path(__file__).parent / "programs/launcher.py"


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of a finished process."""

    seconds: float
    """Wall clock."""
    cpu: float
    """Seconds of user and system time, waited-for children included."""
    peak_mb: float
    """Peak resident memory."""


class RunError(Exception):
    """A measured command failed; the message contains its last lines."""


def measure(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: Path | None = None) -> Run:
    """Run `command`; its standard output is written to `output`, or dropped.

    Raises:
        RunError: its exit status is not 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        result, errors = Path(folder, "result.json"), Path(folder, "errors")
        printed = output or Path(folder, "output")
        with printed.open("wb") as out, errors.open("wb") as err:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(LAUNCHER), str(result), *command],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
            )
        if done.returncode:
            raise RunError(f"{Path(command[0]).name} failed: {errors.read_text(errors='replace').strip()[-2000:]}")
        figures = json.loads(result.read_text())
    return Run(figures["seconds"], figures["cpu"], figures["peakMb"])
