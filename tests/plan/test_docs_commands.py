"""Every command line of README and docs works as it is written, in a fresh clone after `make`."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from sample_stacks import recorded

from lab.toolchain.packages import PACKAGES
from plan.__main__ import COMMANDS, main
from plan.render import write

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "lab/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = ".venv/bin/python"
OFFLINE = {
    "plan report": (),
    "plan render": (),
    "plan simulate": (),
    "plan verify": ("--live",),
    "plan diff": ("--base origin/main", "--base GITREF"),
}
"""Commands that need no cloud, and options with which they need something that a clone lacks."""
EXAMPLES = {"S": "dev", "…": "dev", "NAME": "dev", "DIR": "out/", "PATH": "Pulumi.dev.yaml"}
"""What a reader puts in the place of a word."""


def _commands(page: Path) -> list[str]:
    """Lines of code blocks without a language or of a shell, and inline code, that begin with a program that the project names."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    commands = (line.split(" #")[0].strip() for line in [*lines, *inline])
    return [
        each.replace("\\|", "|")
        for each in commands
        if re.match(r"(uv run |make( |$)|python3? (-m )?\w|\.venv/bin/\S+ )", each)
    ]


ALL = sorted({(page.relative_to(ROOT).as_posix(), command) for page in PAGES for command in _commands(page)})


def _module(command: str) -> str:
    """`plan report` of `.venv/bin/python -m plan report --stack dev`."""
    words = command.split()
    if words[:2] != [PYTHON, "-m"]:
        return ""
    return " ".join(words[2:4]) if words[2] == "plan" else words[2]


def test_the_pages_have_commands_of_each_kind() -> None:
    kinds = {_module(command) or command.split()[0] for _, command in ALL}
    assert set(OFFLINE) | {"make", "lab.rehearsal", "benchmarks"} <= kinds


@pytest.mark.parametrize(("page", "command"), ALL)
def test_a_command_is_typed_in_the_one_way_that_a_clone_has(page: str, command: str) -> None:
    program = command.split(maxsplit=1)[0]
    assert program in ("make", PYTHON), f"{page}: `{command}` does not start with make or {PYTHON}"
    if program == "make":
        targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        named = [word for word in command.split()[1:] if "=" not in word]
        assert set(named) <= targets, f"{page}: `{command}` names no target of the Makefile"
    elif module := _module(command):
        path = ROOT / module.split()[0].replace(".", "/")
        ours = path.is_dir() or path.with_suffix(".py").exists()
        assert ours or module in ("pytest", "pip"), f"{page}: there is no module {module}"


RUN = sorted(
    {
        command
        for _, command in ALL
        if _module(command) in OFFLINE
        and "--stack" in command
        and not re.search(r"\[|--base [0-9a-f]{7}", command)  # the folder has no history
        and not any(part in command for part in OFFLINE[_module(command)])
    }
    | {"make plan STACK=dev"}
)


@pytest.mark.parametrize("command", sorted({command for _, command in ALL if _module(command) in OFFLINE}))
def test_a_command_of_plan_has_every_option_that_it_needs(command: str, monkeypatch, capsys) -> None:
    """Also one in brackets or with a revision, which is not run below."""
    words = [EXAMPLES.get(word, word) for word in shlex.split(re.sub(r"\[[^]]*\]", "", command))[3:]]
    monkeypatch.setattr(COMMANDS[words[0]], "run", lambda _: 0)
    try:
        main(words)
    except SystemExit:
        pytest.fail(f"`{command}`: {capsys.readouterr().err}")
    assert words[0] != "diff" or "--base" in command, f"`{command}` names nothing to compare with: --base origin/main"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with the files that the commands read."""
    folder = tmp_path_factory.mktemp("clone")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, folder)
    write(recorded("dev"), folder / "out")
    (folder / "our-monday.csv").write_text("minute,room,participants\n480,a,30\n")
    return folder


@pytest.mark.parametrize("command", [command for command in RUN if command.startswith(PYTHON)])
def test_a_command_that_needs_no_cloud_runs(command: str, clone: Path, monkeypatch, capsys) -> None:
    """In this process: tests/plan/test_plan_commands.py starts one."""
    monkeypatch.chdir(clone)
    words = [EXAMPLES.get(word, word) for word in shlex.split(command)]
    assert words[1:3] == ["-m", "plan"]
    assert main(words[3:]) in (0, 3), f"{command}\n{capsys.readouterr().err}"


def test_the_documented_packages_are_those_that_make_installs() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^apt-get install --no-install-recommends (.*)$", page, re.MULTILINE)
    assert sorted(line.split()) == sorted(package.name for package in PACKAGES)
