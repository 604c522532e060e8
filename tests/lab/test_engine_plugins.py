"""Plugins in the engine's home: links, or scripts where one needs an environment of its own."""

import subprocess
from pathlib import Path

from lab.engine import plugins

NAME = "pulumi-resource-scaleway"


def test_a_plugin_with_an_environment_of_its_own_is_started_with_it_and_another_later(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$1 $HTTPS_PROXY"\n')
    program.chmod(0o755)
    for proxy in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        plugins.link(tmp_path / "home", {NAME: program}, {NAME: {"HTTPS_PROXY": proxy}})
        (placed,) = (tmp_path / "home/plugins").glob(f"*/{NAME}")
        told = subprocess.run([placed, "an argument"], capture_output=True, text=True, check=True).stdout
        assert told == f"an argument {proxy}\n"
    plugins.link(tmp_path / "home", {NAME: program})
    assert placed.readlink() == program
