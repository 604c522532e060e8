"""`python -m probe`: uses a stack as a client does, and reports what works.

Exit status: 0; 1 if a check failed; 2 if options or stack file are wrong.
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

USAGE_ERROR = 2
LOCAL_STACK = "local"
CALL = "call"
_NOTHING_ANSWERS = (
    "kwok plays the pods of the local stack, so nothing answers at their addresses; name a stack on a real cluster, as in "
    "make probe STACK=dev, or the --address of an edge that runs"
)
_ABOUT = """\
Uses a stack as a client does: certificate, page of a room, config.js, BOSH and WebSocket of every active shard, TURN over TLS, and
the UDP port of every bridge at the address that it advertises. Bridges are found through Kubernetes, with kubectl or the pod's own
token. `silent` is not a failure: a bridge answers members of a meeting only, so only an answer or a refusal is conclusive. No password
is sent or shown."""


def _options(*, calls: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="probe call" if calls else "probe",
        description=_ABOUT,
        epilog="Exit status: 0; 1 if a check failed; 2 if options or stack file are wrong. `probe call` has browsers meet; see its --help.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", metavar="NAME", help="read Pulumi.NAME.yaml in this folder")
    source.add_argument("--file", metavar="PATH", help="read a stack file elsewhere")
    source.add_argument("--targets", metavar="PATH", help="read the output of --print-targets; needs only Python")
    parser.add_argument("--address", help="address of the edge; default: that of the domain")
    parser.add_argument("--port", type=int, default=443, help="TCP port of the edge; default: 443")
    parser.add_argument(
        "--bridges",
        choices=("kubectl", "token", "none"),
        default="kubectl",
        help="how to find bridges: kubectl (default), the pod's own token, or not at all",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    if calls:
        from probe.call import command  # noqa: PLC0415 - the pod in the cluster has no browser

        parser.description = command.ABOUT
        command.options(parser)
        return parser
    parser.add_argument("--print-targets", action="store_true", help="print what would be checked as JSON, and exit")
    parser.add_argument("--serve", type=int, metavar="PORT", help="repeat forever, and serve /metrics on this port")
    parser.add_argument(
        "--every", type=int, default=300, metavar="SECONDS", help="with --serve: interval of the rounds; default: 300"
    )
    return parser


def _targets(args: argparse.Namespace) -> Targets:
    if args.targets:
        return read(Path(args.targets).read_text(encoding="utf-8"))
    from config.problems import ConfigError  # noqa: PLC0415 - the pod in the cluster holds this package only
    from config.source import read as read_stack  # noqa: PLC0415
    from probe.from_stack import targets  # noqa: PLC0415

    try:
        return targets(read_stack(args.stack, args.file).config)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _finder(method: str, targets: Targets) -> Callable[[], Sequence[cluster.Bridge]] | None:
    ways = {"kubectl": cluster.through_kubectl, "token": cluster.inside}
    return partial(ways[method], targets.namespace, targets.first_ports) if method in ways else None


def main(arguments: list[str] | None = None) -> int:
    """Check once, or forever, and return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    calls = words[:1] == [CALL]
    args = _options(calls=calls).parse_args(words[1:] if calls else words)
    try:
        targets = _targets(args)
    except (OSError, ValueError) as error:
        print(f"probe: {error}", file=sys.stderr)
        return USAGE_ERROR
    if not calls and args.print_targets:
        print(targets.as_json(), end="")
        return 0
    if args.stack == LOCAL_STACK and not args.address:
        print(f"probe: {_NOTHING_ANSWERS}", file=sys.stderr)
        return USAGE_ERROR
    if calls:
        from probe.call.command import main as call  # noqa: PLC0415 - as above

        return call(args, targets, _finder(args.bridges, targets))
    check = partial(round_of, targets, _finder(args.bridges, targets), address=args.address, port=args.port)
    if args.serve:
        run(Served(check, args.every), args.serve)
    results = check()
    try:
        print(as_json(results) if args.json else table(results), flush=True)
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if targets.unchecked and not args.json:
        listed = ", ".join(f"{name} ({state})" for name, state in sorted(targets.unchecked.items()))
        print(f"not checked, since they take no new rooms: {listed}")
    return 1 if failed(results) else 0


if __name__ == "__main__":
    sys.exit(main())
