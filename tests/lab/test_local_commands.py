"""What `make up` and `make status` say before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import commands
from lab.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def paths_in(folder: Path) -> Paths:
    return Paths(folder / "state")


def test_a_wrong_config_ends_make_up_before_anything_starts_with_each_problem_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text("config:\n  scaleway:region: fr-par\n  jitsi:domain: a.example.org\n  jitsi:bridges: {min: 0}\n")
    assert commands.up(file, paths_in(tmp_path)) == commands.CONFIG_IS_WRONG
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.partition(":")[0] for line in shown.err.splitlines()] == ["bridges.min", "shards"]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_make_status_says_that_make_up_resumes_only_where_something_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = paths_in(tmp_path)
    assert commands.status(tmp_path / "Pulumi.x.yaml", paths) == 1
    assert capsys.readouterr().out.endswith("; `make up` starts it\n")
    paths.backend.mkdir(parents=True)
    assert commands.status(tmp_path / "Pulumi.x.yaml", paths) == 1
    assert capsys.readouterr().out.endswith("; `make up` starts it and resumes\n")
