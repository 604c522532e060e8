"""The report's table `Leaving`: the timers and shares around a leaving bridge, read from the rendered objects.

The program's own timers agree in every valid stack, which the rules in `plan.resources` hold. Limits of others (Kapsule's
own node deletions, an existing cluster's autoscaler) may not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from config.bridges import EXIT_SECONDS
from config.model import format_duration
from plan.diff.fleet import kind_of
from plan.diff.paths import at, whole
from plan.resources.budgets import budgets_of, evictable, evictable_limit
from plan.resources.evictions import CLUSTER_TYPE, SAFE_TO_EVICT
from plan.resources.hooks import hook_problem
from plan.resources.made import Resources
from plan.resources.rollouts import leaving_at_once, leaving_limit, strategy_of, stuck
from plan.resources.selection import namespace_of
from plan.resources.templates import Template, least, templates, variable
from sizing.drain import NODE_DELETION_SECONDS, steps_text

WORDS = (
    "announce: it takes no new meetings, and the others learn of it; migrateAfter: it waits for its meetings to end; "
    "move: the remaining participants move to other bridges; exit: its program ends"
)
"""The steps of a leaving bridge."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer: what it is, its length, the limit, and whether it holds; None if only the cluster's owner knows."""

    what: str
    seconds: int | None
    relation: str
    holds: bool | None
    shards: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the entry of the report's `timers`."""
        return {
            "what": self.what,
            "seconds": self.seconds,
            "relation": self.relation,
            "holds": self.holds,
            "shards": list(self.shards),
        }


def timers(stack: Resources) -> tuple[Timer, ...]:
    """Return the timers of every shard; shards whose timers are all equal are grouped."""
    by_links: dict[tuple[Timer, ...], list[str]] = {}
    for shard in stack.config.resolved:
        bridges = [template for template in templates(stack, "jvb") if template.shard == shard.name]
        links = tuple(_links(stack, bridges)) if bridges else (Timer("bridges", None, "are not rendered", False, ()),)
        by_links.setdefault(links, []).append(shard.name)
    return tuple(
        Timer(link.what, link.seconds, link.relation, link.holds, tuple(names))
        for links, names in by_links.items()
        for link in links
    )


def grouped(report: Sequence[dict[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Return the report's timers by shards: `s0, s1` and its timers."""
    for shards, links in groupby(report, key=lambda link: ", ".join(link["shards"])):
        yield shards, list(links)


def _fits(what: str, seconds: int | None, limit: int | None, of: str, sign: str = "<=") -> Timer:
    if seconds is None or limit is None:
        return Timer(what, seconds, f"{of} is not set, or differs between workloads", False, ())
    holds = seconds < limit if sign == "<" else seconds <= limit
    return Timer(what, seconds, f"{sign if holds else 'above'} {of} {format_duration(limit)}", holds, ())


def _links(stack: Resources, bridges: Sequence[Template]) -> Iterator[Timer]:
    steps = [
        _same(whole(variable(each.main, name)) for each in bridges) for name in ("ANNOUNCE", "MIGRATE_AFTER", "MOVE")
    ]
    moved = None if None in steps else sum(filter(None, steps))
    drain = None if moved is None else moved + EXIT_SECONDS
    grace = _same(each.grace for each in bridges)
    yield _fits(steps_text(*steps), drain, grace, "deadline, the grace period,")
    yield _hook(stack, bridges, moved, grace)
    yield from _nodes(stack, drain, grace)
    values = {str(at(each.metadata, "annotations", SAFE_TO_EVICT)) for each in bridges}
    never = values == {"false"}
    effect = (
        "removes a node only once its bridges have left by themselves"
        if never
        else "evicts bridges in the middle of calls"
    )
    yield Timer("safe-to-evict", None, f"{', '.join(sorted(values))}: a node autoscaler {effect}", never, ())
    if {kind_of(each.workload) for each in bridges} == {"Deployment"}:
        ready = _same(whole(at(each.workload.properties, "spec", "minReadySeconds") or 0) for each in bridges)
        progress = _same(whole(at(each.workload.properties, "spec", "progressDeadlineSeconds")) for each in bridges)
        yield _fits("the drain", drain, ready, "minReadySeconds: the next leave after the former,")
        yield _fits("minReadySeconds", ready, progress, "progressDeadlineSeconds", "<")
    yield _rollout(stack, bridges)
    if kind_of(bridges[0].workload) != "DaemonSet":
        yield _budget(stack, bridges)
    namespace = namespace_of(bridges[0].workload)
    limits = (
        each.timeouts.get("delete")
        for each in stack.of("Namespace")
        if at(each.properties, "metadata", "name") == namespace
    )
    yield _fits("the longest drain", grace, next(limits, None), "the namespace's deletion timeout")


def _same(values: Iterable[int | None]) -> int | None:
    """The value of all workloads; None if one lacks it, or they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _hook(stack: Resources, bridges: Sequence[Template], moved: int | None, grace: int | None) -> Timer:
    problem = next((text for each in bridges if (text := hook_problem(stack, each))), None)
    if problem:
        return Timer("everybody moved", moved, f"no preStop hook waits: {bridges[0].part.main} {problem}", False, ())
    deadline = _same(whole(variable(each.main, "DEADLINE")) for each in bridges)
    margin = f" (deadline - {grace - deadline}s)" if grace is not None and deadline is not None else ""
    return _fits("everybody moved", moved, deadline, f"the preStop hook's limit{margin}")


def _nodes(stack: Resources, drain: int | None, grace: int | None) -> Iterator[Timer]:
    cluster = next((each for each in stack.resources if each.type == CLUSTER_TYPE), None)
    if cluster is None:
        relation = f"the cluster's own autoscaler must wait --max-graceful-termination-sec={grace} or longer"
        yield Timer("terminationGracePeriodSeconds", grace, relation, None, ())
        return
    longest = whole(at(cluster.properties, "autoscalerConfig", "maxGracefulTerminationSec"))
    yield _fits("terminationGracePeriodSeconds", grace, longest, "Kapsule's max_graceful_termination_sec")
    yield _fits("the drain", drain, NODE_DELETION_SECONDS, "what Kapsule waits when it removes a node itself,")


def _rollout(stack: Resources, bridges: Sequence[Template]) -> Timer:
    pods = sum(least(stack, each.workload) for each in bridges)
    away = [leaving_at_once(stack, each) for each in bridges]
    holds = all(
        count is not None and count <= leaving_limit(stack, each) for count, each in zip(away, bridges, strict=True)
    )
    stops = [text for each in bridges for text in stuck(each)]
    if stops or None in away:
        return Timer("rolling out", None, stops[0] if stops else "maxUnavailable is not set", False, ())
    share = at(strategy_of(bridges[0]), "rollingUpdate", "maxUnavailable")
    how = (
        f"{share} of each port's, rounded down, at least one"
        if kind_of(bridges[0].workload) == "Deployment"
        else "one by one"
    )
    return Timer("rolling out", None, f"{sum(filter(None, away))} of {pods} bridges at a time ({how})", holds, ())


def _budget(stack: Resources, bridges: Sequence[Template]) -> Timer:
    pods = sum(least(stack, each.workload) for each in bridges)
    budgets = {each.name: each for template in bridges for each in budgets_of(stack, template)}
    covered = all(len(budgets_of(stack, template)) == 1 for template in bridges)
    if len(budgets) != 1 or not covered:
        return Timer("disruption budget", None, f"{len(budgets)} budgets select {pods} bridges, 1 must", False, ())
    (budget,) = budgets.values()
    away, spec = evictable(budget, pods), at(budget.properties, "spec") or {}
    bound = (
        f"{spec['maxUnavailable']}, rounded up"
        if "maxUnavailable" in spec
        else f"minAvailable {spec.get('minAvailable')}"
    )
    holds = away is not None and 1 <= away <= evictable_limit(pods)
    return Timer("disruption budget", None, f"{away} of {pods} bridges at a time ({bound})", holds, ())
