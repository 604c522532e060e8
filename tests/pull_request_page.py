"""Write the comment of docs/pull-requests.md: the output of `ci/plan-diff` for a change to one of the project's stacks."""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "pull-requests.md"
BEGIN, END = "<!-- comment: begin -->", "<!-- comment: end -->"
STACK = "prod-fr-par"
CHANGED = {"deadline: 2h": "deadline: 90m", "kapsule-dedicated-8": "kapsule-dedicated-16"}
"""Texts that the example's pull request replaces."""


def comment() -> str:
    """Return the script's output without its hidden marker, with headings one level lower."""
    from config.read import engine_values
    from plan.diff.markdown import marker, render
    from plan.diff.result import diff
    from plan.evaluate import evaluate

    before = (ROOT / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8")
    after = before
    for was, becomes in CHANGED.items():
        assert after.count(was) == 1, was
        after = after.replace(was, becomes)
    old, new = (evaluate(engine_values(yaml.safe_load(text)["config"]), STACK) for text in (before, after))
    return render(diff(STACK, "main", old, new)).removeprefix(marker(STACK)).strip()


def page() -> str:
    """Return the whole page with the current comment."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{comment()}\n\n{END}{after}"


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    PAGE.write_text(page(), encoding="utf-8")
