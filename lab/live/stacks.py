"""The stacks of the suite: what operators would configure, with short drains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab import stack_file

if TYPE_CHECKING:
    from pathlib import Path

    from components.kubernetes.document import Document

NAMESPACE = "jitsi"
DOMAIN = "live.example.org"
FILE = "Pulumi.live.yaml"
MIGRATE_AFTER = 20
"""Seconds for which a leaving bridge waits for its meetings."""


ONE_SHARD = ({"name": "s0", "zone": "fr-par-1"},)
TWO_SHARDS = (*ONE_SHARD, {"name": "s1", "zone": "fr-par-1"})
TURN = {"replicas": 1, "drain": "1m"}
"""Debian's coturn 4.6 does not end by SIGTERM, as 4.7 of the image does, but with its grace period."""


def document(layout: str = "hostPort", *, bridges: Document | None = None, **more: Any) -> Document:
    """The stack file: one shard with two bridges; `bridges` are further keys of these, `more` of the stack."""
    own = {**stack_file.bridges(2, MIGRATE_AFTER), "layout": layout, **(bridges or {})}
    return stack_file.document(DOMAIN, {"bridges": own, "shards": list(ONE_SHARD), **more})


def write(folder: Path, stack: Document) -> Path:
    """Write the stack file into a folder."""
    return stack_file.write(folder / FILE, stack)
