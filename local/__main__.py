"""`python -m local up|status|down|env|toolchain`: the stack on this machine, with no cloud account."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local import commands
from local.control_plane.plane import StartError
from local.engine import EngineError
from local.places import PROJECT, Places
from local.recovery import BusyError
from local.toolchain.build import BuildError
from local.toolchain.golang import NoGoError

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED = (BuildError, BusyError, EngineError, LookupError, NoGoError, OSError, StartError, ValueError)
"""Errors whose message says all there is to say."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what it says."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True)
    for name, does in {
        "up": "prepare, start and deploy; continues what was interrupted",
        "status": "show what runs; exit status 1 when nothing does",
        "env": "print shell lines for using pulumi and kubectl by hand",
    }.items():
        sub = command.add_parser(name, help=does, description=does)
        which = sub.add_mutually_exclusive_group()
        which.add_argument("--stack", default="local", help="stack NAME, kept in Pulumi.NAME.yaml (default: local)")
        which.add_argument("--file", type=Path, help="a stack file anywhere, instead of --stack")
    sub = command.add_parser("down", help="end what `up` started; the state stays")
    sub.add_argument("--all", action="store_true", help="remove the state too")
    sub = command.add_parser("toolchain", help="prepare the tools and list them")
    sub.add_argument("--group", choices=["up", "tests", "loop"], default="up", help="for what (default: up)")
    sub.add_argument("--json", action="store_true", help="list them as JSON")
    given = parser.parse_args(arguments)
    # A cancelled CI job gets SIGTERM: it winds down like Ctrl-C, so that compilers do not outlive us.
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
    places = Places.of_checkout()
    if given.command == "down":
        return commands.down(places, given.all)
    if given.command == "toolchain":
        return commands.toolchain(given.group, given.json)
    file = given.file.resolve() if given.file else PROJECT / f"Pulumi.{given.stack}.yaml"
    return {"up": commands.up, "status": commands.status, "env": commands.env}[given.command](file, places)


if __name__ == "__main__":
    sys.exit(main())
