"""Stack files of the lab: an emulated cluster, certificates of the stack's own, and no drain that takes hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from components.kubernetes.document import Document

NODE_TYPE = "COMPUTE3-X4C-8G"


def bridges(number: int, migrate_after: int) -> Document:
    """The key `bridges`: how many there are, and how many seconds a leaving one waits for its meetings."""
    return {
        "topology": "static",
        "nodeType": NODE_TYPE,
        "min": number,
        "drain": {"deadline": "4m", "migrateAfter": f"{migrate_after}s"},
    }


def document(domain: str, keys: Mapping[str, Any]) -> Document:
    """The stack file with these keys of `jitsi`."""
    config = {
        "domain": domain,
        "dnsZone": "example.org",
        "cluster": {"version": "1.35.3"},
        "ingress": {"tls": {"mode": "selfSigned"}},
        **keys,
    }
    return {
        "config": {
            "pulumi:disable-default-providers": ["kubernetes"],
            "scaleway:region": "fr-par",
            **{f"jitsi:{key}": value for key, value in config.items()},
        }
    }


def write(file: Path, stack: Document) -> Path:
    """Write the stack file, in a folder that need not exist."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(stack, sort_keys=False))
    return file
