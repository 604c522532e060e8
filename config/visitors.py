"""Visitors mode for very large meetings: most people only watch and listen, on prosodies of their own."""

from typing import Annotated

from pydantic import Field

from config.model import Model

MAX_NODES = 10
"""Visitor prosodies per shard. The main prosody lists all of them from the start, so adding one restarts only jicofo."""
MAX_VISITORS = 2000  # per prosody (jitsi-meet, doc/extra-large-conference)


class Visitors(Model):
    """Visitors mode of every shard."""

    nodes: Annotated[int, Field(ge=1, le=MAX_NODES)] = 2
    """Number of visitor prosodies per shard."""
    visitors_per_node: Annotated[int, Field(ge=10, le=MAX_VISITORS)] = 500
    """Maximum visitors of one meeting per visitor prosody (jicofo's default). All of them together limit a meeting's visitors."""
    participants: Annotated[int, Field(ge=1, le=500)] = 50
    """Participants of a meeting with camera, microphone and chat (jicofo's default); later joiners are visitors."""
