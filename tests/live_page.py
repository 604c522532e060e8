"""Write the results of docs/live.md from the suite's own figures, `lab/live/results.json`."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "live.md"
RESULTS = ROOT / "lab" / "live" / "results.json"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def said(figures) -> str:
    """Figures of a test in words: `audioGapSeconds 1.2`."""
    words = (
        f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in sorted(figures.items())
        if not isinstance(value, dict)
    )
    return "; ".join(words) or "passed"


def results() -> str:
    """The table of programs, and that of tests."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    programs = [f"| {name} | {version} |" for name, version in sorted(found["versions"].items())]
    tests = [
        f"| {name.removeprefix('test_').replace('_', ' ')} | {said(result['figures'])} | {result['day']} |"
        for name, result in sorted(found["measured"].items())
    ]
    lines = ["| program | version |", "| --- | --- |", *programs, ""]
    return "\n".join([*lines, "| test that passed | measured | day |", "| --- | --- | --- |", *tests])


def page() -> str:
    """The whole page with the current results."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{results()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")
