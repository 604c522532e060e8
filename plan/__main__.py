"""`python -m plan`: what a stack means, before any of it exists. Needs no secrets, no engine and no network.

Exit status: 0; 1 the program itself failed; 2 the config is wrong (every problem on standard error, one per line);
3 the report has findings of severity error.
"""

import argparse
import importlib
import os
import sys

from config.problems import ConfigError
from plan.commands.place import complain

COMMANDS = {
    "diff": "what a change since a revision means, and whom it hurts",
    "render": "the objects that a stack makes, as files",
    "report": "ports, capacity, cost and findings of a stack",
    "simulate": "a day in the life of a stack's scaling settings",
}
"""Name -> what it does. Each is a module of `plan.commands` with `add_options(parser)` and `run(args) -> int`."""

CONFIG_STATUS = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="plan", description="What a stack means, before any of it exists.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, about in COMMANDS.items():
        importlib.import_module(f"plan.commands.{name}").add_options(commands.add_parser(name, help=about))
    args = parser.parse_args(arguments)
    try:
        return importlib.import_module(f"plan.commands.{args.command}").run(args)
    except ConfigError as error:
        complain(error)
        return CONFIG_STATUS
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
