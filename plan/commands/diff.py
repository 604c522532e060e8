"""`plan diff`: what a change means, and whom it hurts."""

import argparse
import json
import sys

from plan.commands.place import add_stack_options, source_of


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `diff` understands."""
    add_stack_options(parser)
    parser.add_argument(
        "--base", metavar="REV", help="revision to compare with, such as origin/main; program and stack file"
    )
    parser.add_argument(
        "--base-file", metavar="PATH", help="the base's stack file, where it is another one; alone: only files differ"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON")
    form.add_argument("--markdown", action="store_true", help="print it as a comment for a pull request")


def run(args: argparse.Namespace) -> int:
    """Print the diff.

    Raises:
        ConfigError: one of the two sides cannot be evaluated; nothing is printed then.
    """
    source = source_of(args)
    from plan.diff import markdown, text  # noqa: PLC0415 - not needed to print the help of every command
    from plan.diff.result import diff  # noqa: PLC0415 - as above
    from plan.diff.sides import sides  # noqa: PLC0415 - loads pulumi

    both = sides(source, args.base, args.base_file)
    named = " ".join(part for part in (args.base, args.base_file) if part)
    made = diff(source.stack, named, both.base, both.head, both.notes)
    if args.json:
        print(json.dumps(made.as_dict(), indent=2, ensure_ascii=False))
    elif args.markdown:
        print(markdown.render(made), end="")
    else:
        print(text.render(made, colour=sys.stdout.isatty()), end="")
    return 0
