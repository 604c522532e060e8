"""`python -m benchmarks`: run benchmarks and write figures, tables and charts to `benchmarks/results/`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.benchmarks import (
    edge_load,
    engine_side,
    from_nothing,
    machine,
    pool,
    python_side,
    rehearsal,
    release,
    scaling,
    scaling_page,
    scaling_picture,
    zone,
)
from lab.benchmarks.aims import aims
from lab.benchmarks.controller import measured
from lab.benchmarks.controller.page import page as controller_page
from lab.benchmarks.controller.picture import picture as controller_picture
from lab.benchmarks.page import page
from lab.benchmarks.picture import picture
from lab.benchmarks.scaling_gates import gates
from lab.paths import PROJECT
from lab.progress import Progress
from lab.toolchain.prepare import ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = PROJECT / "benchmarks" / "results"
COLD = "cold.json"
"""The last cold build, which takes a quarter of an hour; other runs repeat its figures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen benchmarks; 0 even if targets are missed, as on a busy machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quick", action="store_true", help="the Python side for 1 and 4 shards only; under a minute")
    what.add_argument(
        "--controller", action="store_true", help="only the autoscaler's model beside the real controller; 14 minutes"
    )
    what.add_argument("--cold", action="store_true", help="only the tools from nothing; a quarter of an hour")
    what.add_argument("--scaling", action="store_true", help="only the simulated days of every scaling policy; minutes")
    what.add_argument("--rehearsal", action="store_true", help="only the long day against the real loop; half an hour")
    what.add_argument(
        "--short-day", action="store_true", help="only the short day of `make test`; a quarter of an hour"
    )
    what.add_argument("--edge", action="store_true", help="only the edge, on real HAProxies; two minutes")
    what.add_argument(
        "--zone",
        action="store_true",
        help="only a lost zone, on real HAProxies and with a deployed stack; eight minutes",
    )
    what.add_argument("--pool", action="store_true", help="only another node type under calls; a quarter of an hour")
    what.add_argument(
        "--release", action="store_true", help="only another Jitsi release while people meet; a quarter of an hour"
    )
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
    if given.short_day:
        rehearsal.measure_short(given.out, print, _now())
        return 0
    if given.edge:
        measure_edge(given.out)
        return 0
    if given.zone:
        measure_zone(given.out)
        return 0
    if given.pool:
        pool.measure(given.out, print, _now())
        return 0
    if given.release:
        _on_haproxy(release.measure, given.out)
        return 0
    if given.scaling:
        measure_scaling(given.out)
        return 0
    # Measure with compiled modules, as usual, in a folder of our own if the environment forbids to keep them.
    with tempfile.TemporaryDirectory() as compiled:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        results = measure(quick=given.quick)
    cold_file = given.out / COLD
    if cold_file.exists():
        results["cold"] = json.loads(cold_file.read_text())
    write(results, given.out)
    if not given.quick:
        measure_scaling(given.out)
        measure_edge(given.out)
        measure_zone(given.out)
        _on_haproxy(release.measure, given.out)
        measure_controller(given.out)
        rehearsal.measure_short(given.out, print, _now())
        rehearsal.measure(given.out, print)
        pool.measure(given.out, print, _now())
    for aim in aims(results):
        print(f"{'met    ' if aim.met else 'NOT MET'}  {aim.what}: {aim.measured:.3g} {aim.unit} of {aim.limit:g}")
    print(f"tables: {given.out / 'latest.md'}")
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Run the Python side and, unless `quick`, the engine and `make up`."""
    loads = [machine.load()]
    tools = ensure("up", Progress())
    results: dict[str, Any] = {"date": _now(), "commit": machine.revision(), "machine": machine.figures()}
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
    """Compare the autoscaler's model with the real controller."""
    compared = {"date": _now(), "commit": machine.revision(), **measured.measure(long=True)}
    (folder / "controller.json").write_text(json.dumps(compared) + "\n")
    (folder / "controller.svg").write_text(controller_picture(compared))
    (folder / "controller.md").write_text(controller_page(compared))


def measure_scaling(folder: Path) -> None:
    """Simulate the days of every scaling policy; the figures do not depend on the machine."""
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
    """Measure HAProxy; without it installed, the existing results stay."""
    _on_haproxy(edge_load.measure, folder)


def measure_zone(folder: Path) -> None:
    """Lose a zone before real HAProxies, and write what people noticed."""
    _on_haproxy(zone.measure, folder)
    _on_haproxy(zone.rehearse, folder)


def _on_haproxy(measure: Callable[[Path, Callable[[str], None]], None], folder: Path) -> None:
    if edge_load.available():
        measure(folder, print)
    else:
        print("haproxy is not installed (Debian and Ubuntu: apt-get install haproxy): the edge is not measured")


def write(results: dict[str, Any], folder: Path) -> None:
    """Write the figures under their date, and the tables and the chart."""
    day = results["date"].replace(":", "").replace(" ", "T")
    (folder / f"{day}.json").write_text(json.dumps(results, indent=2) + "\n")
    (folder / "latest.md").write_text(page(results) + "\n![Seconds by shards, CPU by process](latest.svg)\n")
    (folder / "latest.svg").write_text(picture(results))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


if __name__ == "__main__":
    sys.exit(main())
