"""How long leaving pods may take, and the time limits that must cover it: grace periods, node deletion, upgrades, namespace."""

from collections.abc import Iterable

from config.bridges import EXIT_SECONDS, Bridges
from config.model import format_duration
from config.recording import Recording
from config.shard import Shard
from config.stack import StackConfig
from config.turn import Turn

HOOK_MARGIN_SECONDS = 15  # the hook ends before the grace period does, so that s6 stops the bridge itself
NODE_DELETION_SECONDS = 900
"""What Kapsule waits for pods when it removes a node itself (upgrade, repair, removed pool), before it ends them by force:
`max_termination_grace_period`, 15 minutes unless set by its API (an hour at most); the provider cannot set it."""
NAMESPACE_MARGIN_SECONDS = 600  # for everything else in the namespace, once the bridges have gone
PROBE_GRACE_SECONDS = (
    60  # a bridge that is restarted in place for its failed health: the hook's hurry (20 s), its calls and s6
)
UPLOAD_SECONDS = 3600
"""Time for a leaving recorder's uploads once the recording has ended: 7 GB at 2 MB/s, or an outage of the store."""
CONTROL_PLANE_SECONDS = 900  # what the provider itself waits for a cluster


def steps_text(announce: int | None, migrate_after: int | None, move: int | None) -> str:
    """Return the steps of a drain as text: `announce 12s + migrateAfter 10m + move 1m + exit 1m`; `?` for unknown ones."""
    steps = {"announce": announce, "migrateAfter": migrate_after, "move": move, "exit": EXIT_SECONDS}
    return " + ".join(
        f"{step} {'?' if seconds is None else format_duration(seconds)}" for step, seconds in steps.items()
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


def recorder_grace_seconds(recording: Recording) -> int:
    """The pod's termination grace period: the longest recording, then its upload."""
    return recording.longest + UPLOAD_SECONDS


def max_leave_seconds(config: StackConfig) -> int:
    """The longest that any pod of the stack may take to leave; Kapsule's autoscaler waits that long for a node."""
    bridges = drain_seconds(config.resolved, config.coturn)
    return max(bridges, recorder_grace_seconds(config.recording)) if config.recording else bridges


def namespace_leave_seconds(config: StackConfig) -> int:
    """How long the engine waits for the namespace to go, meetings and recordings included."""
    return max_leave_seconds(config) + NAMESPACE_MARGIN_SECONDS
