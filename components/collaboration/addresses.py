"""Addresses of whiteboard and Etherpad: one Service each for the whole stack, shared by all shards.

All participants of a room must reach the same instance, and the requests do not name the room.
"""

from sizing import parts
from sizing.addresses import ShardNames, service_host

WHITEBOARD, ETHERPAD = parts.WHITEBOARD.name, parts.ETHERPAD.name
WHITEBOARD_PORT = parts.WHITEBOARD.port("http")
ETHERPAD_PORT = parts.ETHERPAD.port("http")


def url(component: str, port: int, names: ShardNames) -> str:
    """Return the base URL, for nginx of a shard with these names."""
    return f"http://{service_host(component, names.namespace, names.dns_domain)}:{port}"
