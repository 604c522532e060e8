"""The language host runs programs as the engine asks and keeps out of the handshake's way."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from lab.engine.language_host import host as host_module
from lab.engine.language_host.install import EXECUTOR, install
from lab.paths import Paths
from lab.toolchain.executables import Executable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXECUTOR_SOURCE = """\
import json, os, sys
print("program output")
flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
config = json.loads(os.environ["PULUMI_CONFIG"])
assert flags["--engine"] == "ADDRESS", flags
assert flags["--dry_run"] == "true", flags
sys.exit(int(config["p:exit"]))
"""


@pytest.fixture
def engine() -> Iterator[socket.socket]:
    """Where the engine would listen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def host(
    tmp_path: Path, engine: socket.socket
) -> Iterator[tuple[language_pb2_grpc.LanguageRuntimeStub, subprocess.Popen[str]]]:
    address = f"127.0.0.1:{engine.getsockname()[1]}"
    (tmp_path / EXECUTOR).write_text(EXECUTOR_SOURCE.replace("ADDRESS", address))
    child = subprocess.Popen(
        [sys.executable, host_module.__file__, "--executor", str(tmp_path / EXECUTOR), address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(child.stdout.readline())}") as channel:
            yield language_pb2_grpc.LanguageRuntimeStub(channel), child
    finally:
        child.kill()
        child.communicate()


def run(stub: Any, tmp_path: Path, status: int) -> Any:
    info = language_pb2.ProgramInfo(
        root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point="__main__.py"
    )
    return stub.Run(
        language_pb2.RunRequest(
            project="p", stack="s", pwd=str(tmp_path), dryRun=True, config={"p:exit": str(status)}, info=info
        )
    )


def test_a_program_ends_well_badly_or_with_an_error_already_told(host: Any, tmp_path: Path) -> None:
    stub, _ = host
    assert run(stub, tmp_path, 0) == language_pb2.RunResponse()
    assert run(stub, tmp_path, 32).bail
    assert "status 3" in run(stub, tmp_path, 3).error


def test_an_interrupt_ends_it_quietly_and_programs_never_write_to_its_standard_output(
    host: Any, tmp_path: Path
) -> None:
    stub, child = host
    run(stub, tmp_path, 0)
    child.send_signal(signal.SIGINT)
    printed, errors = child.communicate(timeout=20)
    assert child.returncode == 0
    assert printed == "", "the engine reads the port there and nothing else"
    assert errors == "program output\n"


@pytest.mark.tools  # it looks every five seconds
def test_it_ends_with_an_engine_that_was_killed(host: Any, engine: socket.socket) -> None:
    _, child = host
    engine.close()
    assert child.wait(timeout=30) == 0, "nobody else would end it"


def test_a_plugin_streams_its_output_and_then_its_status(host: Any, tmp_path: Path) -> None:
    stub, _ = host
    (tmp_path / "plugin.py").write_text(
        "import sys, os; print(os.environ['GIVEN']); print('e', file=sys.stderr); sys.exit(4)"
    )
    info = language_pb2.ProgramInfo(
        root_directory=str(tmp_path), program_directory=str(tmp_path), entry_point="plugin.py"
    )
    request = language_pb2.RunPluginRequest(info=info, env=["GIVEN=a=b"], pwd=str(tmp_path), kind="resource")
    parts = list(stub.RunPlugin(request))
    assert b"".join(part.stdout for part in parts) == b"a=b\n"
    assert b"".join(part.stderr for part in parts) == b"e\n"
    assert parts[-1].exitcode == 4


def test_an_engine_from_modules_gets_the_host_beside_it(tmp_path: Path) -> None:
    built = tmp_path / "cache/pulumi"
    built.parent.mkdir()
    built.write_text("engine")
    target = install(Paths(tmp_path / "state"), Executable("pulumi", built, "build"))
    assert target.read_text() == "engine"
    assert not target.is_symlink(), "the engine looks beside what a link points to"
    script = target.parent / "pulumi-language-python"
    assert script.stat().st_mode & 0o111
    assert str(built.parent / EXECUTOR) in script.read_text()
    built.unlink()
    built.write_text("another engine")
    assert install(Paths(tmp_path / "state"), Executable("pulumi", built, "build")).read_text() == "another engine"


def test_an_official_engine_is_used_where_it_is(tmp_path: Path) -> None:
    official = tmp_path / "pulumi"
    assert install(Paths(tmp_path / "state"), Executable("pulumi", official, "path")) == official
    assert not (tmp_path / "state").exists()
