"""A diff as a comment on a pull request."""

from collections.abc import Iterable

from plan.diff.result import Diff, Verdict, sentence, span
from plan.diff.text import SIGNS

MAX_ROWS = 200
"""Rows of all tables together: a comment on GitHub holds 65,536 characters."""
WORDS = {"refused": "⛔ refused", "drops": "🔴 drops", "drains": "🟡 drains", "none": "🟢 none"}


def marker(stack: str) -> str:
    """Return the hidden marker by which a workflow finds the comment to update; constant per stack."""
    return f"<!-- plan diff: {stack} -->"


def render(diff: Diff) -> str:
    """Return Markdown with disruptive changes expanded and the others folded."""
    hurting = [verdict for verdict in diff.shown if verdict.effect.disruption != "none"]
    harmless = [verdict for verdict in diff.shown if verdict.effect.disruption == "none"]
    lines = [
        marker(diff.stack),
        f"### `{diff.stack}` against `{diff.base}`",
        "",
        f"{WORDS[diff.disruption].split()[0]} {sentence(diff)}.",
        "",
    ]
    if hurting:
        lines += [*_table(hurting[:MAX_ROWS]), ""]
    if harmless:
        room = max(0, MAX_ROWS - len(hurting))
        lines += [
            f"<details><summary>{len(harmless)} without disruption</summary>",
            "",
            *_table(harmless[:room]),
            "",
            "</details>",
            "",
        ]
    left = len(diff.shown) - MAX_ROWS
    if left > 0:
        lines += [
            f"{left} more: `.venv/bin/python -m plan diff --stack {diff.stack} --base {diff.base}` lists them all.",
            "",
        ]
    lines += [f"> {note}\n" for note in diff.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(verdicts: Iterable[Verdict]) -> list[str]:
    rows = ["| | resource | what | bridges | why |", "| --- | --- | --- | --- | --- |"]
    for verdict in verdicts:
        paths = ", ".join(f"`{_cell(path)}`" for path in verdict.change.paths[:3])
        more = f" and {len(verdict.change.paths) - 3} more" if len(verdict.change.paths) > 3 else ""  # noqa: PLR2004
        what = f"{SIGNS[verdict.change.operation]} {verdict.change.operation}{f': {paths}{more}' if paths else ''}"
        hurt = span(verdict.effect.bridges) if verdict.effect.bridges else ""
        rows.append(
            f"| {WORDS[verdict.effect.disruption]} | `{_cell(verdict.change.resource.name)}` | {what} | {hurt} | {_cell(verdict.effect.why)} |"
        )
    return rows


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
