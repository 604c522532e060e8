"""docs/findings.md says what the rules say."""

import re

from findings_page import PAGE, ROOT, page

from plan.diff.verdicts.judge import RULES as VERDICTS
from plan.findings.check import RULES


def test_the_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: .venv/bin/python tests/findings_page.py"


def test_what_answers_an_item_exists() -> None:
    text = PAGE.read_text(encoding="utf-8").split("## Known pitfalls")[1]
    answers = [line.rsplit("|", 2)[-2] for line in text.splitlines() if line.startswith("|")][2:]
    named = {name for answer in answers for name in re.findall(r"`([^`]+)`", answer)}
    rules = {rule.name for rule in RULES} | {rule.name for rule in VERDICTS}
    missing = {name for name in named if name not in rules and not (ROOT / name).exists()}
    assert not missing
    assert len(answers) >= 40
