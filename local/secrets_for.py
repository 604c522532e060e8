"""Secrets that a stack needs before it can run here, made up on the spot."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from config.problems import ConfigError
from config.read import parse, stack_file
from local.control_plane.nodes import add_node

if TYPE_CHECKING:
    from local.embedded import Embedded
    from local.stack_file import StackFile

NODES_PER_ZONE = 3


def secrets_for(stack: StackFile, embedded: Embedded) -> dict[str, str]:
    """What the stack's file asks for and cannot hold.

    A stack on an existing cluster gets the embedded one, with nodes in every zone that its shards name.
    """
    config = stack.read().get("config") or {}
    made: dict[str, str] = {}
    if stack.uses_existing_cluster:
        made["jitsi:kubeconfig"] = embedded.places.kubeconfig.read_text()
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
                        external_ip=f"198.51.100.{host}",  # RFC 5737: documentation, nobody's address
                        cpu="16",  # room for a few bridges beside everything else
                        memory="32Gi",
                    )
    recording = config.get("jitsi:recording") or {}
    if isinstance(recording, dict) and recording.get("endpoint"):
        for name in ("jitsi:recordingAccessKey", "jitsi:recordingSecretKey"):
            if name not in config:
                made[name] = secrets.token_hex(16)
    try:
        auth = parse(stack_file(stack.path)).auth
    except ConfigError:
        return made  # the program says what is wrong
    for name in auth.secrets:
        if f"jitsi:{name}" not in config:
            made[f"jitsi:{name}"] = (
                json.dumps({"host": secrets.token_hex(8)}) if name == "users" else secrets.token_hex(32)
            )
    return made
