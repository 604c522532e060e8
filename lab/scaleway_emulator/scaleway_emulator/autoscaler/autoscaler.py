"""The autoscaler's loop: reads the cluster, decides with `scale_up` and `scale_down`, and acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaleway_emulator.api import fleet
from scaleway_emulator.api.cluster_bodies import seconds
from scaleway_emulator.autoscaler.scale_down import Rules, shrink
from scaleway_emulator.autoscaler.scale_up import Group, grow
from scaleway_emulator.catalogue import NODE_TYPES, PODS_PER_NODE
from scaleway_emulator.cluster import drain, node_objects, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaleway_emulator.cluster.kube import Kube
    from scaleway_emulator.options import Options
    from scaleway_emulator.state import Cluster, Node, Pool, State

BACKOFF = 5 * 60.0  # upstream: --initial-node-group-backoff-duration
UNREADY_PERCENT, UNREADY_NODES = 45, 3
"""Above both, an unready cluster does not grow; upstream: --max-total-unready-percentage, --ok-total-unready-count."""
DRAIN_HEADROOM = 30.0  # upstream waits max-graceful-termination-sec and this


def template(pool: Pool) -> workloads.Host:
    """A new node of the pool, as the simulation sees it."""
    node_type = NODE_TYPES[pool.node_type]
    return workloads.Host(
        name=f"template-{pool.name}",
        cpu=node_type.allocatable_millicores,
        memory=node_type.allocatable_bytes,
        pods=PODS_PER_NODE,
        labels=node_objects.template_labels(pool),
        taints=tuple(workloads.Taint(t["key"], t["value"], t["effect"]) for t in node_objects.taints(pool)),
        pool=pool.id,
    )


def group(pool: Pool) -> Group:
    """The pool, as the decisions see it."""
    return Group(
        id=pool.id,
        template=template(pool),
        size=pool.size,
        min_size=pool.min_size,
        max_size=pool.max_size,
        hourly_eur=NODE_TYPES[pool.node_type].hourly_in(pool.zone),
    )


def rules(config: dict[str, Any], options: Options) -> Rules:
    """The rules of `autoscaler_config`, with durations scaled."""
    unneeded = seconds(config["scale_down_unneeded_time"]) / options.time_scale
    return Rules(
        disabled=config["scale_down_disabled"],
        threshold=config["scale_down_utilization_threshold"],
        unneeded=unneeded if options.unneeded is None else options.unneeded,
        delay_after_add=seconds(config["scale_down_delay_after_add"]) / options.time_scale,
        skip_local_storage=config["skip_nodes_with_local_storage"],
        ignore_daemonsets=config["ignore_daemonsets_utilization"],
        cutoff=config["expendable_pods_priority_cutoff"],
    )


@dataclass(slots=True)
class Autoscaler:
    """One autoscaler for all clusters, which share the API server."""

    kube: Kube
    state: State
    options: Options
    say: Callable[[str], None]
    since: dict[str, float] = field(default_factory=dict[str, float])
    """Node name -> time since when it is unneeded."""
    unhealthy: bool = False
    backed_off: dict[str, float] = field(default_factory=dict[str, float])
    """Pool id -> time until which it does not grow."""

    async def scan(self, now: float) -> None:
        """Scan every cluster once.

        Raises:
            Unreachable: the API server is away.
        """
        for cluster in list(self.state.clusters.values()):
            if cluster.busy != "deleting" and self._pools(cluster):
                await self._scan(cluster, now)

    def _pools(self, cluster: Cluster) -> list[Pool]:
        pools = self.state.pools.values()
        return [p for p in pools if p.cluster_id == cluster.id and p.autoscaling and not p.deleting]

    async def _scan(self, cluster: Cluster, now: float) -> None:
        """Read first, then decide on the state as it is by then."""
        pods_json = await self.kube.items("/api/v1/pods")
        pending = any(not item["spec"].get("nodeName") for item in pods_json)
        leaving = any(node.phase == "draining" for node in self.state.nodes.values())
        if not (pending or leaving) and all(pool.size <= pool.min_size for pool in self._pools(cluster)):
            self.since = {}
            return  # nothing to add or remove
        items = await self.kube.items("/api/v1/nodes")
        budgets = [workloads.budget(item) for item in await self.kube.items("/apis/policy/v1/poddisruptionbudgets")]
        pods = [workloads.pod(item) for item in pods_json]
        nodes = {node.name: node for node in self.state.nodes.values() if node.cluster_id == cluster.id}
        hosts = [
            workloads.host(item, nodes[name].pool_id if name in nodes and nodes[name].phase == "running" else "")
            for item in items
            if (name := item["metadata"]["name"])
        ]
        await self._finish_drains(cluster, items, pods_json, nodes, now)
        pools = self._pools(self.state.clusters.get(cluster.id, cluster))
        for pool in pools:
            self._give_up_on_failed(pool, now)
        if self._unhealthy(hosts):
            if not self.unhealthy:
                self.say("autoscaler: too many nodes are not ready, no node is added or removed")
            self.unhealthy = True
            return
        self.unhealthy = False
        if self._grow(cluster, pools, hosts, pods, now):
            return
        decision = shrink(
            pods,
            hosts,
            {pool.id: group(pool) for pool in pools},
            budgets,
            rules(cluster.autoscaler_config, self.options),
            since=self.since,
            last_scale_up=cluster.last_scale_up,
            now=now,
        )
        self.since = decision.since
        draining = any(node.phase == "draining" for node in nodes.values())
        listed = {item["metadata"]["name"]: item for item in items}
        for name in () if draining else decision.remove:
            node = nodes[name]
            self.say(f"autoscaler: {name} is not needed, draining it")
            node.phase, node.drain_since = "draining", now
            await drain.mark(self.kube, listed[name], marked=True)  # at once, so that no pod is bound to it meanwhile

    def _grow(
        self,
        cluster: Cluster,
        pools: list[Pool],
        hosts: Sequence[workloads.Host],
        pods: Sequence[workloads.Pod],
        now: float,
    ) -> bool:
        known = {host.name for host in hosts if host.ready}
        upcoming: list[workloads.Host] = []
        for pool in self.state.pools.values():
            if pool.cluster_id == cluster.id:
                lost = pool.zone in self.state.lost_zones
                coming = [node for node in fleet.working(self.state, pool) if node.name not in known and not lost]
                upcoming += [template(pool) for _ in coming]
        config = cluster.autoscaler_config
        decisions = grow(
            pods,
            [host for host in hosts if host.ready],
            upcoming,
            [group(pool) for pool in pools if pool.zone not in self.state.lost_zones],
            expander=config["expander"],
            cutoff=config["expendable_pods_priority_cutoff"],
            balance=config["balance_similar_node_groups"],
            backed_off=[pool for pool, until in self.backed_off.items() if now < until],
            seed=len(self.state.nodes),
        )
        for decision in decisions:
            pool = self.state.pools[decision.pool]
            pool.size += decision.nodes
            pool.touch()
            cluster.last_scale_up = now
            self.say(f"autoscaler: pool {pool.name} +{decision.nodes} for {', '.join(decision.pods)}")
            fleet.resize(self.state, pool, self.options, now)
        return bool(decisions)

    def _unhealthy(self, hosts: Sequence[workloads.Host]) -> bool:
        """Whether so many nodes are lost that upstream's autoscaler waits for an operator; new ones do not count there."""
        unready = sum(not host.ready and host.labels.get(node_objects.ZONE) in self.state.lost_zones for host in hosts)
        return unready > UNREADY_NODES and 100 * unready > UNREADY_PERCENT * len(hosts)

    def _give_up_on_failed(self, pool: Pool, now: float) -> None:
        """Back off from a pool whose Instances are refused, and cancel those orders."""
        failed = [node for node in fleet.nodes_of(self.state, pool) if node.phase == "failed"]
        if failed and pool.size > pool.min_size:
            self.say(f"autoscaler: pool {pool.name} backs off, {failed[0].error_message}")
            self.backed_off[pool.id] = now + BACKOFF / self.options.time_scale
            pool.size = max(pool.min_size, pool.size - len(failed))
            fleet.resize(self.state, pool, self.options, now)

    async def _finish_drains(
        self,
        cluster: Cluster,
        items: list[dict[str, Any]],
        pods: list[dict[str, Any]],
        nodes: dict[str, Node],
        now: float,
    ) -> None:
        """Evict with at most `max_graceful_termination_sec` of grace; delete empty nodes, keep those that are late."""
        max_grace = int(cluster.autoscaler_config["max_graceful_termination_sec"])
        by_name = {item["metadata"]["name"]: item for item in items}
        for node in nodes.values():
            item = by_name.get(node.name)
            if node.phase != "draining" or item is None:
                continue
            left = drain.remaining(pods, node)
            if not left:
                pool = self.state.pools[node.pool_id]
                pool.size = max(pool.min_size, pool.size - 1)
                fleet.remove(node, now)
                self.say(f"autoscaler: {node.name} is empty and goes, pool {pool.name} has {pool.size}")
            elif now > node.drain_since + (max_grace + DRAIN_HEADROOM) / self.options.time_scale + DRAIN_HEADROOM:
                self.say(f"autoscaler: {node.name} did not become empty, keeping it")
                node.phase = "running"
                await drain.mark(self.kube, item, marked=False)
            else:
                await drain.mark(self.kube, item, marked=True)
                await drain.evict(self.kube, left, max_grace)
