"""`python -m probe`: meets a stack as its users do, and says what works.

Exit status: 0; 1 something failed; 2 the question was wrong (options, stack file).
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from probe import cluster
from probe.results import as_json, failed, table
from probe.run import round_of
from probe.serve import Served, run
from probe.targets import Targets, read

WRONG = 2
_ABOUT = """\
Meets a stack as its users do: certificate, page of a room, config.js, BOSH and websocket of every active shard, TURN over TLS, and
the UDP port of every bridge at the address that it advertises. Where bridges are is asked of Kubernetes: through kubectl, or with the
pod's own token. `silent` for a bridge is no fault: bridges answer nobody who is not in a meeting, so only an answer or a refusal proves
anything. Sends no password and shows none."""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="probe",
        description=_ABOUT,
        epilog="Exit status: 0; 1 something failed; 2 options or stack file are wrong.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", metavar="NAME", help="reads Pulumi.NAME.yaml in this folder")
    source.add_argument("--file", metavar="PATH", help="reads a stack file elsewhere")
    source.add_argument("--targets", metavar="PATH", help="reads what --print-targets wrote; needs nothing but Python")
    parser.add_argument("--address", help="where the edge answers, if not where the domain leads")
    parser.add_argument("--port", type=int, default=443, help="TCP port of the edge; 443")
    parser.add_argument(
        "--bridges",
        choices=("kubectl", "token", "none"),
        default="kubectl",
        help="how bridges are found: kubectl (default), the pod's own token, or not at all",
    )
    parser.add_argument("--json", action="store_true", help="JSON in place of the table")
    parser.add_argument("--print-targets", action="store_true", help="writes what would be checked, as JSON, and ends")
    parser.add_argument("--serve", type=int, metavar="PORT", help="goes on for ever, and serves /metrics here")
    parser.add_argument(
        "--every", type=int, default=300, metavar="SECONDS", help="with --serve: between two rounds; 300"
    )
    return parser


def _targets(args: argparse.Namespace) -> Targets:
    if args.targets:
        return read(Path(args.targets).read_text(encoding="utf-8"))
    from config.problems import ConfigError  # noqa: PLC0415 - inside the cluster there is nothing but this package
    from plan.source import read as read_stack  # noqa: PLC0415
    from probe.stack import targets  # noqa: PLC0415

    try:
        return targets(read_stack(args.stack, args.file).config)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _finder(how: str, targets: Targets) -> Callable[[], Sequence[cluster.Bridge]] | None:
    ways = {"kubectl": cluster.through_kubectl, "token": cluster.inside}
    return partial(ways[how], targets.namespace, targets.first_ports) if how in ways else None


def main(arguments: list[str] | None = None) -> int:
    """Check once, or for ever, and return the exit status."""
    args = _options().parse_args(arguments)
    try:
        targets = _targets(args)
    except (OSError, ValueError) as error:
        print(f"probe: {error}", file=sys.stderr)
        return WRONG
    if args.print_targets:
        print(targets.as_json(), end="")
        return 0
    look = partial(round_of, targets, _finder(args.bridges, targets), address=args.address, port=args.port)
    if args.serve:
        run(Served(look, args.every), args.serve)
    results = look()
    try:
        print(as_json(results) if args.json else table(results), flush=True)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if targets.unchecked and not args.json:
        listed = ", ".join(f"{name} ({state})" for name, state in sorted(targets.unchecked.items()))
        print(f"not checked, because they take no new rooms: {listed}")
    return 1 if failed(results) else 0


if __name__ == "__main__":
    sys.exit(main())
