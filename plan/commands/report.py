"""`plan report`: ports, capacity, cost and findings of a stack."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from plan.commands.place import add_stack_options, source_of, write_text
from plan.findings.rule import Subject
from plan.report import report
from plan.text import render

FINDINGS_STATUS = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `report` understands."""
    add_stack_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--svg", metavar="F", help="also write the picture of its topology")
    parser.add_argument("--html", metavar="F", help="also write it as one HTML page with pictures")


def run(args: argparse.Namespace) -> int:
    """Print the report. 3 when a finding is an error, else 0.

    Raises:
        ConfigError: the config is wrong, or the page cannot be written; nothing is printed then.
    """
    source = source_of(args)
    today = datetime.now(UTC).date()
    subject = Subject(
        stack=source.stack,
        config=source.config,
        today=today,
        plain_secrets=source.plain_secrets,
        missing_secrets=source.missing_secrets,
        environment={name: value for name, value in os.environ.items() if name.startswith("SCW_DEFAULT_")},
    )
    made = report(subject)
    if args.html is not None:
        from plan.page import page  # noqa: PLC0415 - the pictures are needed here only

        write_text(Path(args.html), page(made), "--html")
    if args.svg is not None:
        from plan.page import drawing  # noqa: PLC0415 - as above

        write_text(Path(args.svg), drawing(made), "--svg")
    if args.json:
        print(json.dumps(made.report, indent=2, ensure_ascii=False))
    else:
        print(render(made, colour=sys.stdout.isatty()), end="")
    return FINDINGS_STATUS if made.has_errors else 0
