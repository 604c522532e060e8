"""Rules about draining bridges: timers outside the stack's control, and the limits of a layout."""

from collections.abc import Iterator

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Scaling
from config.model import format_duration
from plan.findings.rule import Hit, Subject, largest, rule
from sizing.drain import NODE_DELETION_SECONDS, drain_seconds, grace_seconds, steps_text
from sizing.rollout import SHARE, leaving_at_once, shard_leaving_at_once


@rule("drain-beyond-node-deletion", "warning")
def drain_beyond_node_deletion(subject: Subject) -> Iterator[Hit]:
    """Kapsule deletes nodes before a bridge's drain ends."""
    if not subject.kapsule:
        return
    for position, shard in enumerate(subject.shards):
        drain = shard.bridges.drain
        if drain.shortest_deadline > NODE_DELETION_SECONDS:
            fitting = NODE_DELETION_SECONDS - ANNOUNCE_SECONDS - MOVE_SECONDS - EXIT_SECONDS
            yield Hit(
                subject.bridges_key(position, "drain", "migrate_after"),
                f"{steps_text(ANNOUNCE_SECONDS, drain.migrate_after, MOVE_SECONDS)} = {format_duration(drain.shortest_deadline)}, but when Kapsule itself "
                "deletes a node (upgrade, repair, removed shard) it kills pods after "
                f"{format_duration(NODE_DELETION_SECONDS)} (max_termination_grace_period, which the provider cannot "
                "set): remaining participants are disconnected",
                f"lower migrateAfter to {format_duration(fitting)}, or drain the shard (state: draining) before an "
                "upgrade",
            )


@rule("autoscaler-of-others", "info")
def autoscaler_of_others(subject: Subject) -> Iterator[Hit]:
    """An existing cluster's autoscaler has its own timers."""
    if subject.kapsule:
        return
    longest = drain_seconds(subject.shards)
    for position, shard in enumerate(subject.shards):
        if grace_seconds(shard.bridges) == longest:
            yield Hit(
                subject.bridges_key(position, "drain", "deadline"),
                f"a bridge may take {format_duration(longest)} to drain; a cluster autoscaler that removes its node "
                "waits --max-graceful-termination-sec, 10m by default",
                f"set that flag to {longest} or more; node upgrades wait as long",
            )
            return


@rule("rollout-beyond-share", "info")
def rollout_beyond_share(subject: Subject) -> Iterator[Hit]:
    """With several host ports, an update takes at least one bridge of each Deployment."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        at_once, needed = shard_leaving_at_once(shard), 4 * bridges.per_node
        wider, roof = f"raise min to {needed}", needed + bridges.scaling.spares
        if bridges.topology == "autoscaled" and bridges.max < roof:
            wider += f" and {subject.ceiling_key(position)} to {roof} or more"
        if at_once > leaving_at_once(bridges.min):
            yield Hit(
                subject.bridges_key(position, "per_node"),
                f"perNode: {bridges.per_node} creates a Deployment per port; with min {bridges.min} bridges an "
                f"update takes {at_once} of them at a time, more than {SHARE}",
                f"{wider}, use layout: nodePort, or update during quiet hours",
            )


@rule("highest-ordinal-leaves", "info")
def highest_ordinal_leaves(subject: Subject) -> Iterator[Hit]:
    """A StatefulSet cannot remove the emptiest bridge first."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.layout == "nodePort" and bridges.topology == "autoscaled" and bridges.min < bridges.max:
            yield Hit(
                subject.bridges_key(position, "layout"),
                "with layout: nodePort the bridge with the highest ordinal is removed, not the emptiest, and cannot "
                f"return before it is gone: up to {format_duration(bridges.drain.shortest_deadline)} of draining "
                "each time; no meeting is cut",
                "use layout: hostPort if bridges come and go by the hour, or shorten migrateAfter",
            )


@rule("window-below-drain", "info")
def window_below_drain(subject: Subject) -> Iterator[Hit]:
    """The scale-down window is shorter than the drain."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        waits = ANNOUNCE_SECONDS + bridges.drain.migrate_after
        if bridges.topology == "autoscaled" and bridges.scaling.scale_down_window < waits:
            longest = largest(Scaling, "scale_down_window")
            fitting = format_duration(min(waits, longest) - ANNOUNCE_SECONDS)
            raised = f"raise scaleDownWindow to {format_duration(min(waits, longest))}"
            yield Hit(
                subject.bridges_key(position, "scaling", "scale_down_window"),
                f"participants on a draining bridge are not counted until they are moved, {format_duration(waits)} "
                f"after the drain begins, but {format_duration(bridges.scaling.scale_down_window)} of lower demand "
                "remove the next bridge: a bridge that is still needed may be removed and ordered again",
                f"{raised}, or lower drain.migrateAfter"
                if waits <= longest
                else f"{raised}, its limit, and lower drain.migrateAfter to {fitting}",
            )
