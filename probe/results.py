"""Results of checks, as a table, as JSON and as series for Prometheus."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "failed", "silent"]
"""`silent`: no answer, where none was due; inconclusive."""

BRIDGE = "bridge"
CERTIFICATE = "certificate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One check of one thing: `of` is a shard, a host name, or a bridge as shard/port."""

    check: str
    of: str
    status: Status
    detail: str
    seconds: float = 0.0
    days: int | None = None
    """Whole days until the certificate expires."""


def failed(results: Sequence[Result]) -> list[Result]:
    """Results that mean that participants cannot meet, or soon cannot."""
    return [result for result in results if result.status == "failed"]


def table(results: Sequence[Result]) -> str:
    """A table for a terminal."""
    rows = [("check", "of", "status", "ms", "detail")]
    rows += [(r.check, r.of, r.status, f"{r.seconds * 1000:.0f}", r.detail) for r in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    ]
    failures, silent = len(failed(results)), sum(r.status == "silent" for r in results)
    lines.append(f"{len(results)} checks, {failures} failed" + (f", {silent} inconclusive" if silent else ""))
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """A JSON document for programs."""
    return json.dumps({"failed": len(failed(results)), "results": [asdict(result) for result in results]}, indent=2)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def exposition(results: Sequence[Result], finished: float) -> str:
    """Series for Prometheus. Bridges are counted by shard and status, so that scaling creates no series."""
    lines = ["# TYPE jitsi_probe_success gauge", "# TYPE jitsi_probe_seconds gauge", "# TYPE jitsi_probe_bridges gauge"]
    bridges: Counter[tuple[str, str]] = Counter()
    for result in results:
        if result.check == BRIDGE:
            shard = result.of.partition("/")[0]
            for status in ("ok", "failed", "silent"):
                bridges[shard, status] += result.status == status
            continue
        labels = f'{{check="{result.check}",of="{_quoted(result.of)}"}}'
        lines.append(f"jitsi_probe_success{labels} {int(result.status == 'ok')}")
        lines.append(f"jitsi_probe_seconds{labels} {result.seconds:.4f}")
        if result.days is not None:
            lines.append(f'jitsi_probe_certificate_days{{of="{_quoted(result.of)}"}} {result.days}')
    lines += [
        f'jitsi_probe_bridges{{of="{_quoted(shard)}",status="{status}"}} {number}'
        for (shard, status), number in sorted(bridges.items())
    ]
    lines.append(f"jitsi_probe_finished_timestamp_seconds {finished:.0f}")
    return "\n".join(lines) + "\n"
