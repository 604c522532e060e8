"""One rehearsal from beginning to end."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from config.read import parse, stack_file
from local.rehearsal import stack
from local.rehearsal.ground import Ground
from local.rehearsal.play import Play
from local.rehearsal.record import Record
from local.rehearsal.story import STORIES
from local.rehearsal.verdict import verdict
from plan.simulate.from_stack import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from local.toolchain.prepare import Toolchain


def perform(folder: Path, toolchain: Toolchain, story: str, layout: str) -> dict[str, Any]:
    """The figures of a story. A story that breaks off is judged by what it came to, and says so under `failures`."""
    record = Record()
    jvb = stack.bridges(layout)
    config = parse(stack_file(stack.write(folder, jvb)))
    jicofo = settings_of(config.resolved[0], config.metrics, datetime.now(UTC).date()).jicofo
    with Ground(folder, toolchain, jicofo, record.note) as ground:
        record.begin(ground)
        try:
            STORIES[story](Play(ground, record, folder, jvb))
        except Exception as error:  # noqa: BLE001 - the figures so far say more than a traceback
            record.note("story failed", error=f"{type(error).__name__}: {error}", where=traceback.format_exc()[-1500:])
        finally:
            record.end()
        return verdict(record, ground, story, layout)
