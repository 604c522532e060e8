"""Kapsule clusters (`/k8s/v1/.../clusters`)."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.api import loadbalancers, versions
from scaleway_emulator.api.cluster_bodies import (
    AUTOSCALER_DEFAULTS,
    NO_OPEN_ID,
    NO_UPGRADE,
    ClusterBody,
    ClusterPatch,
    TypeBody,
    UpgradeBody,
    with_autoscaler,
    with_open_id,
    with_upgrade,
)
from scaleway_emulator.api.control_planes import OFFERS, changes
from scaleway_emulator.api.vpc import RESERVED, Network, overlapping
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import Cluster

if TYPE_CHECKING:
    from scaleway_emulator.call import Answer, Call
    from scaleway_emulator.state import PrivateNetwork, State

POD_CIDR, SERVICE_CIDR, SERVICE_DNS = "100.64.0.0/15", "10.32.0.0/20", "10.32.0.10"
OPEN_TO_ALL = {"ip": "0.0.0.0/0", "description": "Automatically generated"}


def status(call: Call, cluster: Cluster) -> str:
    """The cluster's status: `creating`, `updating` or `deleting` while busy, `pool_required` without a pool, else `ready`."""
    if cluster.busy and (cluster.busy == "deleting" or call.clock() < cluster.busy_until):
        return cluster.busy
    has_pool = any(pool.cluster_id == cluster.id for pool in call.state.pools.values())
    return "ready" if has_pool else "pool_required"


def shown(call: Call, cluster: Cluster) -> dict[str, Any]:
    """The cluster as the API answers it."""
    return {
        **cluster.shown(),
        "status": status(call, cluster),
        "cluster_url": call.control_plane.url(cluster),
        "dns_wildcard": f"*.{cluster.id}.nodes.k8s.{cluster.region}.scw.cloud",
        "upgrade_available": bool(versions.available_for(cluster.version)),
    }


CLUSTERS = Collection[Cluster](
    records=lambda state: state.clusters,
    name="cluster",
    key="clusters",
    filters=("name", "type", "status", "project_id", "private_network_id"),
    shown=shown,
)


def _range(argument: str, text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise errors.invalid(argument, str(error), "format") from None


def _check_ranges(pods: Network, services: Network, subnets: list[Network]) -> None:
    if pods.overlaps(services):
        raise errors.invalid("pod_cidr", f"pod CIDR {pods} overlaps service CIDR {services}")
    for argument, cidr in (("pod_cidr", pods), ("service_cidr", services)):
        if cidr.overlaps(RESERVED):
            raise errors.invalid(argument, f"{cidr} overlaps the reserved range {RESERVED}")
        other = overlapping(cidr, subnets)
        if other is not None:
            raise errors.invalid(argument, f"{cidr} overlaps {other}, a subnet of the Private Network")


def _among(argument: str, values: list[str] | None, allowed: tuple[str, ...]) -> list[str]:
    for value in values or []:
        if value not in allowed:
            raise errors.invalid(argument, f"unknown {value!r}, expected one of {', '.join(allowed)}")
    return values or []


def _private_network(call: Call, body: ClusterBody) -> PrivateNetwork | None:
    network = call.state.private_networks.get(body.private_network_id or "")
    if body.type.startswith("kapsule"):
        if body.private_network_id is None:
            raise errors.invalid("private_network_id", "a Kapsule cluster needs a Private Network", "required")
        if network is None:
            raise errors.not_found("private_network", body.private_network_id)
        if network.region != call.region:
            raise errors.invalid(
                "private_network_id", f"Private Network {network.id} is in {network.region}, not in {call.region}"
            )
    return network


def create(call: Call) -> Answer:
    """POST clusters."""
    body = call.body(ClusterBody)
    body.type = body.type or "kapsule"  # the provider sends "" when the program names none
    if body.type not in OFFERS:
        raise errors.invalid("type", f"unknown cluster type {body.type!r}, expected one of {', '.join(OFFERS)}")
    _among("cni", [body.cni], versions.CNIS)
    if body.cni == "kilo" and body.type.startswith("kapsule"):
        raise errors.invalid("cni", "kilo is for multicloud clusters only")
    versions.supported(body.version)
    network = _private_network(call, body)
    pods = _range("pod_cidr", body.pod_cidr or POD_CIDR)
    services = _range("service_cidr", body.service_cidr or SERVICE_CIDR)
    _check_ranges(pods, services, [ipaddress.ip_network(s.subnet) for s in network.subnets] if network else [])
    dns = body.service_dns_ip or (SERVICE_DNS if services == _range("", SERVICE_CIDR) else str(services[10]))
    if ipaddress.ip_address(dns) not in services:
        raise errors.invalid("service_dns_ip", f"{dns} is not in service CIDR {services}")
    project = body.project_id or ""
    cluster = Cluster(
        type=body.type,
        name=body.name,
        version=body.version,
        region=call.region,
        project_id=project,
        organization_id=body.organization_id or project,
        tags=body.tags or [],
        cni=body.cni,
        description=body.description,
        autoscaler_config=with_autoscaler(AUTOSCALER_DEFAULTS, body.autoscaler_config),
        auto_upgrade=with_upgrade(NO_UPGRADE, body.auto_upgrade),
        feature_gates=_among("feature_gates", body.feature_gates, versions.FEATURE_GATES),
        admission_plugins=_among("admission_plugins", body.admission_plugins, versions.ADMISSION_PLUGINS),
        open_id_connect_config=with_open_id(NO_OPEN_ID, body.open_id_connect_config),
        apiserver_cert_sans=body.apiserver_cert_sans or [],
        private_network_id=body.private_network_id,
        pod_cidr=str(pods),
        service_cidr=str(services),
        service_dns_ip=dns,
        commitment_ends_at=OFFERS[body.type].committed_until(call.clock()),
        busy="creating",
        busy_until=call.clock() + call.options.settle,
    )
    cluster.acls = [{"id": cluster.id, "region": cluster.region, **OPEN_TO_ALL}]
    return CLUSTERS.add(call, cluster)


def update(call: Call) -> Answer:
    """PATCH clusters/{id}."""
    cluster = settled(call)
    body = call.body(ClusterPatch)
    _among("feature_gates", body.feature_gates, versions.FEATURE_GATES)
    _among("admission_plugins", body.admission_plugins, versions.ADMISSION_PLUGINS)
    plain = body.model_dump(
        exclude={"autoscaler_config", "auto_upgrade", "open_id_connect_config"}, exclude_none=True, exclude_unset=True
    )
    changed = cluster.model_copy(update=plain)
    changed.autoscaler_config = with_autoscaler(cluster.autoscaler_config, body.autoscaler_config)
    changed.auto_upgrade = with_upgrade(cluster.auto_upgrade, body.auto_upgrade)
    changed.open_id_connect_config = with_open_id(cluster.open_id_connect_config, body.open_id_connect_config)
    _make_busy(call, changed)
    return CLUSTERS.add(call, changed)


def _make_busy(call: Call, cluster: Cluster, status: str = "updating") -> None:
    cluster.busy, cluster.busy_until = status, call.clock() + call.options.settle
    cluster.touch()


def settled(call: Call) -> Cluster:
    """The cluster in the path.

    Raises:
        Refusal: it is being deleted.
    """
    cluster = CLUSTERS.find(call)
    now = status(call, cluster)
    if now == "deleting":
        raise errors.transient("cluster", cluster.id, now)
    return cluster


def upgrade(call: Call) -> Answer:
    """POST clusters/{id}/upgrade; with `upgrade_pools` the pools follow."""
    cluster = settled(call)
    body = call.body(UpgradeBody)
    cluster.version = versions.upgradable(cluster.version, body.version)
    _make_busy(call, cluster)
    if body.upgrade_pools:
        for pool in call.state.pools.values():
            if pool.cluster_id == cluster.id:
                pool.version, pool.upgrading_until = cluster.version, cluster.busy_until
                pool.touch()
    return CLUSTERS.answer(call, cluster)


def set_type(call: Call) -> Answer:
    """POST clusters/{id}/set-type."""
    cluster = settled(call)
    new_type = call.body(TypeBody).type
    if new_type not in {offer.name for offer in changes(cluster.type)}:
        raise errors.invalid("type", f"a cluster of type {cluster.type} cannot become {new_type}")
    cluster.type = new_type
    cluster.commitment_ends_at = OFFERS[new_type].committed_until(call.clock())
    _make_busy(call, cluster)
    return CLUSTERS.answer(call, cluster)


def available_types(call: Call) -> Answer:
    """GET clusters/{id}/available-types."""
    offers = [offer.shown() for offer in changes(CLUSTERS.find(call).type)]
    return call.page("cluster_types", offers)


def available_versions(call: Call) -> Answer:
    """GET clusters/{id}/available-versions."""
    names = versions.available_for(CLUSTERS.find(call).version)
    every = versions.list_versions(call)[1]["versions"]
    return 200, {"versions": [version for version in every if version["name"] in names]}


def kubeconfig(call: Call) -> Answer:
    """GET clusters/{id}/kubeconfig: a file, its content in base64."""
    content = base64.b64encode(call.control_plane.render(CLUSTERS.find(call)).encode()).decode()
    return 200, {"name": "kubeconfig", "content_type": "application/octet-stream", "content": content}


def delete(call: Call) -> Answer:
    """DELETE clusters/{id}: nodes go with it, without a drain.

    `with_additional_resources` also deletes its load balancers; without it they stay, and stay billed.
    """
    cluster = CLUSTERS.find(call)
    _make_busy(call, cluster, "deleting")
    additional = call.query.get("with_additional_resources") == "true"
    state = call.state
    for pool in [p for p in state.pools.values() if p.cluster_id == cluster.id]:
        del state.pools[pool.id]
    for node in [n for n in state.nodes.values() if n.cluster_id == cluster.id]:
        del state.nodes[node.id]
    for balancer in [b for b in state.load_balancers.values() if additional and b.cluster_id == cluster.id]:
        loadbalancers.forget(state, balancer)
    return CLUSTERS.answer(call, cluster)


def forget_deleted(state: State, now: float) -> None:
    """Remove clusters whose deletion is over."""
    for cluster in list(state.clusters.values()):
        if cluster.busy == "deleting" and now >= cluster.busy_until:
            del state.clusters[cluster.id]
