"""Debian packages of the tests: installed by root, by sudo after a question, else named before anything long begins."""

import os
import shutil
import sys

import pytest

from lab.progress import Progress
from lab.toolchain import packages
from lab.toolchain.packages import PACKAGES, MissingPackagesError, Package, ensure_packages

GONE = Package("nowhere", "a-program-that-nobody-has")


@pytest.fixture
def machine(monkeypatch):
    """A machine that lacks one package, and what is run on it."""
    ran: list[list[str]] = []
    monkeypatch.setattr(packages, "PACKAGES", (GONE,))
    monkeypatch.setattr(packages.subprocess, "run", lambda command, **_: ran.append(list(command)))
    monkeypatch.setattr(
        packages.shutil, "which", lambda name, **_: None if name == GONE.program else f"/usr/bin/{name}"
    )
    return ran


def as_user(monkeypatch, *, terminal: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: terminal, raising=False)


def test_a_user_without_a_terminal_gets_the_command_and_nothing_runs(machine, monkeypatch):
    as_user(monkeypatch, terminal=False)
    with pytest.raises(MissingPackagesError, match="run: sudo apt-get install --no-install-recommends nowhere"):
        ensure_packages(Progress())
    assert machine == []


def test_a_user_who_says_no_gets_the_command_and_nothing_runs(machine, monkeypatch):
    as_user(monkeypatch, terminal=True)
    with pytest.raises(MissingPackagesError, match="run: sudo apt-get install"):
        ensure_packages(Progress(), lambda _: "")
    assert machine == []


def test_a_user_who_agrees_has_them_installed_by_sudo(machine, monkeypatch):
    as_user(monkeypatch, terminal=True)
    questions = []
    with pytest.raises(MissingPackagesError, match="still missing"):  # nothing is installed here
        ensure_packages(Progress(), lambda question: questions.append(question) or "y")
    assert questions == ["The tests need nowhere. Run `sudo apt-get install --no-install-recommends nowhere`? [y/N] "]
    assert all(command[0] == "sudo" for command in machine)
    assert any(command[-1] == "nowhere" for command in machine)


def test_services_of_installed_packages_are_not_started(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "POLICY", packages.Path("/nowhere/policy-rc.d"))
    with pytest.raises(MissingPackagesError):
        ensure_packages(Progress())
    names = [command[0] for command in machine]
    assert names == ["tee", "chmod", "env", "env", "rm"]


def test_without_apt_the_packages_are_named(machine, monkeypatch):
    monkeypatch.setattr(packages.shutil, "which", lambda *_, **__: None)
    with pytest.raises(MissingPackagesError, match="the tests need nowhere on PATH"):
        ensure_packages(Progress())


@pytest.mark.tools
def test_every_package_of_the_list_is_there_when_the_tests_run():
    assert [package.name for package in PACKAGES if not package.is_installed] == []
    assert shutil.which("apt-get") is None or ensure_packages(Progress()) == ()
