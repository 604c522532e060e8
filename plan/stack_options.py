"""Options of all commands that name a stack, and errors about files that cannot be written."""

import argparse
import sys
from pathlib import Path

from config.problems import ConfigError, Problem
from config.source import Source, read


def add_stack_options(parser: argparse.ArgumentParser) -> None:
    """Add `--stack S` and `--file PATH`, of which exactly one is required."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--stack", metavar="S", help="the stack of Pulumi.S.yaml in the current folder")
    group.add_argument("--file", metavar="PATH", help="a stack file at another path")


def source_of(args: argparse.Namespace) -> Source:
    """Read the stack that the options name.

    Raises:
        ConfigError: Lists every problem.
    """
    return read(args.stack, args.file)


def write_text(path: Path, text: str, option: str) -> None:
    """Write a file and create its parent folders.

    Raises:
        ConfigError: The file cannot be written; names the option.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise unwritable(option, path, error) from None


def unwritable(option: str, path: Path, error: Exception) -> ConfigError:
    """Return the error of an option whose path cannot be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ConfigError([Problem(option, f"{path} cannot be written: {reason}; name another place")])


def complain(error: ConfigError) -> None:
    """Print every problem on standard error, one per line."""
    for problem in error.problems:
        print(" ".join(str(problem).split("\n")), file=sys.stderr)
