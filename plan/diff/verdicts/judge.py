"""All rules about a change, and their combined verdict."""

from components.registry import registered
from plan.diff.compare import Change
from plan.diff.fleet import WORKLOADS, Fleet, kind_of
from plan.diff.leaving_shards import shard_of, successor
from plan.diff.verdicts.rule import Case, Effect, Rule, worst
from sizing.parts import NAMED

RULES: tuple[Rule, ...] = registered(
    "plan.diff.verdicts",
    Rule,
    first=("bridges", "parts", "signalling", "edge", "bridge_pools", "nodes", "cluster", "extras", "pod_numbers"),
)
"""Every function decorated with `@rule` in this package. Among equal effects the first rule decides."""


def judge(change: Change, base: Fleet, head: Fleet) -> Effect:
    """Return the worst effect of all rules; a change that no rule covers has no effect on calls."""
    case = Case(change, base, head)
    if change.operation == "delete" and (other := successor(shard_of(change.resource), base, head)):
        return Effect(
            "none", f"goes once the last meeting of {shard_of(change.resource)} has ended; new rooms open on {other}"
        )
    return worst(effect for rule in RULES if (effect := rule.effect(case))) or _harmless(case)


def _harmless(case: Case) -> Effect:
    if not case.existed:
        return Effect("none", "a new resource; running pods are not affected")
    kind = kind_of(case.change.resource)
    if case.change.operation == "update" and all(path.startswith("metadata.") for path in case.change.paths):
        return Effect("none", "only labels or annotations change; nothing restarts")
    part = NAMED.get(case.component)
    if part and part.restart.off_call:
        reads = part.restart.files if kind in ("ConfigMap", "Secret") and case.change.operation == "update" else ""
        return Effect("none", reads or part.restart.rolled)
    if kind in WORKLOADS and not case.change.goes and not case.change.touches("spec.template"):
        return Effect("none", "no pod restarts")
    return Effect("none", f"no call passes through this {kind}")
