"""Rules about PodDisruptionBudgets: how many pods a node drain may take at a time."""

from collections.abc import Iterator

from plan.diff.fleet import component_of, kind_of
from plan.diff.paths import at, mapping
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import namespace_of, selected, selector_of
from plan.resources.templates import Template, known, least, share, templates
from sizing.parts import NAMED
from sizing.rollout import SHARE, SHARE_PERCENT

BUDGETED = ("jvb", "jibri", "haproxy", "coturn", "coturn-udp", "visitors")
"""Parts of several pods, of which a node drain must leave most."""
SLOW = ("jvb", "jibri")
"""Parts whose unready pods would block a node's drain for as long as they may take to leave."""


def budgets_of(stack: Resources, template: Template) -> list[Resource]:
    """Return the budgets that select a template's pods."""
    return [
        budget
        for budget in stack.of("PodDisruptionBudget")
        if selected(selector_of(budget), namespace_of(budget), [template.pods])
    ]


def _held(stack: Resources, budget: Resource) -> list[Template]:
    return [each for each in templates(stack) if budget in budgets_of(stack, each)]


def evictable(budget: Resource, pods: int) -> int | None:
    """Return how many of `pods` a budget lets go at a time; None if it is unknown."""
    spec = mapping(at(budget.properties, "spec"))
    if "maxUnavailable" in spec:
        return share(spec["maxUnavailable"], pods, up=True)
    kept = share(spec.get("minAvailable"), pods, up=True)
    if kept is None:
        return None if not known(spec.get("minAvailable")) else 0
    return max(0, pods - kept)


def evictable_limit(pods: int) -> int:
    """Return how many of `pods` a node drain may take at a time: the share, rounded up, and at least one."""
    return max(1, -(-pods * SHARE_PERCENT // 100))


@rule("budget-missing", "error")
def budget_missing(stack: Resources) -> Iterator[Hit]:
    """No budget, or more than one, covers pods of which a node drain must leave most."""
    for template in templates(stack, *BUDGETED):
        if kind_of(template.workload) == "DaemonSet":
            continue
        budgets = budgets_of(stack, template)
        if not budgets:
            yield Hit(
                template.where,
                f"no PodDisruptionBudget selects the pods of {template.name}: a node drain evicts all of them at once",
                "add one that selects exactly these pods",
            )
        elif len(budgets) > 1:
            yield Hit(
                template.where,
                f"{', '.join(each.name for each in budgets)} select the same pods: the API server refuses every eviction "
                "then, and node drains hang until pods are killed",
                "keep one",
            )


@rule("budget-selects-nothing", "error")
def budget_selects_nothing(stack: Resources) -> Iterator[Hit]:
    """A budget of the stack selects no pods, or those of several shards or parts."""
    for budget in stack.of("PodDisruptionBudget"):
        if component_of(budget) not in NAMED or not known(at(budget.properties, "spec", "selector")):
            continue
        held = {(each.name, each.shard) for each in _held(stack, budget)}
        if len(held) != 1:
            names = ", ".join(f"{name} of {shard}" for name, shard in sorted(held))
            yield Hit(
                f"{budget.name}.spec.selector",
                f"selects {names or 'no pods'}: "
                + ("one of them may lose all its pods" if held else "nothing is held"),
                "select the pods of one part of one shard",
            )


@rule("budget-too-wide", "error")
def budget_too_wide(stack: Resources) -> Iterator[Hit]:
    """A node drain may take more pods at a time than a quarter."""
    for budget in stack.of("PodDisruptionBudget"):
        held = [each for each in _held(stack, budget) if each.name in BUDGETED]
        pods = sum(least(stack, each.workload) for each in held)
        away = evictable(budget, pods)
        if not held or away is None:
            continue
        limit = evictable_limit(pods)
        if away > limit or (evictable(budget, 100) or 0) > SHARE_PERCENT:
            yield Hit(
                f"{budget.name}.spec",
                f"lets {away} of {pods} {held[0].name} go at a time, and {limit} ({SHARE}, rounded up) are promised: the "
                "remaining ones are overloaded, or nobody can join",
                f"set maxUnavailable to {SHARE}, or to 1",
            )


@rule("budget-blocks", "error")
def budget_blocks(stack: Resources) -> Iterator[Hit]:
    """A budget never lets a pod go, so node drains hang until pods are killed."""
    for budget in stack.of("PodDisruptionBudget"):
        held = _held(stack, budget)
        pods = sum(least(stack, each.workload) for each in held)
        away = evictable(budget, pods)
        if held and away is not None and away < 1:
            yield Hit(
                f"{budget.name}.spec",
                f"lets none of {pods} {held[0].name} go: a node drain waits for {held[0].name} until its time is up, then "
                "kills the pods",
                f"set maxUnavailable to {SHARE}, or to 1",
            )
        policy = at(budget.properties, "spec", "unhealthyPodEvictionPolicy")
        slow = [each for each in held if each.name in SLOW]
        if slow and known(policy) and policy != "AlwaysAllow":
            yield Hit(
                f"{budget.name}.spec.unhealthyPodEvictionPolicy",
                f"is {policy}: an unready {slow[0].name} counts as away, and may not be evicted itself: its node never drains",
                "set it to AlwaysAllow",
            )
