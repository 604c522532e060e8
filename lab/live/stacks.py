"""The stacks of the suite: what operators would configure, with short drains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

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


def document(layout: str = "hostPort", *, bridges: Document | None = None, **more: Any) -> Document:
    """The stack file: one shard with two bridges; `bridges` are further keys of these, `more` of the stack."""
    own = {
        "layout": layout,
        "topology": "static",
        "nodeType": "COMPUTE3-X4C-8G",
        "min": 2,
        "drain": {"deadline": "4m", "migrateAfter": f"{MIGRATE_AFTER}s"},
    }
    return {
        "config": {
            "pulumi:disable-default-providers": ["kubernetes"],
            "scaleway:region": "fr-par",
            "jitsi:domain": DOMAIN,
            "jitsi:dnsZone": "example.org",
            "jitsi:cluster": {"version": "1.35.3"},
            "jitsi:bridges": own | (bridges or {}),
            "jitsi:shards": list(ONE_SHARD),
            "jitsi:ingress": {"tls": {"mode": "selfSigned"}},
            **{f"jitsi:{key}": value for key, value in more.items()},
        }
    }


def write(folder: Path, stack: Document) -> Path:
    """Write the stack file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    file.write_text(yaml.safe_dump(stack, sort_keys=False))
    return file
