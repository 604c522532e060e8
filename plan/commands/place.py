"""The options by which every command is told its stack, and where a command may not write."""

import argparse
import sys
from pathlib import Path

from config.problems import ConfigError, Problem
from plan.source import Source, read


def add_stack_options(parser: argparse.ArgumentParser) -> None:
    """`--stack S` or `--file PATH`, one of them."""
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--stack", metavar="S", help="the stack of Pulumi.S.yaml in the current folder")
    one.add_argument("--file", metavar="PATH", help="a stack file elsewhere")


def source_of(args: argparse.Namespace) -> Source:
    """The stack that the options name.

    Raises:
        ConfigError: with every problem at once.
    """
    return read(args.stack, args.file)


def write_text(path: Path, text: str, option: str) -> None:
    """Write one file, folders above it included.

    Raises:
        ConfigError: it cannot be written; names the option it came from.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise unwritable(option, path, error) from None


def unwritable(option: str, path: Path, error: Exception) -> ConfigError:
    """The problem of an option that names a place where nothing can be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ConfigError([Problem(option, f"{path} cannot be written: {reason}; name another place")])


def complain(error: ConfigError) -> None:
    """Every problem on standard error, one per line."""
    for problem in error.problems:
        print(" ".join(str(problem).split("\n")), file=sys.stderr)
