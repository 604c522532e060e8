"""A diff as a comment on a pull request."""

from collections.abc import Iterable

from plan.diff.result import Diff, Judged, sentence, span
from plan.diff.text import SIGNS

MOST_ROWS = 200
"""Rows of all tables together: a comment of GitHub holds 65 536 characters."""
WORDS = {"drops": "🔴 drops", "drains": "🟡 drains", "none": "🟢 none"}


def marker(stack: str) -> str:
    """Hidden in the comment, by which a workflow finds the one to update; the same for a stack at all times."""
    return f"<!-- plan diff: {stack} -->"


def render(made: Diff) -> str:
    """Who is hurt stands open, everything else folded away."""
    hurting = [one for one in made.shown if one.effect.disruption != "none"]
    harmless = [one for one in made.shown if one.effect.disruption == "none"]
    lines = [
        marker(made.stack),
        f"### `{made.stack}` against `{made.base}`",
        "",
        f"{WORDS[made.disruption].split()[0]} {sentence(made)}.",
        "",
    ]
    if hurting:
        lines += [*_table(hurting[:MOST_ROWS]), ""]
    if harmless:
        room = max(0, MOST_ROWS - len(hurting))
        lines += [
            f"<details><summary>{len(harmless)} that hurt nobody</summary>",
            "",
            *_table(harmless[:room]),
            "",
            "</details>",
            "",
        ]
    left = len(made.shown) - MOST_ROWS
    if left > 0:
        lines += [f"{left} more: `python -m plan diff --stack {made.stack} --base {made.base}` lists them all.", ""]
    lines += [f"> {note}\n" for note in made.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(judged: Iterable[Judged]) -> list[str]:
    rows = ["| | resource | what | bridges | why |", "| --- | --- | --- | --- | --- |"]
    for one in judged:
        paths = ", ".join(f"`{_cell(path)}`" for path in one.change.paths[:3])
        more = f" and {len(one.change.paths) - 3} more" if len(one.change.paths) > 3 else ""  # noqa: PLR2004
        what = f"{SIGNS[one.change.operation]} {one.change.operation}{f': {paths}{more}' if paths else ''}"
        hurt = span(one.effect.bridges) if one.effect.bridges else ""
        rows.append(
            f"| {WORDS[one.effect.disruption]} | `{_cell(one.change.resource.name)}` | {what} | {hurt} | {_cell(one.effect.why)} |"
        )
    return rows


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
