"""The short form of the benchmark runs to its end and leaves its results."""

import json

import pytest

from lab.benchmarks.__main__ import main
from lab.progress import Progress
from lab.toolchain.prepare import Toolchain, ensure


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    return ensure("up", Progress())


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_the_quick_form_measures_the_program_against_every_peer(toolchain, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "replaced by the benchmark")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert main(["--quick", "--out", str(tmp_path)]) == 0
    (figures,) = tmp_path.glob("2*.json")
    runs = {(run["kind"], run["shards"]): run for run in json.loads(figures.read_text())["python"]["runs"]}
    assert {kind for kind, _ in runs} >= {"program", "uncompiled", "empty", "raw"}
    program = runs["program", 4]
    assert program["resources"] > runs["program", 1]["resources"] > 50
    assert program["resources"] == runs["raw", 4]["resources"], "the floor registers as much as the program"
    assert program["cpu"] > runs["empty", 4]["cpu"]
    assert (tmp_path / "latest.md").read_text().startswith("# Benchmarks")
    assert (tmp_path / "latest.svg").read_text().startswith("<svg ")
