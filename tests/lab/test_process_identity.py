"""A process is ended only when it is the one that was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab.processes import Processes, Record, program_of, start_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    owned = Processes(tmp_path / "processes.json", tmp_path / "logs")
    yield owned
    owned.stop()


def test_a_started_process_is_recognised_and_ended(processes: Processes) -> None:
    processes.start("sleeper", SLEEP)
    record = processes.running()["sleeper"]
    assert record.argv == SLEEP
    assert processes.stop() == ["sleeper"]
    assert not record.alive
    assert processes.records() == {}


def test_a_recycled_pid_is_not_killed(processes: Processes) -> None:
    stranger = subprocess.Popen(SLEEP)
    try:
        started = start_time(stranger.pid)
        assert started is not None
        document = {"etcd": {"pid": stranger.pid, "started": f"{started}0", "argv": ["etcd"]}}
        processes.path.write_text(json.dumps(document))
        assert processes.running() == {}
        assert processes.stop() == []
        assert stranger.poll() is None, "another process has that pid now; it is none of ours"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_that_has_ended_but_was_not_collected_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    record = Record("child", child.pid, start_time(child.pid) or "", ())
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert not record.alive
    child.wait()


def test_stopping_ends_the_newest_first(processes: Processes) -> None:
    for name in ("first", "second", "third"):
        processes.start(name, SLEEP)
    assert processes.stop() == ["third", "second", "first"]


def test_only_the_named_process_is_ended(processes: Processes) -> None:
    processes.start("one", SLEEP)
    processes.start("other", SLEEP)
    assert processes.stop(["one"]) == ["one"]
    assert set(processes.running()) == {"other"}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"etcd": {"pid": "x"}}', '{"etcd": 7}'])
def test_damaged_records_are_no_records(processes: Processes, damage: str) -> None:
    processes.path.write_text(damage)
    assert processes.records() == {}
    assert processes.stop() == []


def test_a_process_without_a_record_is_found_by_its_state_folder(processes: Processes, tmp_path: Path) -> None:
    marked = subprocess.Popen([*SLEEP, f"--data-dir={tmp_path}/etcd"])
    stranger = subprocess.Popen([*SLEEP, "--data-dir=/elsewhere/etcd"])
    try:
        assert processes.stop_strays(["some-other-program"]) == []
        name = program_of(marked.pid)
        assert name is not None
        assert processes.stop_strays([name]) == [name]
        assert stranger.poll() is None
    finally:
        for child in (marked, stranger):
            child.kill()
            child.wait()


def test_what_a_process_said_last_is_at_hand(processes: Processes) -> None:
    processes.start("speaker", [sys.executable, "-c", "print('one\\ntwo\\nthree')"]).wait()
    assert processes.tail("speaker", lines=2) == "two\nthree"
    assert processes.tail("nobody") == ""
