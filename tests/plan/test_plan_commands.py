"""The commands: what they print, what they write, and how they end."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from plan_stacks import SHARDS, lesson, write_stack

from plan.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
KAPSULE = {"version": "1.35.3"}

Told = tuple[int, str, str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """One command in this process: exit status, standard output, standard error."""

    def call(*arguments: object) -> Told:
        status = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return status, streams.out, streams.err

    return call


def test_a_report_is_printed_as_text(run: Callable[..., Told], tmp_path: Path) -> None:
    status, out, err = run("report", "--file", write_stack(tmp_path / "Pulumi.demo.yaml"))
    assert (status, err) == (0, "")
    assert out.startswith("Stack demo: meet.example.org in fr-par\n")


def test_a_report_is_printed_as_json_and_nothing_else(run: Callable[..., Told], tmp_path: Path) -> None:
    status, out, err = run("report", "--json", "--file", write_stack(tmp_path / "other.yaml"))
    assert (status, err) == (0, "")
    assert json.loads(out)["stack"] == "other"


def test_a_stack_is_found_by_name_in_the_current_folder(
    run: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(tmp_path / "Pulumi.demo.yaml")
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("report", "--json", "--stack", "demo")
    assert (status, json.loads(out)["stack"]) == (0, "demo")


def test_an_error_among_the_findings_ends_with_3_and_is_still_reported(
    run: Callable[..., Told], tmp_path: Path
) -> None:
    status, out, _ = run("report", "--json", "--file", write_stack(tmp_path / "s.yaml", bridges={"participants": 900}))
    assert status == 3
    assert json.loads(out)["findings"][0]["rule"] == "bridge-network-too-small"


def test_the_page_is_written_beside_what_is_printed(run: Callable[..., Told], tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report.html"
    status, out, _ = run("report", "--file", write_stack(tmp_path / "s.yaml"), "--html", target)
    assert status == 0
    assert out
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_an_encrypted_secret_stays_closed_and_a_plain_one_is_found_but_never_shown(
    run: Callable[..., Told], tmp_path: Path
) -> None:
    closed = write_stack(tmp_path / "closed.yaml", secretSeed={"secure": "v1:abc:def"})
    assert run("report", "--file", closed)[0] == 0
    status, out, err = run("report", "--file", write_stack(tmp_path / "plain.yaml", secretSeed="correct-horse"))
    assert status == 3
    assert "secret-in-plain-text" in out
    assert "correct-horse" not in out + err


WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "several at once": (
        {
            "domain": None,
            "cluster": KAPSULE | {"privateNetwork": "172.16.0.0/24"},
            "bridges": {"layuot": "hostPort"},
            "shards": [],
        },
        ("domain: ", "cluster.privateNetwork: ", "/22", "shards: ", "bridges.layuot: ", "did you mean layout?"),
    ),
    "min above max": ({"bridges": {"min": 12, "max": 10}}, ("bridges.min: ", "12", "10")),
    "ports collide": (
        {
            "bridges": {"layout": "nodePort", "perNode": 4, "min": 4, "max": 20},
            "shards": [
                {"name": "s0", "zone": "fr-par-1", "bridges": {"firstPort": 30300}},
                {"name": "s1", "zone": "fr-par-2", "bridges": {"firstPort": 30310}},
            ],
        },
        ("s0", "s1", "30310"),
    ),
    "ports leave the range": (
        {"bridges": {"layout": "nodePort", "perNode": 4, "firstPort": 32700, "min": 4, "max": 100}},
        ("bridges.firstPort: ", "32767"),
    ),
    "schedule beyond max": (
        {"bridges": {"max": 10, "schedule": [lesson(bridges=None, participants=3000)]}},
        ("bridges.schedule[0]: ", "3000", "max 10", "raise max to 38"),
    ),
    "unknown time zone and node type": (
        {"bridges": {"nodeType": "DEV1-S", "schedule": [lesson(timezone="Europe/Bern1")]}},
        ("bridges.nodeType: ", "DEV1-S", "bridges.schedule[0].timezone: ", "Europe/Bern1"),
    ),
    "full version with upgrades": (
        {"cluster": KAPSULE | {"autoUpgrade": {"day": "sunday", "hour": 3}}},
        ("cluster.version: ", "1.35.3", "autoUpgrade"),
    ),
    "zone of another region": (
        {"shards": [{"name": "s0", "zone": "nl-ams-1"}]},
        ("shards[0].zone: ", "nl-ams-1", "fr-par"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["report", "render"])
def test_a_wrong_config_is_explained_line_by_line_and_nothing_is_written(
    run: Callable[..., Told], tmp_path: Path, name: str, command: str
) -> None:
    keys, expected = WRONG[name]
    file, target = write_stack(tmp_path / "s.yaml", **keys), tmp_path / "out"
    more = ("--out", target) if command == "render" else ("--html", target)
    status, out, err = run(command, "--file", file, *more)
    assert (status, out) == (2, "")
    assert not target.exists()
    for text in expected:
        assert text in err
    assert all(": " in line for line in err.splitlines())


OTHERS = b"config:\n  scaleway:region: fr-par\n  jitsi:domain: meet.example.org\n"
BAD_FILES: dict[str, bytes] = {
    "empty": b"",
    "binary": b"\x00\xff\xfe\x80",
    "no yaml": b"config: [",
    "a list": b"- config",
    "no config": b"config: 3",
    "a circle": OTHERS + b"  jitsi:shards: &a [*a]\n",
    "a key that is a list": OTHERS + b"  jitsi:shards: {? [a] : 1}\n",
    "too deep": b"config: " + b"[" * 1000,
    "two documents": b"config: {}\n---\nconfig: {}\n",
    "tabs": b"config:\n\tjitsi:domain: x\n",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_no_stack_file_is_refused_in_one_line(run: Callable[..., Told], tmp_path: Path, name: str) -> None:
    (tmp_path / "s.yaml").write_bytes(BAD_FILES[name])
    status, out, err = run("report", "--file", tmp_path / "s.yaml")
    assert (status, out) == (2, "")
    assert err.startswith("s.yaml: ")
    assert err.count("\n") == 1


def test_values_of_the_wrong_type_are_refused_by_key(run: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "config:\n  scaleway:region: 1\n  jitsi:domain: 1.5\n  jitsi:shards: 3\n  jitsi:bridges: [1]\n"
    )
    status, _, err = run("report", "--file", tmp_path / "s.yaml")
    assert status == 2
    assert {line.split(":")[0] for line in err.splitlines()} == {"scaleway", "domain", "shards", "bridges"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--file", "/nonexistent/Pulumi.x.yaml"),
        ("--file", "."),
        ("--file", ""),
        ("--file", "null\0byte"),
        ("--stack", "no-such-stack"),
        ("--stack", "../x"),
        ("--stack", "/etc/passwd"),
        ("--stack", ""),
    ],
)
def test_a_stack_that_is_not_there_is_refused_in_one_line(run: Callable[..., Told], arguments: tuple[str, ...]) -> None:
    status, out, err = run("report", *arguments)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("report",), ("nonsense",), ("report", "--stack", "a", "--file", "b")])
def test_a_command_line_that_makes_no_sense_ends_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_place_that_cannot_be_written_is_refused(run: Callable[..., Told], tmp_path: Path) -> None:
    stack = write_stack(tmp_path / "s.yaml")
    (tmp_path / "file").write_text("taken")
    status, out, err = run("report", "--file", stack, "--html", tmp_path / "file" / "report.html")
    assert (status, out) == (2, "")
    assert err.startswith("--html: ")
    status, out, err = run("render", "--file", stack, "--out", tmp_path / "file")
    assert (status, out) == (2, "")
    assert err.startswith("--out: ")
    assert (tmp_path / "file").read_text() == "taken"


def plan(*arguments: object, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plan", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_module_runs_as_a_command_of_its_own_and_a_report_needs_no_engine(tmp_path: Path) -> None:
    stack = write_stack(tmp_path / "s.yaml", bridges={"schedule": [lesson()]})
    start = time.monotonic()
    good = plan("report", "--json", "--file", stack, "--html", tmp_path / "r.html", path=tmp_path)
    assert time.monotonic() - start < 30, "about two seconds on an idle machine"
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["region"] == "fr-par"
    assert (tmp_path / "r.html").exists()
    bad = plan("report", "--file", write_stack(stack, bridges={"min": 12, "max": 10}), path=tmp_path)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "Traceback" not in bad.stderr


def test_a_reader_that_stops_early_ends_the_report_quietly(tmp_path: Path) -> None:
    stack = write_stack(tmp_path / "s.yaml", bridges={"layout": "nodePort", "max": 100}, shards=SHARDS)
    with subprocess.Popen(
        [sys.executable, "-m", "plan", "report", "--json", "--file", str(stack)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_stack_of_the_repository_has_a_report_without_errors(run: Callable[..., Told], path: Path) -> None:
    status, out, err = run("report", "--json", "--file", path)
    assert (status, err) == (0, "")
    assert json.loads(out)["stack"] == path.name.split(".")[1]
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["config"]["jitsi:domain"]
