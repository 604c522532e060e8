"""The chain of timers around a leaving bridge: each as it is set, and what it must fit.

What can be made to agree is made so, from `bridges.drain` alone, and holds for every stack that is accepted. What belongs to
somebody else (Kapsule's own node deletions, another cluster's autoscaler) may not hold, and is then a finding too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Bridges
from config.model import format_duration
from config.shard import Shard
from config.stack import StackConfig
from plan.drain import (
    HOOK_MARGIN_SECONDS,
    NODE_DELETION_SECONDS,
    drain_seconds,
    grace_seconds,
    hook_seconds,
    namespace_seconds,
)
from plan.rollout import (
    SHARE,
    evicted_at_once,
    in_place,
    min_ready_seconds,
    shard_leaving_at_once,
)


@dataclass(frozen=True, slots=True)
class Timer:
    """One link: what it is, how long it is, what it fits, and whether it does; None: only somebody else knows."""

    what: str
    seconds: int | None
    relation: str
    holds: bool | None
    shards: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it."""
        return {
            "what": self.what,
            "seconds": self.seconds,
            "relation": self.relation,
            "holds": self.holds,
            "shards": list(self.shards),
        }


def chain(bridges: Bridges) -> str:
    """The steps of a drain as text: `announce 12s + migrateAfter 10m + move 1m + exit 1m`."""
    steps = {
        "announce": ANNOUNCE_SECONDS,
        "migrateAfter": bridges.drain.migrate_after,
        "move": MOVE_SECONDS,
        "exit": EXIT_SECONDS,
    }
    return " + ".join(f"{step} {format_duration(seconds)}" for step, seconds in steps.items())


def timers(config: StackConfig) -> tuple[Timer, ...]:
    """Every link of every shard; shards that agree on all of them are told once."""
    of_shard = {shard.name: tuple(_links(config, shard)) for shard in config.resolved}
    by_links: dict[tuple[Timer, ...], list[str]] = {}
    for name, links in of_shard.items():
        by_links.setdefault(links, []).append(name)
    return tuple(
        Timer(link.what, link.seconds, link.relation, link.holds, tuple(names))
        for links, names in by_links.items()
        for link in links
    )


def _links(config: StackConfig, shard: Shard) -> Iterator[Timer]:
    bridges, kapsule = shard.bridges, config.cluster.kind == "kapsule"
    grace, hook, shortest = grace_seconds(bridges), hook_seconds(bridges), bridges.drain.shortest_deadline
    moved = shortest - EXIT_SECONDS
    told = format_duration

    def fits(what: str, seconds: int, limit: int, of: str) -> Timer:
        sign = "<=" if seconds <= limit else "above"
        return Timer(what, seconds, f"{sign} {of} {told(limit)}", seconds <= limit, ())

    def always(what: str, seconds: int | None, relation: str) -> Timer:
        return Timer(what, seconds, relation, True, ())

    yield fits(chain(bridges), shortest, grace, "deadline, the grace period,")
    yield fits("everybody moved", moved, hook, f"the preStop hook's limit (deadline - {HOOK_MARGIN_SECONDS}s)")
    if kapsule:
        longest = drain_seconds(config.resolved)
        yield fits("terminationGracePeriodSeconds", grace, longest, "Kapsule's max_graceful_termination_sec")
        yield fits("the drain", shortest, NODE_DELETION_SECONDS, "what Kapsule waits when it removes a node itself,")
    else:
        relation = f"the cluster's own autoscaler must wait --max-graceful-termination-sec={grace} or longer"
        yield Timer("terminationGracePeriodSeconds", grace, relation, None, ())
    yield always("safe-to-evict", None, "false: a node autoscaler never evicts a bridge, it takes nodes that are empty")
    if not in_place(bridges):
        yield fits(
            "the drain", shortest, min_ready_seconds(bridges), "minReadySeconds: the next leave after the former,"
        )
        ready, progress = min_ready_seconds(bridges), bridges.progress_seconds
        relation = f"< progressDeadlineSeconds {told(progress)}"
        yield Timer("minReadySeconds", ready, relation, ready < progress, ())
    at_once = shard_leaving_at_once(shard)
    yield always("rolling out", None, f"{at_once} of {bridges.min} bridges at a time ({_share(bridges)})")
    if bridges.topology != "daemonset":
        evicted = evicted_at_once(bridges.min)
        yield always("disruption budget", None, f"{evicted} of {bridges.min} bridges at a time ({SHARE}, rounded up)")
    yield fits("the longest drain", grace, namespace_seconds(config.resolved), "the namespace's deletion timeout")


def _share(bridges: Bridges) -> str:
    return "one by one" if in_place(bridges) else f"{SHARE} of each port's, rounded down, at least one"


def grouped(report: Sequence[dict[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """The report's timers by the shards that they are about: `s0, s1` and its links."""
    for shards, links in groupby(report, key=lambda link: ", ".join(link["shards"])):
        yield shards, list(links)
