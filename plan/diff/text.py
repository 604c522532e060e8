"""A diff as text for a terminal: one line per change, most disruptive first."""

from plan.diff.result import Diff, Verdict, sentence, span

COLOURS = {"refused": "35", "drops": "31", "drains": "33", "none": "32"}  # ANSI: magenta, red, yellow, green
SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
MAX_PATHS = 3


def render(diff: Diff, *, colour: bool = False) -> str:
    """Return the summary, one line per change, and the notes. `colour` adds ANSI codes."""
    lines = [f"Stack {diff.stack} against {diff.base}: {sentence(diff)}", ""]
    width = max((len(verdict.change.resource.name) for verdict in diff.shown), default=0)
    lines += [_line(verdict, width, colour) for verdict in diff.shown]
    if diff.shown:
        lines.append("")
    lines += [f"note: {note}" for note in diff.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def _line(verdict: Verdict, width: int, colour: bool) -> str:
    disruption = verdict.effect.disruption
    mark = f"\x1b[{COLOURS[disruption]}m{disruption}\x1b[0m" if colour else disruption
    padding = " " * (len("refused") - len(disruption))
    who = f"{span(verdict.effect.bridges)}: " if verdict.effect.bridges else ""
    return (
        f"{mark}{padding}  {SIGNS[verdict.change.operation]} {verdict.change.operation:<7}  {verdict.change.resource.name:<{width}}  "
        f"{who}{verdict.effect.why}{paths_of(verdict)}"
    )


def paths_of(verdict: Verdict) -> str:
    """Return the first properties that differ, in brackets."""
    paths = verdict.change.paths
    if not paths:
        return ""
    more = f", {len(paths) - MAX_PATHS} more" if len(paths) > MAX_PATHS else ""
    return f" [{', '.join(paths[:MAX_PATHS])}{more}]"
