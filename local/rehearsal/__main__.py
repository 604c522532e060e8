"""`python -m local.rehearsal --story short --out FILE`: play a story in a network of its own, and write the verdict.

Beside the figures (JSON) it leaves the picture (.svg) and the summary (.txt) under the same name.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.network_namespace import isolated, why_not
from local.progress import Progress
from local.rehearsal.story import STORIES
from local.toolchain.prepare import ensure

if TYPE_CHECKING:
    from collections.abc import Sequence

LAYOUTS = ("hostPort", "nodePort")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no meeting was cut and nothing was missed, 1 when the verdict says otherwise, 2 when it could not be played."""
    parser = argparse.ArgumentParser(prog="python -m local.rehearsal", description=__doc__)
    parser.add_argument("--story", choices=sorted(STORIES), default="short", help="default: %(default)s")
    parser.add_argument("--layout", choices=LAYOUTS, default="hostPort", help="of the bridges (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="file for the figures")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    parser.add_argument("--isolated", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not given.isolated:
        if reason := why_not():
            print(f"cannot be played: {reason}", file=sys.stderr)
            return 2
        ensure("loop", Progress())  # before the network is gone
        again = [*(sys.argv[1:] if arguments is None else arguments), "--isolated"]
        line = isolated([sys.executable, "-m", "local.rehearsal", *again])
        os.execvp(line[0], line)  # noqa: S606 - in our place: who ends us ends all of it
    # What only the inside needs is imported there.
    from local.rehearsal.performance import perform  # noqa: PLC0415
    from local.rehearsal.picture import picture  # noqa: PLC0415
    from local.rehearsal.verdict import words  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    try:
        figures = perform(folder, ensure("loop", Progress()), given.story, given.layout)
    finally:
        if given.keep:
            print(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(figures, indent=1) + "\n")
    given.out.with_suffix(".svg").write_text(picture(figures))
    given.out.with_suffix(".txt").write_text(words(figures))
    print(words(figures), end="")
    return 1 if figures["cutMeetings"] or figures["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
