"""`python -m lab.benchmarks.controller RESULT.json [--long]`: one run, in the current network namespace."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lab.benchmarks.controller.run import RunError, play
from lab.benchmarks.controller.scenario import LONG, SHORT
from lab.cluster.plane import StartError


def main() -> int:
    """Run the scenarios and write the result; 1 if the cluster failed."""
    parser = argparse.ArgumentParser(prog="python -m lab.benchmarks.controller", description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--long", action="store_true", help="four scenarios of three hours, in 12 minutes")
    given = parser.parse_args()
    try:
        result = play(LONG if given.long else SHORT, print)
    except (RunError, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    given.result.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
