"""A replacement of `pulumi-language-python`: runs the program and policy packs in the project's environment.

The engine starts it, reads a TCP port on 127.0.0.1 from the first line of its standard output, speaks the gRPC service
LanguageRuntime (plain text, loopback) to it, and ends it with an interrupt. Programs print to standard error, since standard
output carries the handshake.
"""

# ruff: noqa: N802, ARG002 - names and signatures are the protocol's

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import LanguageRuntimeServicer, language_pb2, language_pb2_grpc, plugin_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Removed from a program's environment: without compiled modules in `.venv` each run takes 4 s instead of 1.7 s."""
BAIL = 32  # the executor's status for an error that it has reported
WATCH_SECONDS = 2.0
WATCH_MISSES = 3  # consecutive, until the engine counts as gone
MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit (rpcutil.GrpcChannelOptions)


class Host(LanguageRuntimeServicer):
    """The gRPC service. Unknown calls answer UNIMPLEMENTED, which the engine treats as nothing to do."""

    def __init__(self, executor: Path, engine: str = "") -> None:
        self.executor = executor
        self.engine = engine
        self.children: list[subprocess.Popen[bytes]] = []

    def Handshake(self, request: Any, context: Any) -> Any:
        """Store the engine's address."""
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """Return no packages: the engine learns of each plugin from the program's requests."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """Return no plugins; the call of older engines."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return a version that is none of the official host."""
        return plugin_pb2.PluginInfo(version="0.0.0")

    def About(self, request: Any, context: Any) -> Any:
        """Return the programs' interpreter (`pulumi about`)."""
        python = interpreter(request.info)
        shown = subprocess.run([python, "--version"], capture_output=True, text=True, check=False).stdout
        return language_pb2.AboutResponse(executable=python, version=shown.removeprefix("Python").strip())

    def InstallDependencies(self, request: Any, context: Any) -> Any:
        """Do nothing: `make` installs the locked environment before the engine runs."""
        return iter([language_pb2.InstallDependenciesResponse()])

    def Cancel(self, request: Any, context: Any) -> Any:
        """Do nothing: the program gets the terminal's interrupt itself."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program to its end."""
        info = request.info
        command = [
            interpreter(info),
            str(self.executor),
            *("--monitor", request.monitor_address),
            *("--engine", self.engine),
            *("--project", request.project),
            *("--root_directory", info.root_directory),
            *("--stack", request.stack),
            *("--pwd", request.pwd),
            *("--organization", request.organization),
            *("--dry_run", "true" if request.dryRun else "false"),
            *("--parallel", str(request.parallel)),
            str(Path(info.program_directory, info.entry_point)),
            *request.args,
        ]
        environment = {
            **{name: value for name, value in os.environ.items() if name != UNCOMPILED},
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        self.children.append(child)
        context.add_callback(lambda: end(child))
        status = child.wait()
        if status == BAIL:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with status {status}" if status else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a plugin written in Python (a policy pack); stream its output and, last, its exit status."""
        info = request.info
        if request.kind == "analyzer":
            program = ["-m", "pulumi.policy", *request.args, info.program_directory]
        else:
            program = [str(Path(info.program_directory, info.entry_point)), *request.args]
        child = subprocess.Popen(
            [interpreter(info), "-u", *program],
            cwd=request.pwd or None,
            env={**os.environ, **dict(pair.split("=", 1) for pair in request.env)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.children.append(child)
        context.add_callback(lambda: end(child))
        lines: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        streams = {"stdout": child.stdout, "stderr": child.stderr}
        for name, stream in streams.items():
            threading.Thread(target=_pump, args=(name, stream, lines), daemon=True).start()
        open_streams = len(streams)
        while open_streams:
            name, line = lines.get()
            if line:
                yield (
                    language_pb2.RunPluginResponse(stdout=line)
                    if name == "stdout"
                    else language_pb2.RunPluginResponse(stderr=line)
                )
            else:
                open_streams -= 1
        yield language_pb2.RunPluginResponse(exitcode=child.wait())


def interpreter(info: Any) -> str:
    """Python of the virtual environment that Pulumi.yaml names (`runtime.options.virtualenv`), else this one."""
    with contextlib.suppress(KeyError, ValueError):
        environment = Path(info.root_directory, str(info.options["virtualenv"]), "bin", "python")
        if environment.exists():
            return str(environment)
    return sys.executable


def end(child: subprocess.Popen[bytes]) -> None:
    """Terminate a program whose engine has gone, if it runs."""
    if child.poll() is None:
        child.terminate()


def watch(host: Host, ended: queue.SimpleQueue[str]) -> None:
    """Detect an engine that was killed, since nothing else ends the program and this host."""
    misses = 0
    while misses < WATCH_MISSES:
        time.sleep(WATCH_SECONDS)
        address, _, port = host.engine.rpartition(":")
        try:
            if port:
                socket.create_connection((address, int(port)), timeout=WATCH_SECONDS).close()
            misses = 0
        except OSError:
            misses += 1
    ended.put("engine gone")


def _pump(name: str, stream: Any, lines: queue.SimpleQueue[tuple[str, bytes]]) -> None:
    for line in iter(stream.readline, b""):
        lines.put((name, line))
    lines.put((name, b""))


def main(arguments: list[str]) -> None:
    """Serve until the engine interrupts; `--executor FILE` names Pulumi's script that runs a program."""
    executor = Path(arguments[arguments.index("--executor") + 1])
    addresses = [a for a in arguments if not a.startswith("-") and a != str(executor)]
    server = grpc.server(
        futures.ThreadPoolExecutor(8),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)],
    )
    # Older engines pass their address as an argument, newer ones by Handshake.
    host = Host(executor, addresses[-1] if addresses else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # SimpleQueue.put is reentrant, so a signal handler may call it; Event.set is not.
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.put("interrupted"))
    threading.Thread(target=watch, args=(host, ended), daemon=True).start()
    print(port, flush=True)
    while True:
        with contextlib.suppress(queue.Empty):
            ended.get(timeout=0.5)  # a signal that comes just before a wait does not interrupt it
            break
    for child in host.children:
        end(child)
    server.stop(grace=0.5).wait(1)
    os._exit(0)  # calls that wait for a program would keep the interpreter alive


if __name__ == "__main__":
    main(sys.argv[1:])
