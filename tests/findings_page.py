"""Write docs/findings.md: every rule with its finding on the first stack that triggers it (`python tests/findings_page.py`)."""

import sys
from importlib import import_module
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "findings.md"
BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def table() -> str:
    """Return the rules by module."""
    from plan.findings.check import RULES

    cases = import_module("test_plan_findings")  # pytest, and the lines below, know where it lies
    lines: list[str] = []
    for name, rules in groupby(RULES, lambda rule: rule.look.__module__):
        module = import_module(name)
        place = module.__name__.replace(".", "/") + ".py"
        about = (module.__doc__ or "").strip().split("\n")[0].removeprefix("Rules about ").rstrip(".")
        lines += [f"### {about[0].upper()}{about[1:]}", "", f"`{place}`", ""]
        lines += ["| rule | severity | when | for example | remedy |", "| --- | --- | --- | --- | --- |"]
        for rule in rules:
            one = cases.found(rule.name, cases.CASES[rule.name][0].found)[0]
            severity = rule.severity if one.severity == rule.severity else f"{rule.severity} ({one.severity} here)"
            cells = (f"`{rule.name}`", severity, rule.about, f"`{one.where}`: {one.message}", one.remedy)
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def page() -> str:
    """Return the page with the current rules."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "plan")]
    PAGE.write_text(page(), encoding="utf-8")
