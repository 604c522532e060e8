"""Guard of a protected stack: refuses changes that drop calls unless they are allowed once."""

import hashlib
import json
from collections.abc import Iterator

from config.policy import GUARD
from plan.diff.result import Diff, Verdict, span
from plan.diff.text import paths_of
from plan.findings.rule import Finding

SHOWN = 8  # changes listed in a refusal; the diff shows all
DIGITS = 12  # of the digest: unique among the changes of a stack, and short enough to type


def dropping(diff: Diff) -> tuple[Verdict, ...]:
    """Return the changes that drop calls."""
    return tuple(verdict for verdict in diff.verdicts if verdict.effect.disruption == "drops")


def fingerprint(diff: Diff) -> str | None:
    """Return a digest of the changes that drop calls. None if no call is dropped.

    It covers the properties on both sides, so a different change, or the same change of a different base, has another.
    """
    changes = sorted(
        [verdict.change.resource.urn, verdict.change.operation, verdict.change.before, verdict.change.after]
        for verdict in dropping(diff)
    )
    if not changes:
        return None
    text = json.dumps(changes, sort_keys=True)
    return f"drops-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def guard(diff: Diff, allowed: str | None) -> Iterator[Finding]:
    """Yield an error if a change is refused, or calls are dropped without permission, and a warning if `allowed` permits a change that is not planned.

    `allowed` is the stack's `allowDisruption`.
    """
    refused = [verdict for verdict in diff.verdicts if verdict.effect.disruption == "refused"]
    if refused:
        lines = [
            f"  {verdict.change.operation} {verdict.change.resource.name}: {verdict.effect.why}" for verdict in refused
        ]
        yield Finding(
            "error",
            GUARD,
            "protect",
            "\n".join(["the stack is protected, and `pulumi up` would end half-way, as a change is refused:", *lines]),
            "make the change that is possible instead",
        )
    digest = fingerprint(diff)
    if digest is None:
        if allowed is not None:
            yield Finding(
                "warning",
                GUARD,
                "allowDisruption",
                f"{allowed} allows a change that was applied or is no longer planned; if the same change returns, it "
                "is not refused",
                f"pulumi config rm jitsi:allowDisruption --stack {diff.stack}",
            )
        return
    if digest == allowed:
        return
    drops = dropping(diff)
    hurt = diff.hurt("drops")
    whom = f"calls on {span(hurt)}" if hurt else "calls"
    lines = [f"the stack is protected, and this change drops {whom}:"]
    lines += [
        f"  {verdict.change.operation} {verdict.change.resource.name}: {verdict.effect.why}{paths_of(verdict)}"
        for verdict in drops[:SHOWN]
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
        "drain the shards first: set state: draining, wait until they are empty (docs/shards.md), then make the change; or "
        "add the new release, node type or zone as a new shard beside the old one (blue-green). To drop these calls anyway, "
        "once:\n"
        f"  pulumi config set jitsi:allowDisruption {digest} --stack {diff.stack}",
    )


def blind(stack: str, reason: str) -> Finding:
    """Return the finding of a protected stack whose state cannot be read, so that the effect of a change is unknown."""
    return Finding(
        "error",
        GUARD,
        "protect",
        f"the stack is protected, but its state cannot be read: {reason}; it is unknown whether this change "
        "drops calls",
        f"find out why `pulumi stack export --stack {stack}` fails; to continue without the guard: pulumi config "
        f"set --path jitsi:policy.rules.{GUARD} disabled --stack {stack}",
    )
