"""The comment of docs/pull-requests.md: what `ci/plan-diff` writes of a change to a stack of the project, written by this file."""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "pull-requests.md"
BEGIN, END = "<!-- comment: begin -->", "<!-- comment: end -->"
STACK = "prod-fr-par"
CHANGED = {"deadline: 2h": "deadline: 90m", "kapsule-dedicated-8": "kapsule-dedicated-16"}
"""What the pull request of the example writes in place of what."""


def comment() -> str:
    """As the script prints it, without the mark that a reader does not see, under headings one level lower."""
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
    """The whole page, with the comment of today."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{comment()}\n\n{END}{after}"


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    PAGE.write_text(page(), encoding="utf-8")
