"""Changes that end running pods, judged by the table of parts (`sizing.parts`)."""

from plan.diff.fleet import WORKLOADS, kind_of, zone_of
from plan.diff.verdicts.rule import Case, Effect, rule
from sizing.parts import NAMED

_HOW = {"update": "restarts", "replace": "is replaced", "delete": "is deleted"}


def pods_end(case: Case) -> bool:
    """Return whether the change ends running pods."""
    old = case.change.old
    return old is not None and kind_of(old) in WORKLOADS and (case.change.goes or case.change.touches("spec.template"))


@rule("pods-restart")
def pods_restart(case: Case) -> Effect | None:
    """The record of a part says what participants lose when its pods end."""
    part = NAMED.get(case.component)
    if part is None or part.restart.own_rule or part.restart.off_call or not pods_end(case):
        return None
    restart = part.restart
    texts = {"update": restart.rolled, "replace": restart.replaced or restart.rolled}
    texts["delete"] = restart.removed or texts["replace"]
    cost = (restart.gone_cost or restart.cost) if case.change.goes else restart.cost
    hurt = {"nobody": frozenset(), "shard": case.of_shard, "stack": case.base.bridges}[restart.hurts]
    operation = case.change.operation
    why = texts[operation].format(how=_HOW[operation]) + _moves(case)
    return Effect(cost, why, frozenset() if cost == "none" else hurt)


def _moves(case: Case) -> str:
    """Say that signalling moves into another zone, and what keeps it where it is."""
    old, new = case.change.old, case.change.new
    if old is None or new is None or zone_of(old) == zone_of(new) or case.component not in ("prosody", "jicofo"):
        return ""
    kept, zone = f"shards[].pinned: {'true' if zone_of(old) else 'false'} of {case.shard}", zone_of(new)
    return f"; it is bound to {zone or 'no zone any more'}. {kept} keeps it where it is; docs/shards.md has the way without a cut"
