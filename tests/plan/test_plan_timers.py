"""The timers around a leaving bridge agree, whatever a stack says, or the report tells which one does not."""

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import stack_of

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Bridges, Drain
from plan.drain import grace_seconds, hook_seconds
from plan.rollout import (
    SHARE_PERCENT,
    evicted_at_once,
    in_place,
    leaving_at_once,
    min_ready_seconds,
    shard_leaving_at_once,
)
from plan.timers import timers

drains = st.integers(0, 6 * 3600).flatmap(
    lambda wait: st.integers(0, 24 * 3600).map(
        lambda more: Drain(migrate_after=wait, deadline=ANNOUNCE_SECONDS + wait + MOVE_SECONDS + EXIT_SECONDS + more)
    )
)


@settings(deadline=None)
@given(drains, st.sampled_from(["hostPort", "nodePort"]), st.integers(0, 7200))
def test_what_follows_from_a_drain_agrees_with_it(drain: Drain, layout: str, boot: int) -> None:
    bridges = Bridges.model_validate({"drain": drain, "layout": layout, "scaling": {"boot_time": boot}})
    moved = ANNOUNCE_SECONDS + drain.migrate_after + MOVE_SECONDS
    assert moved <= hook_seconds(bridges) < grace_seconds(bridges)
    assert min_ready_seconds(bridges) < bridges.progress_seconds
    if not in_place(bridges):
        assert min_ready_seconds(bridges) >= moved + EXIT_SECONDS


@given(st.integers(1, 1000))
def test_an_update_takes_its_share_of_the_bridges_and_at_least_one(replicas: int) -> None:
    taken = leaving_at_once(replicas)
    assert taken == 1 or taken <= replicas * SHARE_PERCENT / 100
    assert 1 <= taken <= evicted_at_once(replicas) <= replicas


def _most_leaving(replicas: int, drain: int, min_ready: int, boots: list[int]) -> tuple[int, int]:
    """A Deployment's update without surge, second by second: the most bridges that leave at once, and when all are new.

    The controller removes old ones as long as `replicas - maxUnavailable` are available; what is removed is no replica any
    more, and has a replacement at once, which is ready after the next of `boots`.
    """
    allowed, old, now, most = leaving_at_once(replicas), replicas, 0, 0
    gone_at: list[int] = []
    available_at: list[int] = []
    while old or any(at > now for at in available_at):
        available = old + sum(at <= now for at in available_at)
        while old and available > replicas - allowed:
            old -= 1
            available -= 1
            gone_at.append(now + drain)
            available_at.append(now + boots[len(available_at) % len(boots)] + min_ready)
        most = max(most, sum(at > now for at in gone_at))
        now = min(at for at in [*gone_at, *available_at] if at > now)
    return most, now


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 60), st.integers(130, 4000), st.lists(st.integers(0, 900), min_size=1, max_size=7))
def test_no_more_than_the_share_leaves_at_once_whenever_replacements_are_ready(
    replicas: int, drain: int, boots: list[int]
) -> None:
    most, _ = _most_leaving(replicas, drain, drain, boots)
    assert most == leaving_at_once(replicas)


def test_without_min_ready_seconds_everybody_would_leave_at_once() -> None:
    assert _most_leaving(20, 732, 0, [5])[0] == 20


def test_the_share_counts_every_port_of_a_node() -> None:
    (shard,) = stack_of(bridges={"perNode": 2, "min": 4, "max": 24}).resolved
    assert shard_leaving_at_once(shard) == 2
    assert shard_leaving_at_once(shard, [12, 12]) == 6


def test_every_timer_of_an_ordinary_stack_holds() -> None:
    for layout in ("hostPort", "nodePort"):
        told = timers(stack_of(bridges={"layout": layout}))
        assert told
        assert all(timer.holds for timer in told)


def test_kapsules_own_node_deletions_are_told_when_they_are_too_short() -> None:
    told = timers(stack_of(bridges={"drain": {"migrateAfter": "15m"}}))
    assert [(timer.seconds, timer.relation) for timer in told if not timer.holds] == [
        (1032, "above what Kapsule waits when it removes a node itself, 15m")
    ]


def test_the_autoscaler_of_another_cluster_is_not_ours_to_judge() -> None:
    told = timers(stack_of(region=None, cluster={"kind": "existing"}))
    assert ["--max-graceful-termination-sec=3600" in timer.relation for timer in told if timer.holds is None] == [True]


def test_shards_that_agree_are_told_once() -> None:
    shards = [{"name": name, "zone": "fr-par-1"} for name in ("s0", "s1", "s2")]
    shards[2]["bridges"] = {"drain": {"deadline": "2h"}}  # type: ignore[assignment]
    told = timers(stack_of(shards=shards))
    assert {timer.shards for timer in told} == {("s0", "s1"), ("s2",)}
