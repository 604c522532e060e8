"""Report ports, capacity, cost and findings of a stack."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from config.source import Source
from plan.findings.rule import Subject
from plan.stack_options import add_stack_options, source_of, write_text

FINDINGS_STATUS = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `report`."""
    add_stack_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--svg", metavar="F", help="also write a picture of the topology")
    parser.add_argument("--html", metavar="F", help="also write the report as one HTML page with pictures")


def subject_of(source: Source) -> Subject:
    """Return the stack as the rules see it today, in this environment."""
    return Subject(
        stack=source.stack,
        config=source.config,
        today=datetime.now(UTC).date(),
        plain_secrets=source.plain_secrets,
        missing_secrets=source.missing_secrets,
        environment={name: value for name, value in os.environ.items() if name.startswith("SCW_DEFAULT_")},
    )


def run(args: argparse.Namespace) -> int:
    """Print the report. Return 3 if a finding is an error, else 0.

    Raises:
        ConfigError: The config is wrong, or a file cannot be written. Nothing is printed.
    """
    source = source_of(args)
    from plan.evaluate import evaluate  # noqa: PLC0415 - loads pulumi, which other commands do without
    from plan.report import report  # noqa: PLC0415 - as above
    from plan.text import render  # noqa: PLC0415 - as above

    stack_report = report(subject_of(source), evaluate(source.values, source.stack))
    if args.html is not None:
        from plan.page import page  # noqa: PLC0415 - the pictures are needed here only

        write_text(Path(args.html), page(stack_report), "--html")
    if args.svg is not None:
        from plan.page import drawing  # noqa: PLC0415 - as above

        write_text(Path(args.svg), drawing(stack_report), "--svg")
    if args.json:
        print(json.dumps(stack_report.document, indent=2, ensure_ascii=False))
    else:
        print(render(stack_report, colour=sys.stdout.isatty()), end="")
    return FINDINGS_STATUS if stack_report.has_errors else 0
