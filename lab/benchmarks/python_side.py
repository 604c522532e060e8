"""Benchmarks of the program's Python side for 1 to 64 shards, with baselines."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from config.read import stack_file
from lab.benchmarks import kustomize
from lab.benchmarks.measured import Run, measure
from lab.benchmarks.program_runs import executor, run_program
from lab.benchmarks.stacks import stack
from lab.paths import PROJECT
from plan.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.toolchain.executables import Executable
    from plan.recorder import Resource

PROGRAMS = Path(__file__).parent / "programs"
SHARDS = (1, 4, 16, 64)
KINDS = {
    "program": "this program",
    "uncompiled": "this program, not compiled",
    "empty": "empty Pulumi program",
    "raw": "same resources, untyped",
    "kustomize": "kustomize",
}


@dataclass
class Series:
    """A kind of work at a number of shards; lists have one value per repetition."""

    kind: str
    shards: int
    resources: int = 0
    """Resources registered with the engine, or documents written."""
    calls: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)

    def add(self, run: Run) -> None:
        """Add a repetition."""
        self.seconds.append(run.seconds)
        self.cpu.append(run.cpu)
        self.peak_mb.append(run.peak_mb)

    def as_dict(self) -> dict[str, Any]:
        """The series in the results; seconds to the millisecond."""
        rounded = {
            "seconds": [round(value, 3) for value in self.seconds],
            "cpu": [round(value, 3) for value in self.cpu],
            "peakMb": [round(value, 1) for value in self.peak_mb],
        }
        return {
            "kind": self.kind,
            "shards": self.shards,
            "resources": self.resources,
            "calls": self.calls,
            **rounded,
        }


class PythonSide:
    """Prepares the inputs in a folder, and measures."""

    def __init__(self, pulumi: Executable, folder: Path, say: Callable[[str], None]) -> None:
        self.shim = executor(pulumi)
        self.folder = folder
        self.say = say
        self.kustomize, self.kustomize_name = kustomize.find(say)
        kustomize.write_base(folder, self._evaluated(1)[1])

    def measure(self, shards: Sequence[int], repetitions: int) -> list[dict[str, Any]]:
        """Measure all kinds for each number of shards, interleaved, so that load affects them equally."""
        result: list[Series] = []
        for count in shards:
            works = self._works(count)
            series = {kind: Series(kind, count) for kind in works}
            for turn in range(repetitions + 1):
                for kind, work in works.items():
                    run = work(series[kind])
                    if turn:  # the first repetition warms caches
                        series[kind].add(run)
            result += series.values()
            fastest = {kind: min(runs.seconds) for kind, runs in series.items()}
            self.say(f"  {count} shards: " + ", ".join(f"{KINDS[k]} {s:.2f} s" for k, s in fastest.items()))
        return [each.as_dict() for each in result]

    def _works(self, count: int) -> dict[str, Callable[[Series], Run]]:
        values, resources = self._evaluated(count)
        listing = self.folder / f"resources-{count}.json"
        registered = [resource for resource in resources if resource.type != "pulumi:pulumi:Stack"]
        names = ("type", "name", "properties", "custom")
        listing.write_text(json.dumps([{name: getattr(each, name) for name in names} for each in registered]))
        top = kustomize.write_overlays(self.folder, [f"s{number}" for number in range(count)])

        def program(path: Path, **environment: str) -> Callable[[Series], Run]:
            def work(series: Series) -> Run:
                done = run_program(self.shim, path, values, {"BENCHMARK_RESOURCES": str(listing), **environment})
                series.resources, series.calls = done.resources, done.calls
                return done.run

            return work

        def renderer(command: list[str]) -> Callable[[Series], Run]:
            def work(series: Series) -> Run:
                output = self.folder / "rendered.yaml"
                run = measure(command, cwd=PROJECT, env=os.environ, output=output)
                series.resources = sum(line.startswith("kind:") for line in output.read_text().splitlines())
                return run

            return work

        works = {
            "program": program(PROJECT),
            "empty": program(PROGRAMS / "empty.py"),
            "raw": program(PROGRAMS / "raw.py"),
        }
        if count == SHARDS[0]:
            nowhere = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(self.folder / "nothing-compiled")}
            works["uncompiled"] = program(PROJECT, **nowhere)
        if self.kustomize:
            works["kustomize"] = renderer([*self.kustomize, str(top)])
        return works

    def _evaluated(self, count: int) -> tuple[dict[str, str], tuple[Resource, ...]]:
        path = self.folder / f"Pulumi.bench-{count}.yaml"
        path.write_text(yaml.safe_dump(stack(count)))
        values = stack_file(path)
        return values, evaluate(values, "bench")


def measure_all(pulumi: Executable, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure the part `python` of the results; `quick` stops at four shards."""
    with tempfile.TemporaryDirectory() as folder:
        side = PythonSide(pulumi, Path(folder), say)
        runs = side.measure(SHARDS[:2] if quick else SHARDS, 2 if quick else 3)
        return {"kustomize": side.kustomize_name, "runs": runs}
