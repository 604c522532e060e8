"""Kapsule pools (`/k8s/v1/.../pools`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.api import clusters, fleet, security_groups, versions
from scaleway_emulator.api.control_planes import OFFERS
from scaleway_emulator.api.pool_bodies import LabelsBody, PoolBody, PoolPatch, StartupTaintsBody, Taint, TaintsBody
from scaleway_emulator.api.products import node_type_of
from scaleway_emulator.catalogue import ZONES
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import Pool

if TYPE_CHECKING:
    from scaleway_emulator.call import Answer, Call
    from scaleway_emulator.state import Cluster

SMALLEST_ROOT = 20_000_000_000
VOLUMES = ("l_ssd", "b_ssd", "sbs_5k", "sbs_15k")


def shown(call: Call, pool: Pool) -> dict[str, Any]:
    """The pool as the API answers it: `PRO2-XXS` becomes `pro2_xxs`."""
    node_type = pool.node_type.lower().replace("-", "_")
    return {**pool.shown(), "node_type": node_type, "status": fleet.pool_status(call.state, pool, call.clock())}


POOLS = Collection[Pool](
    records=lambda state: state.pools, name="pool", key="pools", filters=("name", "status"), shown=shown
)


def of_cluster(call: Call, cluster: Cluster) -> list[Pool]:
    """The cluster's pools."""
    return [pool for pool in call.state.pools.values() if pool.cluster_id == cluster.id]


def _check_size(call: Call, cluster: Cluster, pool: Pool) -> None:
    """Refuse a size beyond the limits of the pool or of the control plane; `pool` is the new version."""
    others = [other for other in of_cluster(call, cluster) if other.id != pool.id]
    offer = OFFERS[cluster.type]
    if not offer.dedicated and pool.size == 0 and all(other.size == 0 for other in others):
        raise errors.precondition("pool_size", "a mutualized cluster cannot have less than 1 node")
    if pool.max_size < 1:
        raise errors.invalid("max_size", "must be at least 1")
    if pool.min_size > pool.max_size:
        raise errors.invalid("min_size", f"min_size {pool.min_size} is greater than max_size {pool.max_size}")
    if pool.autoscaling and not pool.min_size <= pool.size <= pool.max_size:
        raise errors.invalid("size", f"size {pool.size} is not within {pool.min_size} and {pool.max_size}")
    total = pool.size + sum(other.size for other in others)
    if total > offer.max_nodes:
        raise errors.invalid("size", f"a {cluster.type} cluster has at most {offer.max_nodes} nodes, got {total}")


def _check_group(call: Call, group_id: str, zone: str) -> None:
    group = call.state.security_groups.get(group_id)
    if group is None:
        raise errors.not_found("security_group", group_id)
    if group.zone != zone:
        raise errors.invalid("security_group_id", f"security group {group_id} is in {group.zone}, the pool in {zone}")
    security_groups.fit_for_nodes(group)


def _taints(taints: list[Taint] | None) -> list[dict[str, str]]:
    """Taints as the API answers them, sorted by key."""
    return sorted((taint.model_dump() for taint in taints or []), key=lambda taint: (taint["key"], taint["effect"]))


def _root_volume(body: PoolBody) -> tuple[str, int]:
    """Type and size in bytes of a node's root volume."""
    volume = body.root_volume_type or "sbs_5k"
    if volume == "default_volume_type":
        volume = "sbs_5k"
    if volume not in VOLUMES:
        raise errors.invalid("root_volume_type", f"unknown volume type {volume!r}")
    root_size = body.root_volume_size or SMALLEST_ROOT
    if root_size < SMALLEST_ROOT:
        raise errors.invalid("root_volume_size", f"must be at least 20 GB, got {root_size / 1e9:g} GB")
    return volume, root_size


def _check_body(call: Call, body: PoolBody, zone: str) -> None:
    if body.container_runtime not in ("", "unknown_runtime", "containerd"):
        raise errors.invalid("container_runtime", f"{body.container_runtime!r} is not available, use containerd")
    for argument in body.kubelet_args or {}:
        if argument not in versions.KUBELET_ARGS:
            raise errors.invalid("kubelet_args", f"{argument!r} cannot be set")
    if body.private_network_id and body.private_network_id not in call.state.private_networks:
        raise errors.not_found("private_network", body.private_network_id)
    if body.security_group_id:
        _check_group(call, body.security_group_id, zone)


def create(call: Call) -> Answer:
    """POST clusters/{id}/pools."""
    cluster = clusters.settled(call)
    body = call.body(PoolBody)
    zone = body.zone or f"{call.region}-1"
    if zone not in ZONES[call.region]:
        raise errors.invalid("zone", f"zone {zone} is not in region {call.region}")
    node_type = node_type_of(body.node_type, zone)
    if any(pool.name == body.name for pool in of_cluster(call, cluster)):
        raise errors.conflict("pool", f"pool name {body.name!r} must be unique across the cluster")
    volume, root_size = _root_volume(body)
    _check_body(call, body, zone)
    policy = {"max_unavailable": 1, "max_surge": 0, **(body.upgrade_policy.given() if body.upgrade_policy else {})}
    pool = Pool(
        scaling_until=call.clock() + call.options.settle,
        cluster_id=cluster.id,
        region=call.region,
        name=body.name,
        version=cluster.version,
        node_type=node_type.name,
        autoscaling=body.autoscaling,
        autohealing=body.autohealing,
        size=body.size,
        min_size=min(1, body.size) if body.min_size is None else body.min_size,
        max_size=body.size if body.max_size is None else body.max_size,
        tags=body.tags or [],
        placement_group_id=body.placement_group_id,
        kubelet_args=body.kubelet_args or {},
        upgrade_policy=policy,
        zone=zone,
        root_volume_type=volume,
        root_volume_size=root_size,
        public_ip_disabled=body.public_ip_disabled,
        security_group_id=body.security_group_id or "",
        labels=dict(body.labels or {}),
        taints=_taints(body.taints),
        startup_taints=_taints(body.startup_taints),
        private_network_id=body.private_network_id or cluster.private_network_id,
    )
    _check_size(call, cluster, pool)
    if not pool.security_group_id:
        pool.security_group_id = security_groups.kapsule_default(call.state, zone, cluster.project_id).id
    call.state.pools[pool.id] = pool
    fleet.resize(call.state, pool, call.options, call.clock())
    return POOLS.answer(call, pool)


def list_pools(call: Call) -> Answer:
    """GET clusters/{id}/pools: those of this cluster only."""
    return POOLS.page(call, of_cluster(call, clusters.CLUSTERS.find(call)))


def update(call: Call) -> Answer:
    """PATCH pools/{id}."""
    pool = _changeable(call)
    body = call.body(PoolPatch)
    given = body.given()
    given["upgrade_policy"] = {**pool.upgrade_policy, **(body.upgrade_policy.given() if body.upgrade_policy else {})}
    if call.clock() < pool.upgrading_until and "size" in given:
        raise errors.transient("pool", pool.id, "upgrading")
    if body.security_group_id:
        _check_group(call, body.security_group_id, pool.zone)
    changed = pool.model_copy(update=given)
    if changed.autoscaling:
        # The API moves the size into new bounds rather than refusing them.
        changed.size = min(max(changed.size, changed.min_size), max(changed.max_size, changed.min_size))
    _check_size(call, call.state.clusters[pool.cluster_id], changed)
    return _store(call, changed)


def _store(call: Call, pool: Pool) -> Answer:
    pool.touch()
    call.state.pools[pool.id] = pool
    fleet.resize(call.state, pool, call.options, call.clock())
    return POOLS.answer(call, pool)


def _changeable(call: Call) -> Pool:
    pool = POOLS.find(call)
    if pool.deleting:
        raise errors.transient("pool", pool.id, "deleting")
    return pool


def _scaling(call: Call) -> dict[str, Any]:
    """For a moment a pool is scaling after it was made or its nodes' labels or taints were set, as recorded."""
    return {"scaling_until": call.clock() + call.options.settle}


def set_labels(call: Call) -> Answer:
    """PUT pools/{id}/set-labels: the whole map, also on live nodes."""
    pool = _changeable(call)
    return _store(call, pool.model_copy(update={**_scaling(call), "labels": dict(call.body(LabelsBody).labels)}))


def set_taints(call: Call) -> Answer:
    """PUT pools/{id}/set-taints: the whole list, also on live nodes."""
    pool = _changeable(call)
    return _store(call, pool.model_copy(update={**_scaling(call), "taints": _taints(call.body(TaintsBody).taints)}))


def set_startup_taints(call: Call) -> Answer:
    """PUT pools/{id}/set-startup-taints: for new nodes only."""
    pool = _changeable(call)
    taints = _taints(call.body(StartupTaintsBody).startup_taints)
    return _store(call, pool.model_copy(update={**_scaling(call), "startup_taints": taints}))


def upgrade(call: Call) -> Answer:
    """POST pools/{id}/upgrade: to the cluster's version at most."""
    pool = _changeable(call)
    version = versions.upgradable(pool.version, call.body(clusters.UpgradeBody).version)
    cluster = call.state.clusters[pool.cluster_id]
    if versions.parts(version) > versions.parts(cluster.version):
        raise errors.invalid("version", f"the cluster is at {cluster.version}, upgrade it before its pools")
    pool.version, pool.upgrading_until = version, call.clock() + call.options.settle
    pool.touch()
    return POOLS.answer(call, pool)


def delete(call: Call) -> Answer:
    """DELETE pools/{id}: its nodes are drained, then removed."""
    pool = POOLS.find(call)
    pool.deleting = True
    answer = shown(call, pool)
    for node in fleet.nodes_of(call.state, pool):
        fleet.remove(node, call.clock())
    fleet.forget_emptied_pools(call.state)
    return 200, answer
