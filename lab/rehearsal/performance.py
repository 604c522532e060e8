"""A rehearsal from start to end."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from config.read import parse, stack_file
from lab.rehearsal import stack
from lab.rehearsal.play import Play
from lab.rehearsal.record import Record
from lab.rehearsal.story import STORIES
from lab.rehearsal.testbed import Testbed
from lab.rehearsal.verdict import verdict
from plan.simulate.from_stack import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from lab.toolchain.prepare import Toolchain


def perform(folder: Path, toolchain: Toolchain, story: str, layout: str) -> dict[str, Any]:
    """Play a story and return its figures; a story that fails is judged so far, with the error under `failures`."""
    record = Record()
    jvb = stack.bridges(layout)
    config = parse(stack_file(stack.write(folder, jvb)))
    jicofo = settings_of(config.resolved[0], config.metrics, datetime.now(UTC).date()).jicofo
    with Testbed(folder, toolchain, jicofo, record.note) as testbed:
        record.begin(testbed)
        try:
            STORIES[story](Play(testbed, record, folder, jvb))
        except Exception as error:  # noqa: BLE001 - the figures so far say more than a traceback
            record.note("story failed", error=f"{type(error).__name__}: {error}", where=traceback.format_exc()[-1500:])
        finally:
            record.end()
        return verdict(record, testbed, story, layout)
