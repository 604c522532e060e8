"""Rules about the list of shards."""

from collections.abc import Iterator

from plan.findings.rule import Hit, Subject, rule

FLOATING = ("latest", "stable", "unstable", "web-latest")
"""Moving tags of Jitsi's images."""


@rule("slot-follows-position", "warning")
def slot_follows_position(subject: Subject) -> Iterator[Hit]:
    """Reordering the list of shards would change a shard's ports."""
    for position, entry in enumerate(subject.config.shards):
        if not entry.slot_follows_position:
            continue
        bridges = subject.shards[position].bridges
        moves = bridges.layout == "nodePort" and bridges.first_port is None
        yield Hit(
            f"shards[{position}].slot",
            f"the name {entry.name} does not end in a number, so its slot is its list position, {position}"
            + (
                "; reordering the list would change its public ports"
                if moves
                else "; no port depends on it at the moment"
            ),
            f"set slot: {position}, or end the name in a number",
            None if moves else "info",
        )


@rule("draining-only", "error")
def draining_only(subject: Subject) -> Iterator[Hit]:
    """No shard accepts new meetings."""
    if not subject.active:
        states = ", ".join(f"{shard.name} {shard.state}" for shard in subject.shards)
        yield Hit(
            "shards",
            f"no shard is active ({states}): new meetings cannot start",
            "set state: active on at least one shard",
        )


@rule("single-shard", "info")
def single_shard(subject: Subject) -> Iterator[Hit]:
    """One shard carries every meeting."""
    if len(subject.active) == 1:
        yield Hit(
            "shards",
            f"{subject.active[0].name} is the only active shard: when its prosody restarts, every meeting reconnects",
            "add a second shard, in another zone",
        )


@rule("zone-single", "info")
def zone_single(subject: Subject) -> Iterator[Hit]:
    """All shards run in one zone."""
    zones = {shard.zone for shard in subject.active}
    if len(subject.active) > 1 and len(zones) == 1:
        yield Hit(
            "shards",
            f"all {len(subject.active)} active shards run in {zones.pop()}: a zone failure stops all of them",
            "move one of them to another zone of the region",
        )


@rule("release-mix", "info")
def release_mix(subject: Subject) -> Iterator[Hit]:
    """Shards run different Jitsi releases."""
    releases = {shard.release for shard in subject.shards}
    if len(releases) > 1:
        listed = ", ".join(f"{shard.name} {shard.release}" for shard in subject.shards)
        yield Hit(
            "shards",
            f"shards run {len(releases)} releases ({listed}): a meeting uses one of them, since its room is on one "
            "shard",
            "no action during a rollout; finish it by setting images.tag and removing release from the shards",
        )


@rule("floating-release", "warning")
def floating_release(subject: Subject) -> Iterator[Hit]:
    """A moving tag may mix releases within a shard."""
    for position, shard in enumerate(subject.shards):
        if shard.release in FLOATING:
            yield Hit(
                subject.config.release_key(position),
                f"{shard.release} may point to another release tomorrow: a bridge that boots then runs with today's "
                "prosody and jicofo, and neither plan diff nor pulumi shows a change",
                "pin a release, such as stable-11146-2",
            )
