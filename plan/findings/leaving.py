"""Rules about bridges that leave: timers that belong to somebody else, and what a layout cannot do."""

from collections.abc import Iterator

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Scaling
from config.model import format_duration
from plan.drain import NODE_DELETION_SECONDS, drain_seconds, grace_seconds
from plan.findings.rule import Found, Subject, largest, rule
from plan.rollout import SHARE, leaving_at_once, shard_leaving_at_once
from plan.timers import chain


@rule("drain-beyond-node-deletion", "warning")
def drain_beyond_node_deletion(subject: Subject) -> Iterator[Found]:
    """Kapsule's own node deletions do not wait until the last ones are moved."""
    if not subject.kapsule:
        return
    for position, shard in enumerate(subject.shards):
        drain = shard.bridges.drain
        if drain.shortest_deadline > NODE_DELETION_SECONDS:
            fitting = NODE_DELETION_SECONDS - ANNOUNCE_SECONDS - MOVE_SECONDS - EXIT_SECONDS
            yield Found(
                subject.bridges_key(position, "drain", "migrate_after"),
                f"{chain(shard.bridges)} = {format_duration(drain.shortest_deadline)}, but when Kapsule itself removes a node (upgrade, "
                f"repair, pool replacement) it ends pods by force after {format_duration(NODE_DELETION_SECONDS)} "
                "(max_termination_grace_period, which the provider cannot set): who is left then is cut",
                f"lower migrateAfter to {format_duration(fitting)}, or empty the shard (state: draining) before an upgrade or a change "
                "of nodeType",
            )


@rule("autoscaler-of-others", "info")
def autoscaler_of_others(subject: Subject) -> Iterator[Found]:
    """On a cluster that is already there, its autoscaler has timers of its own."""
    if subject.kapsule:
        return
    longest = drain_seconds(subject.shards)
    for position, shard in enumerate(subject.shards):
        if grace_seconds(shard.bridges) == longest:
            yield Found(
                subject.bridges_key(position, "drain", "deadline"),
                f"a bridge may take {format_duration(longest)} to leave; a cluster autoscaler that removes its node waits "
                "--max-graceful-termination-sec, 10m unless set",
                f"have that set to {longest} or more, and node upgrades wait as long",
            )
            return


@rule("rollout-beyond-share", "info")
def rollout_beyond_share(subject: Subject) -> Iterator[Found]:
    """Several host ports are several Deployments, and each gives one bridge at least to an update."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        at_once, needed = shard_leaving_at_once(shard), 4 * bridges.per_node
        wider = f"raise min to {needed}"
        if bridges.topology == "autoscaled" and bridges.max < needed:
            wider += f" and {subject.ceiling_key(position)} to {needed} or more"
        if at_once > leaving_at_once(bridges.min):
            yield Found(
                subject.bridges_key(position, "per_node"),
                f"perNode {bridges.per_node} makes a Deployment for each port; with min {bridges.min} bridges an update takes "
                f"{at_once} of them at a time, more than {SHARE}",
                f"{wider}, or take layout nodePort, or update while few meet",
            )


@rule("highest-ordinal-leaves", "info")
def highest_ordinal_leaves(subject: Subject) -> Iterator[Found]:
    """A StatefulSet cannot choose the emptiest bridge."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.layout == "nodePort" and bridges.topology == "autoscaled" and bridges.min < bridges.max:
            yield Found(
                subject.bridges_key(position, "layout"),
                "with nodePort the bridge of the highest number leaves, not the emptiest, and is not there again before it has "
                f"gone: up to {format_duration(bridges.drain.shortest_deadline)} of draining each time; no meeting is cut",
                "take layout hostPort where bridges come and go by the hour, or shorten migrateAfter",
            )


@rule("window-below-drain", "info")
def window_below_drain(subject: Subject) -> Iterator[Found]:
    """Bridges are taken away before those whose people still wait for their move."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        waits = ANNOUNCE_SECONDS + bridges.drain.migrate_after
        if bridges.topology == "autoscaled" and bridges.scaling.scale_down_window < waits:
            longest = largest(Scaling, "scale_down_window")
            fitting = format_duration(min(waits, longest) - ANNOUNCE_SECONDS)
            raised = f"raise scaleDownWindow to {format_duration(min(waits, longest))}"
            yield Found(
                subject.bridges_key(position, "scaling", "scale_down_window"),
                f"people on a leaving bridge count nowhere until they are moved, {format_duration(waits)} after it was told to leave, "
                f"but {format_duration(bridges.scaling.scale_down_window)} of smaller demand are enough to send the next bridge away: "
                "it may go although it will be needed, and be ordered again",
                f"{raised}, or lower drain.migrateAfter"
                if waits <= longest
                else f"{raised}, its limit, and lower drain.migrateAfter to {fitting}",
            )
