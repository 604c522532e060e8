"""The measured stacks: like `Pulumi.local.yaml`, with any number of shards."""

from __future__ import annotations

from typing import Any

from lab import stack_file

NODE_PORT_EVERY = 4
"""With `mixed`, every fourth shard has NodePorts; the others have host ports."""
LAST_SLOT = 24  # the last whole block of 100 NodePorts


def shard(number: int, mixed: bool) -> dict[str, Any]:
    """An entry of the list `shards`."""
    entry: dict[str, Any] = {"name": f"s{number}", "zone": f"fr-par-{1 + number % 2}"}
    if mixed and number % NODE_PORT_EVERY == NODE_PORT_EVERY - 1 and number <= LAST_SLOT:
        entry["bridges"] = {"layout": "nodePort", "perNode": 2, "max": 4}
    return entry


def stack(shards: int, mixed: bool = False) -> dict[str, Any]:
    """A stack file with a Kapsule cluster and `shards` shards; `mixed` uses both layouts of ports."""
    keys = {
        "bridges": {"nodeType": "BASIC3-X4C-8G", "min": 2, "max": 6},
        "shards": [shard(number, mixed) for number in range(shards)],
    }
    return stack_file.document("meet.example.org", keys)
