"""Defaults of other programs: each is named where it is relied on, is left to its program, and is what that program says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from defaults_page import PAGE, page
from sample_stacks import NAMES, kubernetes_objects

from sizing.program_defaults import PROGRAM_DEFAULTS, ProgramDefault

ROOT = Path(__file__).parents[2]
FILES = {"haproxy": "haproxy.cfg", "coturn": "turnserver.conf", "prometheus": "", "jicofo": "jicofo.conf"}
"""Program -> the file that configures it; empty: its arguments."""


def named(setting: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(setting.removeprefix('--').removeprefix('jicofo.'))}(?![\w-])")


@pytest.mark.parametrize("one", PROGRAM_DEFAULTS, ids=lambda one: one.setting)
def test_the_file_that_relies_on_a_default_names_it(one: ProgramDefault) -> None:
    assert named(one.setting).search((ROOT / one.where).read_text(encoding="utf-8")), (
        f"say in {one.where} that it relies on {one.setting}"
    )


def test_nothing_sets_what_is_said_to_be_left_to_its_program() -> None:
    texts: dict[str, str] = {}
    for stack in NAMES:
        for each in kubernetes_objects(stack):
            for program, name in FILES.items():
                held = {**each.properties.get("data", {}), **each.properties.get("stringData", {})} if name else {}
                texts[program] = texts.get(program, "") + str(held.get(name, ""))
            if each.name.endswith("-prometheus") and each.properties.get("kind") == "StatefulSet":
                (container,) = each.properties["spec"]["template"]["spec"]["containers"]
                texts["prometheus"] += "\n".join(container["args"])
    assert all(texts[program] for program in ("haproxy", "prometheus"))
    lines = re.compile(r"^\s*(?:--)?([\w.-]+)", re.MULTILINE)
    for default in PROGRAM_DEFAULTS:
        assert default.setting.removeprefix("--") not in lines.findall(texts.get(default.program, "")), (
            f"{default.setting} is set; remove it from the table"
        )


@pytest.mark.skipif(not shutil.which("haproxy"), reason="needs HAProxy")
def test_haproxy_has_the_defaults_of_the_table() -> None:
    said = subprocess.run(["haproxy", "-vv"], capture_output=True, text=True, check=True).stdout
    for default in PROGRAM_DEFAULTS:
        if default.program == "haproxy":
            assert f"{default.setting.removeprefix('tune.')} = {default.value}," in said


@pytest.mark.skipif(not shutil.which("turnserver"), reason="needs coturn")
def test_coturn_has_the_defaults_of_the_table() -> None:
    said = subprocess.run(["turnserver", "--help"], capture_output=True, text=True, check=False)
    for default in PROGRAM_DEFAULTS:
        if default.program == "coturn":
            assert re.search(
                rf"--{default.setting}\b[^-]*?{default.value} secs", said.stdout + said.stderr, re.DOTALL
            ), default.setting


PROSODY = Path("/usr/lib/prosody/modules")


@pytest.mark.skipif(not PROSODY.is_dir(), reason="needs prosody")
def test_prosody_has_the_defaults_of_the_table() -> None:
    source = (PROSODY / "mod_bosh.lua").read_text(encoding="utf-8")
    for default in PROGRAM_DEFAULTS:
        if default.program == "prosody":
            assert re.search(rf'"{default.setting}", {default.value}\b', source), default.setting


def test_the_page_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: .venv/bin/python tests/defaults_page.py"
