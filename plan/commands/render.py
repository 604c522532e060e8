"""Write the objects of a stack as files."""

import argparse
from pathlib import Path

from config.problems import ConfigError, Problem
from plan.stack_options import add_stack_options, source_of, unwritable


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `render`."""
    add_stack_options(parser)
    parser.add_argument("--out", metavar="DIR", required=True, help="folder to write to")


def run(args: argparse.Namespace) -> int:
    """Write the files and print how many.

    Raises:
        ConfigError: The config is wrong (nothing is written), or the folder cannot be written.
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
