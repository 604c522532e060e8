"""Very large meetings: people beyond the first ones only watch and listen, on prosodies of their own."""

from typing import Annotated

from pydantic import Field

from config.model import Model

MOST_NODES = 10
"""Visitor prosodies of one shard. Its main prosody knows the names of all of them from the start: another one restarts jicofo,
never prosody."""
MOST_VISITORS = 2000  # of one prosody (jitsi-meet, doc/extra-large-conference)


class Visitors(Model):
    """Visitors mode of every shard; `none` where the key is not set."""

    nodes: Annotated[int, Field(ge=1, le=MOST_NODES)] = 2
    """Visitor prosodies per shard."""
    visitors_per_node: Annotated[int, Field(ge=10, le=MOST_VISITORS)] = 500
    """Visitors of one meeting on one of them; jicofo's own default. All nodes together are a meeting's most visitors."""
    participants: Annotated[int, Field(ge=1, le=500)] = 50
    """People of a meeting who take part with camera, microphone and chat; whoever comes later is a visitor. Jicofo's default."""
