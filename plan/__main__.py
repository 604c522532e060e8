"""`python -m plan`: inspect a stack before it is deployed. Needs no secrets, engine or network.

Exit status: 0 success; 1 the program failed; 2 the config is wrong (every problem on standard error, one per line);
3 the report has findings of severity error.
"""

import argparse
import gc
import importlib
import os
import pkgutil
import sys

from config.problems import ConfigError
from plan import commands
from plan.stack_options import complain

COMMANDS = {
    module.name: importlib.import_module(f"plan.commands.{module.name}")
    for module in pkgutil.iter_modules(commands.__path__)
}
"""Name -> module with `add_options(parser)` and `run(args) -> int`; its docstring is the command's help."""

CONFIG_STATUS = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="plan", description="Inspect a stack before it is deployed.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        command.add_options(subparsers.add_parser(name, help=(command.__doc__ or "").strip().rstrip(".")))
    args = parser.parse_args(arguments)
    try:
        return COMMANDS[args.command].run(args)
    except ConfigError as error:
        complain(error)
        return CONFIG_STATUS
    except BrokenPipeError:  # a reader such as `head` closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    # An evaluation keeps most of what it creates: looking for garbage takes a third of its time.
    gc.set_threshold(100_000)
    sys.exit(main())
