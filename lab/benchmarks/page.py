"""The results page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.benchmarks.aims import aims, per_resource, series
from lab.benchmarks.fit import median, ratio
from lab.benchmarks.process_tree import CLUSTER, ENGINE
from lab.benchmarks.python_side import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def page(results: dict[str, Any]) -> str:
    """Render the results as Markdown: targets first, then each part with its ratios."""
    lines = ["# Benchmarks", "", *_machine(results), "", "## Aims", "", *_aims(results)]
    if "python" in results:
        lines += ["", "## The Python side", "", *_python(results)]
    for stack in results.get("engine", []):
        lines += ["", f"## The engine, {stack['shards']} shard{'s' * (stack['shards'] > 1)}", "", *_engine(stack)]
    if "makeUp" in results:
        lines += ["", "## `make up` in a new clone", "", *_make_up(results["makeUp"])]
    if "cold" in results:
        cold = results["cold"]
        minutes = cold["seconds"] / 60
        lines += ["", "## Tools from nothing", "", f"Measured {cold['date']}: {minutes:.1f} min.", ""]
        lines += [f"- {step.strip()}" for step in cold["steps"]]
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Render a Markdown table; columns but the first are right-aligned."""
    rule = "| --- |" + " ---: |" * (len(head) - 1)
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


def _machine(results: dict[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in {**machine["packages"], **machine["tools"]}.items())
    before, after = results["load"]
    yield f"{results['date']}, commit {results['commit']}: {machine['cores']} cores ({machine['processor']}),"
    yield f"{machine['memoryGiB']:g} GiB, {machine['system']}, Python {machine['python']}; {packages}."
    yield f"Load before and after: {before:.1f} and {after:.1f}" + (
        f", more than the {machine['cores']} cores: seconds of wall clock hold waiting for others, CPU and ratios less so."
        if max(before, results["loadLeast"]) > machine["cores"]
        else "."
    )


def _aims(results: dict[str, Any]) -> list[str]:
    rows = [
        (aim.what, f"≤ {aim.limit:g} {aim.unit}", f"{aim.measured:.3g}", f"{aim.ratio:.2f}", "yes" if aim.met else "no")
        for aim in aims(results)
    ]
    return table(("what", "aim", "measured", "of the aim", "met"), rows)


def _python(results: dict[str, Any]) -> list[str]:
    """One row for each kind of work: seconds by shards, and the program against it at the largest number of shards."""
    programs = {run["shards"]: run for run in series(results, "program")}
    seconds = [f"s, {count} shard{'s' * (count > 1)}" for count in programs]
    rows = []
    for kind, name in KINDS.items():
        if not (runs := {run["shards"]: run for run in series(results, kind)}):
            continue
        last = list(runs.values())[-1]
        times = [ratio(median(programs[last["shards"]][key]), median(last[key])) for key in ("seconds", "cpu")]
        rows.append(
            (
                results["python"]["kustomize"] if kind == "kustomize" else name,
                *(f"{median(runs[count]['seconds']):.2f}" if count in runs else "" for count in programs),
                f"{per_resource(list(runs.values())):.2f}" if len(runs) > 1 and kind != "empty" else "",
                str(last["resources"]),
                f"{median(last['peakMb']):.0f}",
                *(("", "") if kind == "program" else (f"{each:.2f}" for each in times)),
            )
        )
    head = ("work", *seconds, "ms each further resource", "resources", "peak MB", "program ÷ it", "by CPU")
    return [*table(head, rows), "", "The last four columns are for the largest number of shards in the row."]


def _engine(stack: dict[str, Any]) -> Iterator[str]:
    peer = stack["peer"]
    against = {
        "up from nothing": ("apply and wait", peer["apply"] + peer["ready"]),
        "preview, nothing changed": ("dry run", peer["dryRun"]),
        "up, nothing changed": ("dry run", peer["dryRun"]),
    }
    rows = []
    for phase in stack["phases"]:
        name, seconds = against.get(phase["phase"], ("", 0.0))
        compared = (f"{name}, {seconds:.2f} s", f"{ratio(phase['seconds'], seconds):.1f}") if name else ("", "")
        counts = (str(phase["writes"]), str(phase["dryRuns"]))
        waited = f"{phase['waited']:.1f}"
        rows.append((phase["phase"], f"{phase['seconds']:.1f}", waited, f"{phase['cpu']:.1f}", *counts, *compared))
    yield f"{stack['resources']} resources; the peer sends their {peer['objects']} Kubernetes objects to the API server itself."
    yield ""
    yield from table(("operation", "s", "waiting s", "CPU s", "writes", "dry runs", "peer", "times the peer"), rows)
    yield ""
    yield "Waiting: at least one resource was under way that took 3 s or longer."
    yield ""
    waits = [
        (phase["phase"], *(f"{step['name']} {step['seconds']:.1f} s" for step in phase["slow"]))
        for phase in stack["phases"]
    ]
    yield from (f"- {name}: {', '.join(slow)}" for name, *slow in waits if slow)
    yield ""
    parts = [part for part in (*ENGINE, *CLUSTER) if any(part in phase["processes"] for phase in stack["phases"])]
    rows = []
    for part in parts:
        cells = [phase["processes"].get(part) for phase in stack["phases"]]
        rows.append((part, *(f"{cell['cpu']:.1f} / {cell['peakMb']:.0f}" if cell else "" for cell in cells)))
    rows.append(("too short to see", *(f"{phase['unseen']:.1f}" for phase in stack["phases"])))
    yield from table(("CPU s / peak MB of", *(phase["phase"] for phase in stack["phases"])), rows)


def _make_up(times: dict[str, Any]) -> list[str]:
    reached = list(times["reached"].items())
    rows = [
        (name, f"{seconds - before:.1f}", f"{(seconds - before) / times['first']:.2f}")
        for (name, seconds), before in zip(reached, [0.0, *(seconds for _, seconds in reached)], strict=False)
    ]
    rows.append(("`make up`, all of it", f"{times['first']:.1f}", "1.00"))
    rows += [
        (name, f"{times[key]:.1f}", f"{times[key] / times['first']:.2f}")
        for key, name in (("again", "`make up` again"), ("down", "`make down`"))
    ]
    return table(("step", "s", "of the first"), rows)
