"""`python -m lab.live --jitsi DIR`: run the suite of calls with the programs in DIR, in its own network namespace.

It writes what each test measured to a file (JSON), from which `tests/live_page.py` writes docs/live.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.live.programs import missing, said, stale
from lab.network_namespace import isolated, why_no_forwarding
from lab.paths import PROJECT
from lab.progress import Progress
from lab.toolchain.prepare import ensure
from probe.call.browser import BrowserError, find

if TYPE_CHECKING:
    from collections.abc import Sequence

DIR = "JITSI_PROGRAMS"
OUT = "JITSI_LIVE_RESULTS"


def why_not(jitsi: Path) -> str | None:
    """The reason why the suite cannot run here; None if it can."""
    if os.geteuid() != 0:
        return "containers run as other users, which only root can start: sudo make live JITSI=DIR"
    if paths := missing(jitsi):
        return said(paths)
    if reason := stale(jitsi):
        return reason
    try:
        find()
    except BrowserError as error:
        return str(error)
    return why_no_forwarding()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; pytest's exit status, or 2 if it could not run."""
    parser = argparse.ArgumentParser(prog="python -m lab.live", description=__doc__)
    parser.add_argument(
        "--jitsi", type=Path, required=True, metavar="DIR", help="root of a Debian system with Jitsi's packages"
    )
    parser.add_argument("--out", type=Path, default=PROJECT / "lab/live/results.json", help="default: %(default)s")
    parser.add_argument("tests", nargs="*", default=["tests/live"], help="for pytest; default: the whole suite")
    given = parser.parse_args(arguments)
    jitsi = given.jitsi.resolve()
    if reason := why_not(jitsi):
        print(f"cannot run: {reason}", file=sys.stderr)
        return 2
    ensure("loop", Progress())  # needs the network
    environment = {**os.environ, DIR: str(jitsi), OUT: str(given.out.resolve())}
    line = isolated([sys.executable, "-m", "pytest", "-vv", "-m", "live", "-p", "no:randomly", *given.tests])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with subprocess.Popen(line, env=environment, cwd=PROJECT) as suite:
        try:
            return suite.wait()
        finally:
            suite.kill()  # `unshare` does not heed SIGTERM; all processes of its namespace end with it


if __name__ == "__main__":
    sys.exit(main())
