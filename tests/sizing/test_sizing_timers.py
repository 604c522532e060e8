"""The timers around a leaving bridge agree, whatever a stack says."""

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_stacks import stack_of

from config.boot import COLD_START_SECONDS, WARM_UP_SECONDS
from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Bridges, Drain
from sizing.bridge_crash import JAVA_START_SECONDS
from sizing.drain import grace_seconds, hook_seconds
from sizing.rollout import (
    SHARE_PERCENT,
    evicted_at_once,
    in_place,
    leaving_at_once,
    min_ready_seconds,
    shard_leaving_at_once,
)

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


def test_the_time_to_a_usable_bridge_covers_its_start_and_the_longest_warming_up() -> None:
    assert JAVA_START_SECONDS + WARM_UP_SECONDS < COLD_START_SECONDS


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
