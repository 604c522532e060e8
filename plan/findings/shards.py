"""Rules about the shards as a set."""

from collections.abc import Iterator

from plan.findings.rule import Found, Subject, rule

FLOATING = ("latest", "stable", "unstable", "web-latest")
"""Tags of Jitsi's images that move."""


@rule("slot-follows-position", "warning")
def slot_follows_position(subject: Subject) -> Iterator[Found]:
    """Reordering the list would move a shard's ports."""
    for position, entry in enumerate(subject.config.shards):
        if not entry.slot_follows_position:
            continue
        bridges = subject.shards[position].bridges
        moves = bridges.layout == "nodePort" and bridges.first_port is None
        yield Found(
            f"shards[{position}].slot",
            f"the name {entry.name} ends in no number, so slot {position} is its place in the list"
            + (
                "; moving it in the list would move its public ports"
                if moves
                else ", which no port follows as it is now"
            ),
            f"write slot: {position}, or end the name in a number",
            None if moves else "info",
        )


@rule("draining-only", "error")
def draining_only(subject: Subject) -> Iterator[Found]:
    """No shard takes new meetings."""
    if not subject.active:
        states = ", ".join(f"{shard.name} {shard.state}" for shard in subject.shards)
        yield Found(
            "shards",
            f"no shard is active ({states}): new meetings find none",
            "set state: active on one shard at least",
        )


@rule("single-shard", "info")
def single_shard(subject: Subject) -> Iterator[Found]:
    """One signalling core carries every meeting."""
    if len(subject.active) == 1:
        yield Found(
            "shards",
            f"{subject.active[0].name} is the only active shard: when its prosody restarts, every meeting reconnects, and a new "
            "release cannot be brought in beside the old one",
            "add a second shard, in another zone",
        )


@rule("zone-single", "info")
def zone_single(subject: Subject) -> Iterator[Found]:
    """Every shard would go down with one zone."""
    zones = {shard.zone for shard in subject.active}
    if len(subject.active) > 1 and len(zones) == 1:
        yield Found(
            "shards",
            f"all {len(subject.active)} active shards run in {zones.pop()}, and stop with it",
            "place one of them in another zone of the region",
        )


@rule("release-mix", "info")
def release_mix(subject: Subject) -> Iterator[Found]:
    """Shards run different Jitsi releases."""
    releases = {shard.release for shard in subject.shards}
    if len(releases) > 1:
        listed = ", ".join(f"{shard.name} {shard.release}" for shard in subject.shards)
        yield Found(
            "shards",
            f"shards run {len(releases)} releases ({listed}): a meeting sees one of them, as its room lies on one shard",
            "fine while a release is brought in; end it with images.tag and without release on the shards",
        )


@rule("floating-release", "warning")
def floating_release(subject: Subject) -> Iterator[Found]:
    """A tag that moves gives parts of one shard different releases."""
    for position, shard in enumerate(subject.shards):
        if shard.release in FLOATING:
            own = subject.config.shards[position].release is not None
            yield Found(
                f"shards[{position}].release" if own else "images.tag",
                f"{shard.release} is another release tomorrow: a bridge that boots then runs beside a prosody and a jicofo of today, "
                "and neither plan diff nor pulumi sees a change",
                "pin a release, such as stable-11146-2",
            )
