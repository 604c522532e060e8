"""`plan render`: the objects that a stack makes, as files."""

import argparse
from pathlib import Path

from config.problems import ConfigError, Problem
from plan.commands.place import add_stack_options, source_of, unwritable


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `render` understands."""
    add_stack_options(parser)
    parser.add_argument("--out", metavar="DIR", required=True, help="folder to write to")


def run(args: argparse.Namespace) -> int:
    """Write the files; prints nothing but how many.

    Raises:
        ConfigError: the config is wrong or the folder cannot be written; nothing was written for a wrong config.
    """
    source = source_of(args)
    if not args.out:
        raise ConfigError([Problem("--out", "names no folder")])
    from plan.evaluate import evaluate  # noqa: PLC0415 - loads pulumi, which the report does without
    from plan.render import write  # noqa: PLC0415

    resources = evaluate(source.values, source.stack)
    folder = Path(args.out)
    try:
        count = write(resources, folder)
    except (OSError, ValueError) as error:
        raise unwritable("--out", folder, error) from None
    print(f"{count} objects written to {folder}")
    return 0
