"""The guard of a protected stack: what a change that throws people out of calls is told, and how it is allowed once."""

import hashlib
import json
from collections.abc import Iterator

from config.policy import GUARD
from plan.diff.result import Diff, Judged, span
from plan.diff.text import paths_of
from plan.findings.rule import Finding

SHOWN = 8  # changes that are named in a refusal; the diff shows all
DIGITS = 12  # of the digest: enough to tell changes of one stack apart, short enough to type


def dropping(made: Diff) -> tuple[Judged, ...]:
    """The changes that end calls."""
    return tuple(one for one in made.judged if one.effect.disruption == "drops")


def fingerprint(made: Diff) -> str | None:
    """A name for what the dropping changes are, from what to what; none where no call is dropped.

    It follows from the properties on both sides, so another change, or the same one from elsewhere, has another name.
    """
    changes = sorted(
        [one.change.resource.urn, one.change.operation, one.change.before, one.change.after] for one in dropping(made)
    )
    if not changes:
        return None
    text = json.dumps(changes, sort_keys=True)
    return f"drops-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def guard(made: Diff, allowed: str | None) -> Iterator[Finding]:
    """A refusal where calls are dropped and nobody allowed this; a reminder where something is allowed that does not happen.

    `allowed` is the stack's `allowDisruption`.
    """
    found = fingerprint(made)
    if found is None:
        if allowed is not None:
            yield Finding(
                "warning",
                GUARD,
                "allowDisruption",
                f"{allowed} allows a change that was made, or is not made any more; should the same one come back, nobody is asked",
                f"pulumi config rm jitsi:allowDisruption --stack {made.stack}",
            )
        return
    if found == allowed:
        return
    drops = dropping(made)
    hurt = made.hurt("drops")
    whom = f"calls on {span(hurt)}" if hurt else "calls"
    lines = [f"the stack is protected, and this change drops {whom}:"]
    lines += [
        f"  {one.change.operation} {one.change.resource.name}: {one.effect.why}{paths_of(one)}" for one in drops[:SHOWN]
    ]
    if len(drops) > SHOWN:
        lines.append(f"  and {len(drops) - SHOWN} more")
    if allowed is not None:
        lines.append(f"jitsi:allowDisruption {allowed} allows another change, not this one")
    yield Finding(
        "error",
        GUARD,
        "protect",
        "\n".join(lines),
        "empty the shards first: state: draining, wait until nobody is there (docs/shards.md), then make the change; or bring the new "
        "release, type or zone in as a new shard beside the old one (blue and green). To drop these calls all the same, this once:\n"
        f"  pulumi config set jitsi:allowDisruption {found} --stack {made.stack}",
    )


def blind(stack: str, reason: str) -> Finding:
    """What a protected stack is told where its state cannot be read, so that nobody knows whom a change hurts."""
    return Finding(
        "error",
        GUARD,
        "protect",
        f"the stack is protected, and what runs cannot be read: {reason}; so nobody knows whether this change drops calls",
        f"see why `pulumi stack export --stack {stack}` fails here; to go on without the guard: "
        f"pulumi config set --path jitsi:policy.rules.{GUARD} disabled --stack {stack}",
    )
