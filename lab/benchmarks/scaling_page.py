"""The page of the scaling results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.benchmarks.page import table
from lab.benchmarks.scaling_gates import gates, mean_and_worst

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = {
    "school": "School day, 24 h",
    "flash": "Flash crowd, 3 h",
    "evening": "Evening, 7 h",
    "webinar": "Webinars, 12 h",
}
COLUMNS = (
    ("degraded %", "degradedPercent", 2),
    ("node-hours", "nodeHours", 1),
    ("times clairvoyant", "nodeHoursPerOracle", 2),
    ("billed h", "billedHours", 0),
    ("EUR", "costEur", 2),
    ("cut meetings", "cutConferences", 0),
    ("drain-hours", "drainHours", 1),
    ("s to capacity", "timeToCapacitySeconds", 0),
)


def number(value: float | None, digits: int) -> str:
    """Format a figure for a cell."""
    return "never" if value is None else f"{value:.{digits}f}"


def page(results: dict[str, Any]) -> str:
    """Render the results as Markdown: gates first, then a table per day."""
    seeds = results["seeds"]
    lines = [
        "# Scaling",
        "",
        f"Simulated days (`plan simulate`, docs/simulation.md), seeds {seeds[0]} to {seeds[-1]}: figures of a model, not",
        "measurements. Each cell is the mean, then the worst of all seeds. The stack is `lab/benchmarks/school.yaml`; its timetable",
        "knows the school day only. The others run as shipped, on nodes of the same size, price and boot time.",
        "",
        "![Degraded time against cost, and a school day](scaling.svg)",
        "",
        "## Gates",
        "",
        *_gates(results),
    ]
    for trace, title in DAYS.items():
        lines += ["", f"## {title}", "", *_day(results, trace)]
    return "\n".join(lines) + "\n"


def _gates(results: dict[str, Any]) -> list[str]:
    rows = [
        (
            gate.what,
            f"≤ {gate.limit:g} {gate.unit}".rstrip(),
            number(gate.mean, 2),
            number(gate.worst, 2),
            "met" if gate.met else "missed",
        )
        for gate in gates(results)
    ]
    return table(("what", "gate", "mean", "worst", ""), rows)


def _cell(runs: Sequence[dict[str, Any]], figure: str, digits: int) -> str:
    mean, worst = mean_and_worst(runs, figure)
    shown = number(mean, digits), number(worst, digits)
    return shown[0] if shown[0] == shown[1] else " / ".join(shown)


def _day(results: dict[str, Any], trace: str) -> list[str]:
    columns = [column for column in COLUMNS if trace == "flash" or column[1] != "timeToCapacitySeconds"]
    rows = [
        (name, *(_cell(days[trace], figure, digits) for _, figure, digits in columns))
        for name, days in results["runs"].items()
        if trace in days
    ]
    return table(("policy", *(title for title, _, _ in columns)), rows)
