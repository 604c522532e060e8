"""A Deployment or StatefulSet of bridges: creates pods, selects pods to remove, and drains them."""

import random
from collections.abc import Callable

from plan.simulate.bridge import Bridge
from plan.simulate.jicofo import Jicofo
from plan.simulate.nodes import NodePool
from plan.simulate.settings import LeavingSettings, WorkloadSettings


class Workload:
    """A workload; `bridges` includes leaving ones, `desired` is its scale."""

    def __init__(self, name: str, settings: WorkloadSettings, desired: int, *, deletion_cost: bool, seed: int) -> None:
        self.name = name
        self.settings = settings
        self.desired = desired
        self.bridges: list[Bridge] = []
        self._created = 0
        self._deletion_cost = deletion_cost
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.reconcile(0)

    @property
    def live(self) -> list[Bridge]:
        """Bridges that are not leaving."""
        return [bridge for bridge in self.bridges if bridge.leaving_since is None]

    def reconcile(self, now: int) -> None:
        """Run one reconcile of the controller. A StatefulSet cannot recreate an ordinal while its old pod drains."""
        live = self.live
        if self.settings.ordinals:
            existing = {bridge.ordinal for bridge in self.bridges}
            for ordinal in range(self.desired):
                if ordinal not in existing:
                    self._create(ordinal)
            leaving = [bridge for bridge in live if bridge.ordinal >= self.desired]
        else:
            for _ in range(self.desired - len(live)):
                self._create(self._created)
            surplus = len(live) - self.desired
            leaving = sorted(live, key=self._leaves_first(now))[:surplus] if surplus > 0 else []
        for bridge in leaving:
            bridge.leaving_since = now

    def _create(self, ordinal: int) -> None:
        self._created += 1
        self.bridges.append(Bridge(f"{self.name}-{self._created}", ordinal))

    def _leaves_first(self, now: int) -> Callable[[Bridge], tuple[object, ...]]:
        """Return the ReplicaSet's order: unscheduled, not ready, lower deletion cost, younger (powers of two), random."""

        def rank(bridge: Bridge) -> tuple[object, ...]:
            ready = bridge.ready(now)
            age = now - bridge.ready_at if ready and bridge.ready_at is not None else 0
            cost = bridge.deletion_cost if self._deletion_cost else 0
            return bridge.node is not None, ready, cost, (age + 1).bit_length(), self._random.random()

        return rank


def drain(now: int, workload: Workload, pool: NodePool, jicofo: Jicofo, rules: LeavingSettings) -> int:
    """Advance all leaving bridges by one step. Return how many rooms were cut."""
    cut = 0
    for bridge in workload.bridges.copy():
        if bridge.leaving_since is None:
            continue
        since = now - bridge.leaving_since
        if not bridge.ready(now):
            _remove(now, workload, pool, bridge)
            continue
        if rules.loses_service and bridge.load:
            cut += jicofo.cut(now, bridge)
        if bridge.ending_since is None and since >= rules.announce:
            waited = rules.migrate_after is not None and since >= rules.announce + rules.migrate_after
            if waited or not bridge.load:
                bridge.ending_since = now
        if bridge.ending_since is not None and bridge.load:
            jicofo.empty(now, bridge)
        over = bridge.ending_since is not None and now - bridge.ending_since >= rules.move
        if over or (rules.deadline is not None and since >= rules.deadline):
            cut += jicofo.cut(now, bridge) if bridge.load else 0
            _remove(now, workload, pool, bridge)
    return cut


def _remove(now: int, workload: Workload, pool: NodePool, bridge: Bridge) -> None:
    workload.bridges.remove(bridge)
    pool.free(now, bridge)
