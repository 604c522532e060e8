"""The table of features is complete, and every row that says yes names tests that exist."""

import re
from pathlib import Path

from sabotages import ALL as SABOTAGES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| (\d+) \| ([^|]+) \| (yes|no|by design) \| ([^|]*) \| (`[^|]+`) \|")
ROWS = 108  # of the predecessors' table
LINES = [
    line for line in (ROOT / "docs" / "features.md").read_text(encoding="utf-8").splitlines() if line[2:3].isdigit()
]
CELLS = [match.groups() for line in LINES if (match := ROW.fullmatch(line))]
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)(?:\[(.+)\])?")
PARAMETERS = {sabotage.id for sabotage in SABOTAGES}


def _missing(shown: str) -> str | None:
    """Return what is wrong with a name in the last column of a row that says yes."""
    test = TEST.fullmatch(shown)
    if test is None:
        return "is not a test"
    path, function, parameter = test.groups()
    file = ROOT / path
    if not file.is_file() or f"\ndef {function}(" not in file.read_text(encoding="utf-8"):
        return "does not exist"
    return None if parameter is None or parameter in PARAMETERS else "is no sabotage"


def test_there_are_all_rows_once_and_in_order() -> None:
    assert len(LINES) == len(CELLS) == ROWS
    assert [int(row[0]) for row in CELLS] == list(range(1, ROWS + 1))


def test_every_row_that_says_yes_names_tests_that_exist() -> None:
    wrong = [
        (number, shown, problem)
        for number, _, answer, _, names in CELLS
        for shown in re.findall(r"`([^`]+)`", names)
        if answer == "yes" and (problem := _missing(shown))
    ]
    assert wrong == []


def test_a_file_a_missing_test_and_a_missing_sabotage_are_noticed() -> None:
    assert _missing("docs/turn.md") == "is not a test"
    assert _missing("tests/plan/test_features_page.py::test_of_nothing") == "does not exist"
    assert _missing("tests/plan/test_sabotages.py::test_a_broken_promise_is_named_by_its_rule[x]") == "is no sabotage"


def test_every_other_row_names_a_file_that_exists_and_says_why() -> None:
    others = [row for row in CELLS if row[2] != "yes"]
    assert others
    for number, _, _, notes, names in others:
        assert notes.strip(), number
        assert [
            name for name in re.findall(r"`([^`]+)`", names) if not (ROOT / name.partition("::")[0]).is_file()
        ] == []
