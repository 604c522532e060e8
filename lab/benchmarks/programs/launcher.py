"""Run a command and write its figures: `launcher.py RESULT COMMAND …`.

A small process, since Linux counts the parent's memory at the fork in the child's peak.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

KB = 1 if sys.platform == "linux" else 1024  # getrusage(2): ru_maxrss is kilobytes on Linux, bytes on macOS


def main(result: str, command: list[str]) -> int:
    """Run `command`, write seconds, CPU seconds and peak MB to `result`, and return its exit status."""
    begun = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - begun
    measured = {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peakMb": usage.ru_maxrss / KB / 1024,
    }
    Path(result).write_text(json.dumps(measured))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
