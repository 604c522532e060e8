"""A diff as text for a terminal: who is hurt first, one line per change."""

from plan.diff.result import Diff, Judged, sentence, span

COLOURS = {"drops": "31", "drains": "33", "none": "32"}  # ANSI: red, yellow, green
SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
MOST_PATHS = 3


def render(made: Diff, *, colour: bool = False) -> str:
    """Every change in a line, the sentence that sums them up, and the notes. `colour`: with ANSI codes."""
    lines = [f"Stack {made.stack} against {made.base}: {sentence(made)}", ""]
    width = max((len(one.change.resource.name) for one in made.shown), default=0)
    lines += [_line(one, width, colour) for one in made.shown]
    if made.shown:
        lines.append("")
    lines += [f"note: {note}" for note in made.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def _line(one: Judged, width: int, colour: bool) -> str:
    disruption = one.effect.disruption
    mark = f"\x1b[{COLOURS[disruption]}m{disruption}\x1b[0m" if colour else disruption
    padding = " " * (len("drains") - len(disruption))
    who = f"{span(one.effect.bridges)}: " if one.effect.bridges else ""
    return (
        f"{mark}{padding}  {SIGNS[one.change.operation]} {one.change.operation:<7}  {one.change.resource.name:<{width}}  "
        f"{who}{one.effect.why}{paths_of(one)}"
    )


def paths_of(one: Judged) -> str:
    """The properties that differ, in brackets; the first few of many."""
    paths = one.change.paths
    if not paths:
        return ""
    more = f", {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else ""
    return f" [{', '.join(paths[:MOST_PATHS])}{more}]"
