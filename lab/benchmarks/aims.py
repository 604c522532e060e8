"""The project's targets, and whether results meet them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.benchmarks.fit import median, ratio, slope

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM_SECONDS = 1.3
MS_PER_RESOURCE = 10.0
PEAK_MB = 210.0
GROWTH = 4.2  # 64 shards against 16; 4 would be exactly linear
MAKE_UP_SECONDS = 90.0
COLD_MINUTES = 15.0


@dataclass(frozen=True, slots=True)
class Aim:
    """A limit and the measured figure."""

    what: str
    limit: float
    measured: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the figure stays within the limit."""
        return self.measured <= self.limit

    @property
    def ratio(self) -> float:
        """The figure as a share of the limit."""
        return ratio(self.measured, self.limit) if self.limit else float(self.measured > 0)


def series(results: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The runs of one kind, fewest shards first."""
    runs = results.get("python", {}).get("runs", [])
    return sorted((run for run in runs if run["kind"] == kind), key=lambda run: run["shards"])


def per_resource(runs: list[dict[str, Any]], figure: str = "seconds") -> float:
    """Milliseconds per additional resource, by least squares over all numbers of shards."""
    return 1000 * slope([(run["resources"], median(run[figure])) for run in runs])


def aims(results: dict[str, Any]) -> list[Aim]:
    """Every target that the results have figures for."""
    return [*_of_program(results), *_of_engine(results), *_of_newcomer(results)]


def _of_program(results: dict[str, Any]) -> Iterator[Aim]:
    program = {run["shards"]: run for run in series(results, "program")}
    if 1 in program:
        yield Aim("Python side, 1 shard", PROGRAM_SECONDS, median(program[1]["seconds"]), "s")
    if len(program) > 1:
        yield Aim("Python side, each further resource", MS_PER_RESOURCE, per_resource(series(results, "program")), "ms")
    if 64 in program:
        yield Aim("Python side, peak memory at 64 shards", PEAK_MB, max(program[64]["peakMb"]), "MB")
    if 64 in program and 16 in program:
        grown = ratio(median(program[64]["seconds"]), median(program[16]["seconds"]))
        yield Aim("Python side, 64 shards against 16", GROWTH, grown, "times")


def _of_engine(results: dict[str, Any]) -> Iterator[Aim]:
    for stack in results.get("engine", []):
        for phase in stack["phases"]:
            if phase["phase"] == "preview, nothing changed":
                what = f"writes of a preview when nothing changed, {stack['shards']} shard{'s' * (stack['shards'] > 1)}"
                yield Aim(what, 0, phase["writes"], "requests")


def _of_newcomer(results: dict[str, Any]) -> Iterator[Aim]:
    if "makeUp" in results:
        yield Aim("`make up` in a new clone, tools there", MAKE_UP_SECONDS, results["makeUp"]["first"], "s")
    if "cold" in results:
        yield Aim("all tools from nothing", COLD_MINUTES, results["cold"]["seconds"] / 60, "min")
