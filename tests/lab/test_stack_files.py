"""The working copy follows its source and keeps what only it has."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.engine.stack_file import SEED, StackFile, merge, refresh

SECURE = {"secure": "v1:abc"}


@pytest.mark.parametrize(
    ("path", "name"),
    [("Pulumi.local.yaml", "local"), ("x/school.yaml", "school"), ("Pulumi.prod-fr-par.yaml", "prod-fr-par")],
)
def test_a_stack_is_called_after_its_file(path: str, name: str) -> None:
    assert StackFile(Path(path)).name == name


def test_the_seed_and_its_salt_survive_a_changed_source() -> None:
    before = {"encryptionsalt": "s", "config": {"jitsi:domain": "old", SEED: SECURE}}
    merged = merge({"config": {"jitsi:domain": "new"}}, before, {})
    assert merged == {"encryptionsalt": "s", "config": {"jitsi:domain": "new", SEED: SECURE}}


def test_keys_that_left_the_source_leave_the_copy() -> None:
    before = {"encryptionsalt": "s", "config": {"jitsi:turn": {"secure?": "no"}, "jitsi:namespace": "gone"}}
    assert merge({"config": {}}, before, {})["config"] == {}


def test_overrides_win_over_the_source_and_over_kept_secrets() -> None:
    before = {"encryptionsalt": "s", "config": {SEED: SECURE}}
    merged = merge({"config": {"a:b": 1}}, before, {"a:b": 2, SEED: "plain"})
    assert merged["config"] == {"a:b": 2, SEED: "plain"}


def test_without_a_salt_nothing_encrypted_is_kept() -> None:
    assert merge({"config": {}}, {"config": {SEED: SECURE}}, {})["config"] == {}


def test_the_source_is_not_changed_by_merging() -> None:
    source = {"config": {"a:b": 1}}
    merge(source, {}, {"c:d": 2})
    assert source == {"config": {"a:b": 1}}


def test_a_new_passphrase_drops_what_the_old_one_encrypted(tmp_path: Path) -> None:
    source, copy = tmp_path / "s.yaml", tmp_path / "copy.yaml"
    source.write_text("config: {}\n")
    copy.write_text(yaml.safe_dump({"encryptionsalt": "s", "config": {SEED: SECURE}}))
    assert SEED in refresh(StackFile(source), copy, {}, passphrase_is_new=False)["config"]
    assert refresh(StackFile(source), copy, {}, passphrase_is_new=True) == {"config": {}}
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_damaged_copy_is_written_anew(tmp_path: Path) -> None:
    source, copy = tmp_path / "s.yaml", tmp_path / "copy.yaml"
    source.write_text("config: {a:b: 1}\n")
    copy.write_text("config: {{{")
    assert refresh(StackFile(source), copy, {}, passphrase_is_new=False) == {"config": {"a:b": 1}}


@pytest.mark.parametrize("text", ["- a\n", "config: [1]\n", "{"])
def test_what_is_no_stack_file_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"x\.yaml"):
        StackFile(path).read()


def test_a_missing_stack_file_names_the_ways_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--file PATH"):
        StackFile(tmp_path / "none.yaml").read()
