"""The table of features is complete, and every row names something that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| (\d+) \| ([^|]+) \| (yes|no|by design) \| ([^|]*) \| `([^`|]+)` \|")
ROWS = 108  # of the predecessors' table
LINES = [
    line for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines() if line[2:3].isdigit()
]
FOUND = [match.groups() for line in LINES if (match := ROW.fullmatch(line))]


def test_there_are_all_rows_once_and_in_order() -> None:
    assert len(LINES) == len(FOUND) == ROWS
    assert [int(row[0]) for row in FOUND] == list(range(1, ROWS + 1))


def test_every_row_names_a_file_or_a_test_that_exists() -> None:
    missing = []
    for number, _, _, _, shown in FOUND:
        path, _, test = shown.partition("::")
        file = ROOT / path
        if not file.is_file() or (test and f"\ndef {test}(" not in file.read_text(encoding="utf-8")):
            missing.append((number, shown))
    assert not missing


def test_what_is_different_or_missing_says_why() -> None:
    assert [row for row in FOUND if row[2] == "by design" and not row[3].strip()] == []
