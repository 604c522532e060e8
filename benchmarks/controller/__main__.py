"""`python -m benchmarks.controller RESULT.json [--long]`: one run, in the network namespace that it is started in."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.controller.run import RunError, play
from benchmarks.controller.scenario import LONG, SHORT
from local.control_plane.plane import StartError


def main() -> int:
    """1 where the cluster did not do its part, whatever the figures are otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.controller", description=__doc__)
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
