"""The table of mutations is fresh: every text that it replaces and every test that it names exists."""

import ast
import json
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from lab.mutations import run as run_module
from lab.mutations.mutation import Mutation
from lab.mutations.table import TOPICS

ROOT = Path(__file__).parents[2]
ALL = [mutation for table in TOPICS.values() for mutation in table]
NAMES = "ports firewall pools timers HPA spares schedule edge policies rights secrets cost findings scripts"


def test_every_topic_has_mutations_and_there_are_enough() -> None:
    assert list(TOPICS) == NAMES.split()
    assert all(len(table) >= 9 for table in TOPICS.values())
    assert len(ALL) >= 120


def test_the_recorded_result_is_of_this_table() -> None:
    result = json.loads((ROOT / "benchmarks" / "results" / "mutations.json").read_text(encoding="utf-8"))
    recorded = {topic: sum(verdicts.values()) for topic, verdicts in result["topics"].items()}
    assert recorded == {topic: len(table) for topic, table in TOPICS.items()}, "run .venv/bin/python -m lab.mutations"
    assert result["total"]["engine"] == sum(each.engine for each in ALL)


def test_no_two_mutations_are_equal() -> None:
    assert [key for key, count in Counter((each.file, each.old, each.new) for each in ALL).items() if count > 1] == []
    assert [promise for promise, count in Counter(each.promise for each in ALL).items() if count > 1] == []
    assert all(each.old != each.new and each.promise.endswith(".") for each in ALL)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_text_that_is_replaced_occurs_once(topic: str) -> None:
    texts = {each: (ROOT / each.file).read_text(encoding="utf-8").count(each.old) for each in TOPICS[topic]}
    assert {f"{each.file}: {each.old}": count for each, count in texts.items() if count != 1} == {}


@cache
def functions(file: str) -> tuple[set[str], bool]:
    """Names of a module's functions, and whether all of its tests are marked `tools`."""
    text = (ROOT / file).read_text(encoding="utf-8")
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    return names, "\npytestmark = " in text and ".tools" in text.split("\npytestmark = ")[1].splitlines()[0]


def test_every_test_that_is_named_exists_and_a_fast_run_has_it_unless_it_needs_the_engine() -> None:
    for each in ALL:
        file, _, test = each.test.partition("::")
        names, marked = functions(file)
        assert each.engine or test.partition("[")[0] in names, each.test
        assert each.engine == marked, each.test


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one module and one test."""
    folder = tmp_path / "checkout"
    (folder / "sizing").mkdir(parents=True)
    (folder / "sizing" / "few.py").write_text("NODES = 3\nSPARES = 1\n")
    (folder / "test_few.py").write_text("from sizing.few import NODES\n\ndef test_nodes():\n    assert NODES == 3\n")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_a_mutation_is_killed_survives_or_is_stale_and_the_checkout_stays(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "SDKS", ())
    table = [
        Mutation("sizing/few.py", old, new, "Three nodes.", "test_few.py::test_nodes")
        for old, new in (
            ("NODES = 3", "NODES = 4"),
            ("SPARES = 1", "SPARES = 2"),
            ("= 5", "= 6"),
            ("NODES = 3", "NODES ="),
        )
    ]
    kept = checkout.parent / "kept"
    verdicts = [result.verdict for result in run_module.run(checkout, {"few": table}, "abc", kept)]
    assert verdicts == ["killed", "survived", "stale", "stale"]
    assert len(run_module.earlier(kept, "abc")) == 1
    assert run_module.earlier(kept, "another") == {}
    assert (checkout / "sizing" / "few.py").read_text() == "NODES = 3\nSPARES = 1\n"


def test_a_test_that_fails_without_a_mutation_proves_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "SDKS", ())
    (checkout / "sizing" / "few.py").write_text("NODES = 5\n")
    table = [Mutation("sizing/few.py", "= 5", "= 6", "Five nodes.", "test_few.py::test_nodes")]
    with pytest.raises(RuntimeError, match="fails without any mutation"):
        run_module.run(checkout, {"few": table}, "abc", None)
