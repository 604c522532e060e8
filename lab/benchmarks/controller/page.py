"""A run's figures as Markdown. Pure."""

from __future__ import annotations

from typing import Any

HEADS = (
    "scenario",
    "workload",
    "looks",
    "looks that decided otherwise",
    "mean \\|Δ\\|",
    "largest lasting \\|Δ\\|",
    "mean \\|Δ\\| by its own clock",
    "maximum real / model",
    "replica-hours real / model",
    "node-hours real / model",
)
AIM = 0.1
"""Mean |Δ replicas| that the model must keep."""


def page(result: dict[str, Any]) -> str:
    """The table, and what its columns mean."""
    rows = [HEADS, ("---",) * len(HEADS), *(_row(scenario) for scenario in result["scenarios"])]
    losses = [scenario["withoutMetrics"] for scenario in result["scenarios"]]
    partial, total = (sum(loss[key] for loss in losses) for key in ("partial", "total"))
    shrunk, moved = (sum(loss[key] for loss in losses) for key in ("shrunk", "moved"))
    syncs = [scenario["syncs"] for scenario in result["scenarios"]]
    return "\n".join(
        [
            "# The model of the autoscaler beside the real controller",
            "",
            f"{result['date']}, commit {result['commit']}: kube-controller-manager {result['controller']} on the embedded cluster, {result['compression']} times as fast: windows "
            f"and periods divided by {result['compression']}, a look every second. Metrics, targets and `behavior` are the program's own; "
            "both sides get the metrics from the same function of time and of the bridges that they have.",
            "",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
            f"- Aim: mean |Δ replicas| at most {AIM}, and the same maximum.",
            "- *Looks that decided otherwise*: the model is given what the controller was given at each look, and decides. "
            "Looks and the default growth policy's period are equally long: whether the last change still counts hangs on the "
            "milliseconds that the controller took to write it, which the model does not know.",
            "- *mean |Δ|*, *hours*: the model runs a day of its own and takes from the real one only the instants of the looks, as a "
            f"busy machine delays them (mean {max(scenario['meanSeconds'] for scenario in syncs):.2f} s, longest "
            f"{max(scenario['longestSeconds'] for scenario in syncs):.2f} s in place of 1 s). A difference *lasts* when it is longer than a look.",
            "- *By its own clock*: a look every second, begun at the tenth of a second that fits best.",
            f"- Metrics were lost in {partial + total} looks, all of them in {total}: {shrunk} of them made the number smaller, "
            f"and of those without any metric {moved} changed it.",
            "- Hours are those of the stack.",
            "",
            "![Bridges wanted by the real controller and by the model](controller.svg)",
            "",
        ]
    )


def _row(scenario: dict[str, Any]) -> tuple[str, ...]:
    def both(figures: dict[str, float], form: str) -> str:
        return f"{figures['real']:{form}} / {figures['model']:{form}}"

    return (
        f"{scenario['name']}, {scenario['minutes']:g} min",
        scenario["kind"],
        str(scenario["replayed"]["looks"]),
        str(len(scenario["replayed"]["other"])),
        f"{scenario['apart']['mean']:.3f}",
        str(scenario["apart"]["lasting"]),
        f"{scenario['ownClock']['mean']:.3f}",
        both(scenario["maximum"], "d"),
        both(scenario["replicaHours"], ".2f"),
        both(scenario["nodeHours"], ".2f"),
    )
