"""`python -m lab.mutations [--topic T] [--json F]`: applies every mutation to a copy and runs its test."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from lab.mutations.run import Result, mutated_revision, run
from lab.mutations.table import TOPICS
from lab.paths import PROJECT

RESULT = PROJECT / "benchmarks" / "results" / "mutations.json"
VERDICTS = ("killed", "survived", "stale", "engine")


def main() -> int:
    """Return 1 if a mutation survived or is stale. The whole table writes `benchmarks/results/mutations.json`."""
    parser = argparse.ArgumentParser(prog="python -m lab.mutations", description=__doc__)
    parser.add_argument("--topic", choices=sorted(TOPICS), action="append", help="only this topic; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep what was killed here, and go on from there")
    arguments = parser.parse_args()
    topics = {name: TOPICS[name] for name in arguments.topic or TOPICS}
    commit = mutated_revision(PROJECT)
    results = run(PROJECT, topics, commit, arguments.resume)
    report = figures(results, commit)
    text = json.dumps(report, indent=2) + "\n"
    if arguments.json:
        arguments.json.write_text(text, encoding="utf-8")
    if len(topics) == len(TOPICS):
        RESULT.write_text(text, encoding="utf-8")
    total = report["total"]
    print(f"{total['killed']} killed, {total['survived']} survived, {total['stale']} stale")
    print(f"not run: {total['engine']} that only a test of make e2e kills")
    return 1 if total["survived"] or total["stale"] else 0


def figures(results: list[Result], commit: str) -> dict[str, Any]:
    """Numbers of each verdict, by topic and in total, with the revision."""
    topics: dict[str, Counter[str]] = {}
    for result in results:
        topics.setdefault(result.topic, Counter())[result.verdict] += 1
    return {
        "commit": commit,
        "topics": {topic: {verdict: count[verdict] for verdict in VERDICTS} for topic, count in topics.items()},
        "total": {verdict: sum(count[verdict] for count in topics.values()) for verdict in VERDICTS},
    }


if __name__ == "__main__":
    sys.exit(main())
