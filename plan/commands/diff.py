"""Show what a change does to running calls, compared with a revision."""

import argparse
import json
import sys

from plan.stack_options import add_stack_options, source_of


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `diff`."""
    add_stack_options(parser)
    parser.add_argument(
        "--base", metavar="REV", help="revision to compare with, such as origin/main (program and stack file)"
    )
    parser.add_argument(
        "--base-file",
        metavar="PATH",
        help="stack file of the base if it differs; without --base, compare two files under the current program",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON")
    form.add_argument("--markdown", action="store_true", help="print it as a comment for a pull request")


def run(args: argparse.Namespace) -> int:
    """Print the diff.

    Raises:
        ConfigError: A side cannot be evaluated. Nothing is printed.
    """
    source = source_of(args)
    from plan.diff import markdown, text  # noqa: PLC0415 - not needed to print the help of every command
    from plan.diff.result import diff  # noqa: PLC0415 - as above
    from plan.diff.sides import sides  # noqa: PLC0415 - loads pulumi

    both = sides(source, args.base, args.base_file)
    base = " ".join(part for part in (args.base, args.base_file) if part)
    result = diff(source.stack, base, both.base, both.head, both.notes)
    if args.json:
        print(json.dumps(result.as_dict(), indent=2, ensure_ascii=False))
    elif args.markdown:
        print(markdown.render(result), end="")
    else:
        print(text.render(result, colour=sys.stdout.isatty()), end="")
    return 0
