"""Generated values for the secrets that a stack needs."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from config.problems import ConfigError
from config.read import parse, stack_file
from lab.cluster.nodes import add_node

if TYPE_CHECKING:
    from lab.embedded import Embedded
    from lab.engine.stack_file import StackFile

NODES_PER_ZONE = 3


def secrets_for(stack: StackFile, embedded: Embedded) -> dict[str, str]:
    """The secrets that the stack's file requires and does not contain.

    A stack on an existing cluster gets the embedded one, with nodes in the zones of its shards.
    """
    config = stack.read().get("config") or {}
    values: dict[str, str] = {}
    if stack.uses_existing_cluster:
        values["jitsi:kubeconfig"] = embedded.paths.kubeconfig.read_text()
        zones = sorted({str(shard["zone"]) for shard in config.get("jitsi:shards") or [] if "zone" in shard})
        with embedded.api() as api:
            for row, zone in enumerate(zones):
                for column in range(NODES_PER_ZONE):
                    host = 10 * row + column + 1
                    add_node(
                        api,
                        f"existing-{zone}-{column}",
                        zone=zone,
                        internal_ip=f"10.0.1.{host}",
                        external_ip=f"198.51.100.{host}",  # reserved for documentation (RFC 5737)
                        cpu="16",  # room for a few bridges beside the other pods
                        memory="32Gi",
                    )
    recording = config.get("jitsi:recording") or {}
    if isinstance(recording, dict) and recording.get("endpoint"):
        for name in ("jitsi:recordingAccessKey", "jitsi:recordingSecretKey"):
            if name not in config:
                values[name] = secrets.token_hex(16)
    try:
        auth = parse(stack_file(stack.path)).auth
    except ConfigError:
        return values  # the program reports the problem
    for name in auth.secrets:
        if f"jitsi:{name}" not in config:
            values[f"jitsi:{name}"] = (
                json.dumps({"host": secrets.token_hex(8)}) if name == "users" else secrets.token_hex(32)
            )
    return values
