"""The report of calls: a table for a terminal, and JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from probe.call.figures import Seen

COLUMNS = (
    "shard",
    "path",
    "who",
    "join s",
    "media s",
    "via",
    "bridge",
    "audio",
    "video kbit/s",
    "loss %",
    "RTT ms",
    "channel",
)


def failed(seen: Sequence[Seen]) -> list[Seen]:
    """Participants for whom the call does not work."""
    return [each for each in seen if each.problem and not each.skipped]


def _row(each: Seen) -> tuple[str, ...]:
    def number(value: float | None, digits: int) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    if each.skipped:
        return each.shard, each.path, "-", *["-"] * (len(COLUMNS) - 3)
    return (
        each.shard,
        each.path,
        str(each.participant),
        number(each.joined_seconds, 1),
        number(each.media_seconds, 1),
        each.via or each.ice,
        each.bridge or each.address or "-",
        number(each.audio_kbps, 0),
        number(each.video_kbps, 0),
        number(each.loss_percent, 1),
        number(each.rtt_ms, 0),
        "open" if each.channel else "closed",
    )


def table(seen: Sequence[Seen], missed: Sequence[str] = ()) -> str:
    """One row for each participant, then what failed, and bridges to which no room was led."""
    rows = [COLUMNS, *map(_row, seen)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for each in seen:
        if each.problem:
            who = "not run" if each.skipped else f"participant {each.participant}"
            lines.append(f"{each.shard}, {each.path}, {who}: {each.problem}")
    if missed:
        lines.append(f"no room was led to: {', '.join(missed)}")
    lines.append(f"{sum(not each.skipped for each in seen)} participants, {len(failed(seen))} failed")
    return "\n".join(lines)


def as_json(seen: Sequence[Seen], missed: Sequence[str] = (), load: dict[str, Any] | None = None) -> str:
    """The same as a document; `load` is what a load cost the bridge."""
    document: dict[str, Any] = {
        "failed": len(failed(seen)),
        "participants": [asdict(each) for each in seen],
        "bridgesNotMet": list(missed),
    }
    return json.dumps(document | ({"load": load} if load else {}), indent=2)
