"""How long a leaving bridge may take, and what must wait for it."""

from collections.abc import Iterable

from config.bridges import Bridges
from config.shard import Shard

HOOK_MARGIN_SECONDS = 15  # the hook ends before the grace period does, so that s6 stops the bridge itself


def grace_seconds(bridges: Bridges) -> int:
    """The pod's termination grace period: the drain's deadline, all steps included."""
    return bridges.drain.deadline


def hook_seconds(bridges: Bridges) -> int:
    """When the preStop hook gives up waiting."""
    return bridges.drain.deadline - HOOK_MARGIN_SECONDS


def drain_seconds(shards: Iterable[Shard]) -> int:
    """The longest drain of the stack; Kapsule's `max_graceful_termination_sec` is never shorter."""
    return max(grace_seconds(shard.bridges) for shard in shards)
