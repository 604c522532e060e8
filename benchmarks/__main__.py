"""`python -m benchmarks`: measures, and writes the figures, tables and picture to `benchmarks/results/`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import (
    edge_load,
    engine_side,
    from_nothing,
    machine,
    python_side,
    rehearsal,
    scaling,
    scaling_page,
    scaling_picture,
)
from benchmarks.aims import aims
from benchmarks.controller import measured
from benchmarks.controller.page import page as controller_page
from benchmarks.controller.picture import picture as controller_picture
from benchmarks.page import page
from benchmarks.picture import picture
from benchmarks.scaling_gates import gates
from local.places import PROJECT
from local.progress import Progress
from local.toolchain.prepare import ensure

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results"
COLD = "cold.json"
"""The last cold build: it takes a quarter of an hour, so other runs repeat what it found."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0 whether or not the aims are met, as a busy machine misses them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quick", action="store_true", help="the Python side for 1 and 4 shards only; under a minute")
    what.add_argument(
        "--controller", action="store_true", help="only the autoscaler's model beside the real controller; 14 minutes"
    )
    what.add_argument("--cold", action="store_true", help="only the tools from nothing; a quarter of an hour")
    what.add_argument("--scaling", action="store_true", help="only the simulated days of every scaling policy; minutes")
    what.add_argument("--rehearsal", action="store_true", help="only the long day against the real loop; half an hour")
    what.add_argument("--edge", action="store_true", help="only the edge, on real HAProxies; two minutes")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results (default: %(default)s)")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.cold:
        cold = {"date": _now(), **from_nothing.cold_toolchain(print)}
        (given.out / COLD).write_text(json.dumps(cold, indent=2) + "\n")
        return 0
    if given.controller:
        measure_controller(given.out)
        return 0
    if given.rehearsal:
        rehearsal.measure(given.out, print)
        return 0
    if given.edge:
        measure_edge(given.out)
        return 0
    if given.scaling:
        measure_scaling(given.out)
        return 0
    # Programs are measured as they usually run: modules compiled. Where an environment forbids to keep them, a folder
    # of our own does; `make up` in a new clone is measured without it.
    with tempfile.TemporaryDirectory() as compiled:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        results = measure(quick=given.quick)
    kept = given.out / COLD
    if kept.exists():
        results["cold"] = json.loads(kept.read_text())
    write(results, given.out)
    if not given.quick:
        measure_scaling(given.out)
        measure_edge(given.out)
        measure_controller(given.out)
        rehearsal.measure(given.out, print)
    for aim in aims(results):
        print(f"{'met    ' if aim.met else 'NOT MET'}  {aim.what}: {aim.measured:.3g} {aim.unit} of {aim.limit:g}")
    print(f"tables: {given.out / 'latest.md'}")
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Everything that is measured in one run."""
    loads = [machine.load()]
    tools = ensure("up", Progress())
    results: dict[str, Any] = {"date": _now(), "commit": _commit(), "machine": machine.figures()}
    print("The Python side …")
    results["python"] = python_side.measure_all(tools.tools["pulumi"], quick, print)
    loads.append(machine.load())
    if not quick:
        print("The engine …")
        results["engine"] = engine_side.measure_all(tools, print)
        loads.append(machine.load())
        print("`make up` in a new clone …")
        results["makeUp"] = from_nothing.make_up(print)
        loads.append(machine.load())
    return {**results, "load": [loads[0], loads[-1]], "loadLeast": min(loads)}


def measure_controller(folder: Path) -> None:
    """The autoscaler's model beside the real controller."""
    compared = {"date": _now(), "commit": _commit(), **measured.measure(long=True)}
    (folder / "controller.json").write_text(json.dumps(compared) + "\n")
    (folder / "controller.svg").write_text(controller_picture(compared))
    (folder / "controller.md").write_text(controller_page(compared))


def measure_scaling(folder: Path) -> None:
    """The simulated days: same figures on every machine, so they have one file and no date."""
    print("Scaling …")
    results = scaling.measure(print)
    (folder / "scaling.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")
    (folder / "scaling.md").write_text(scaling_page.page(results))
    (folder / "scaling.svg").write_text(scaling_picture.picture(results))
    for gate in gates(results):
        shown = [scaling_page.number(value, 2) for value in (gate.mean, gate.worst)]
        print(
            f"{'met   ' if gate.met else 'MISSED'}  {gate.what}: {shown[0]}, worst {shown[1]} of {gate.limit:g} {gate.unit}"
        )


def measure_edge(folder: Path) -> None:
    """Rooms, load and memory of HAProxy; where none is installed, the results that are there stay."""
    if edge_load.available():
        edge_load.measure(folder, print)
    else:
        print("haproxy is not installed (Debian and Ubuntu: apt-get install haproxy): the edge is not measured")


def write(results: dict[str, Any], folder: Path) -> None:
    """The figures under their date, and the tables and the picture of the latest."""
    day = results["date"].replace(":", "").replace(" ", "T")
    (folder / f"{day}.json").write_text(json.dumps(results, indent=2) + "\n")
    (folder / "latest.md").write_text(page(results) + "\n![Seconds by shards, CPU by process](latest.svg)\n")
    (folder / "latest.svg").write_text(picture(results))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def _commit() -> str:
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
