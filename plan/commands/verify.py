"""Hold every promise against rendered files or against a running cluster."""

import argparse
import json
import sys
from pathlib import Path

from config.problems import ConfigError, Problem
from plan.commands.report import FINDINGS_STATUS, subject_of
from plan.stack_options import add_stack_options, source_of


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `verify`."""
    add_stack_options(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--dir", metavar="DIR", help="verify the files that `render` wrote to DIR, edited or not")
    where.add_argument("--live", action="store_true", help="verify the objects of the running cluster (needs kubectl)")
    parser.add_argument("--kubeconfig", metavar="FILE", help="with --live: the cluster; default: the stack's output")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the findings. Returns 3 if one is an error, else 0.

    Raises:
        ConfigError: the config is wrong, or the folder or the cluster cannot be read; nothing is printed then.
    """
    if args.kubeconfig and not args.live:
        raise ConfigError([Problem("--kubeconfig", "belongs to --live; leave it out with --dir")])
    source = source_of(args)
    from plan.verify.verdict import of_cluster, of_folder  # noqa: PLC0415 - loads pulumi, which the report does without

    if args.live:
        findings = of_cluster(source, subject_of(source), Path(args.kubeconfig) if args.kubeconfig else None)
    else:
        findings = of_folder(source, subject_of(source), Path(args.dir))
    if args.json:
        document = {"stack": source.stack, "findings": [finding.as_dict() for finding in findings]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        from plan.text import findings_text  # noqa: PLC0415 - needed here only

        shards = [shard.name for shard in source.config.resolved]
        print(findings_text([finding.as_dict() for finding in findings], shards, colour=sys.stdout.isatty()), end="")
    return FINDINGS_STATUS if any(finding.severity == "error" for finding in findings) else 0
