"""`python -m local up|status|down|env|toolchain|packages|catalogue`: the stack on this machine, without a cloud account."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab import commands
from lab.catalogue import API, refresh
from lab.cluster.plane import StartError
from lab.engine.engine import EngineError
from lab.engine.recovery import BusyError
from lab.paths import PROJECT, Paths
from lab.toolchain.build import BuildError
from lab.toolchain.golang import NoGoError
from lab.toolchain.packages import MissingPackagesError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED = (
    BuildError,
    BusyError,
    EngineError,
    LookupError,
    MissingPackagesError,
    NoGoError,
    OSError,
    StartError,
    ValueError,
)
"""Errors that are reported by their message, without a traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True)
    for name, text in {
        "up": "prepare the tools, start and deploy; resumes after an interruption",
        "status": "show what runs; exit status 1 if nothing does",
        "env": "print shell lines for using pulumi and kubectl by hand",
    }.items():
        sub = command.add_parser(name, help=text, description=text)
        which = sub.add_mutually_exclusive_group()
        which.add_argument("--stack", default="local", help="stack NAME, kept in Pulumi.NAME.yaml (default: local)")
        which.add_argument("--file", type=Path, help="a stack file anywhere, instead of --stack")
    sub = command.add_parser("down", help="stop what `up` started; the state stays")
    sub.add_argument("--all", action="store_true", help="remove the state as well")
    sub = command.add_parser("toolchain", help="prepare the tools and list them")
    sub.add_argument("--group", choices=["up", "tests", "loop"], default="up", help="group of tools (default: up)")
    sub.add_argument("--json", action="store_true", help="list them as JSON")
    sub = command.add_parser("catalogue", help="write Scaleway's node types, prices and zones anew from its public API")
    sub.add_argument("--api", default=API, help=f"address of the API (default: {API})")
    sub.add_argument("--region", action="append", default=[], help="also this region (repeatable)")
    command.add_parser("packages", help="install the Debian packages that the tests run; asks first unless root")
    given = parser.parse_args(arguments)
    # A cancelled CI job gets SIGTERM: handle it like Ctrl-C, so that no compiler is left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(given)
    except KeyboardInterrupt:
        print("\ninterrupted; run it again to continue", file=sys.stderr)
        return 130
    except EXPECTED as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(given: argparse.Namespace) -> int:
    paths = Paths.of_checkout()
    if given.command == "down":
        return commands.down(paths, given.all)
    if given.command == "catalogue":
        return refresh(given.api, tuple(given.region))
    if given.command == "packages":
        return commands.packages()
    if given.command == "toolchain":
        return commands.toolchain(given.group, given.json)
    file = given.file.resolve() if given.file else PROJECT / f"Pulumi.{given.stack}.yaml"
    return {"up": commands.up, "status": commands.status, "env": commands.env}[given.command](file, paths)


if __name__ == "__main__":
    sys.exit(main())
