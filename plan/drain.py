"""How long a leaving bridge may take, and what must wait for it."""

from collections.abc import Iterable

from config.bridges import Bridges
from config.shard import Shard
from config.turn import Turn

HOOK_MARGIN_SECONDS = 15  # the hook ends before the grace period does, so that s6 stops the bridge itself
NODE_DELETION_SECONDS = 900
"""What Kapsule waits for pods when it removes a node itself (upgrade, repair, pool replacement), before it ends them by force:
`max_termination_grace_period`, 15 minutes unless set by its API (an hour at most); the provider cannot set it."""
NAMESPACE_MARGIN_SECONDS = 600  # for everything else in the namespace, once the bridges have gone
PROBE_GRACE_SECONDS = (
    60  # a bridge that is restarted in place for its failed health: the hook's hurry (20 s), its calls and s6
)


def grace_seconds(bridges: Bridges) -> int:
    """The pod's termination grace period: the drain's deadline, all steps included."""
    return bridges.drain.deadline


def hook_seconds(bridges: Bridges) -> int:
    """When the preStop hook gives up waiting."""
    return bridges.drain.deadline - HOOK_MARGIN_SECONDS


def drain_seconds(shards: Iterable[Shard], turn: Turn | None = None) -> int:
    """The longest drain of the stack; Kapsule's `max_graceful_termination_sec` is never shorter."""
    return max(*(grace_seconds(shard.bridges) for shard in shards), turn.drain if turn else 0)


def namespace_seconds(shards: Iterable[Shard], turn: Turn | None = None) -> int:
    """How long the engine waits for the namespace to go: bridges may still be in meetings when the stack is destroyed."""
    return drain_seconds(shards, turn) + NAMESPACE_MARGIN_SECONDS
