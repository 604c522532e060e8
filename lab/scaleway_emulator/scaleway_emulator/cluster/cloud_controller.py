"""Scaleway's cloud controller manager: load balancers for Services of type LoadBalancer. TCP only.

Source: scaleway-cloud-controller-manager `scaleway/loadbalancers.go` and `docs/loadbalancer-annotations.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaleway_emulator.api import loadbalancers
from scaleway_emulator.resource import new_id, stamp
from scaleway_emulator.state import LoadBalancer

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaleway_emulator.cluster.kube import Kube
    from scaleway_emulator.state import Address, Cluster, State

PREFIX = "service.beta.kubernetes.io/scw-loadbalancer-"
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


class Trouble(Exception):  # noqa: N818 - an event on the Service, not a crash
    """The reason why a Service gets no load balancer; it becomes a Warning event."""


def tcp_ports(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The TCP ports of a Service. The real controller skips other protocols and only logs that."""
    return [
        {
            "name": port.get("name") or f"port-{port['port']}",
            "port": port["port"],
            "node_port": port.get("nodePort", 0),
        }
        for port in service["spec"].get("ports") or []
        if port.get("protocol", "TCP") == "TCP"
    ]


def skipped_ports(service: dict[str, Any]) -> list[str]:
    """The ports of a protocol that Scaleway's load balancers lack."""
    ports = service["spec"].get("ports") or []
    return [f"{port['port']}/{port['protocol']}" for port in ports if port.get("protocol", "TCP") != "TCP"]


def ingress(address: str, service: dict[str, Any], zone: str) -> list[dict[str, str]]:
    """`status.loadBalancer.ingress`: the address, or with `use-hostname` a name that resolves to it."""
    annotations = service["metadata"].get("annotations") or {}
    if annotations.get(f"{PREFIX}use-hostname") == "true":
        return [{"hostname": f"{address.replace('.', '-')}.lb.{zone.rpartition('-')[0]}.scw.cloud"}]
    return [{"ip": address, "ipMode": annotations.get(f"{PREFIX}ip-mode", "VIP")}]


def backends(nodes: list[dict[str, Any]]) -> list[str]:
    """Private addresses of the nodes that a load balancer may send to."""
    addresses: list[str] = []
    for node in nodes:
        conditions = {c["type"]: c["status"] for c in (node.get("status") or {}).get("conditions") or []}
        if EXCLUDED in (node["metadata"].get("labels") or {}) or conditions.get("Ready") != "True":
            continue
        addresses += [a["address"] for a in node["status"].get("addresses") or [] if a["type"] == "InternalIP"]
    return sorted(addresses)


@dataclass(slots=True)
class CloudController:
    """Reconciles all Services of the cluster."""

    kube: Kube
    state: State
    say: Callable[[str], None]
    reported: set[str] = field(default_factory=set[str])
    """Events already written."""

    async def reconcile(self, nodes: list[dict[str, Any]]) -> None:
        """Reconcile all Services with the given nodes.

        Raises:
            Unreachable: the API server is away.
        """
        cluster = next((c for c in self.state.clusters.values() if c.busy != "deleting"), None)
        if cluster is None:
            return  # the controller goes with its cluster; its load balancers stay
        services = await self.kube.items("/api/v1/services")
        balanced_uids: set[str] = set()
        for service in services:
            meta = service["metadata"]
            balanced = service["spec"].get("type") == "LoadBalancer" and not service["spec"].get("loadBalancerClass")
            if balanced and not meta.get("deletionTimestamp"):
                balanced_uids.add(meta["uid"])
                await self._ensure(cluster, service, nodes)
            elif FINALIZER in (meta.get("finalizers") or []) and not self._lost(meta["uid"]):
                self._remove(meta["uid"])
                kept = [name for name in meta["finalizers"] if name != FINALIZER]
                await self.kube.patch(_path(service), {"metadata": {"finalizers": kept}})
        for balancer in list(self.state.load_balancers.values()):
            gone = balancer.cluster_id == cluster.id and balancer.service_uid not in balanced_uids
            if gone and not self._lost(balancer.service_uid):
                self._remove(balancer.service_uid)

    def _of(self, uid: str) -> LoadBalancer | None:
        return next((b for b in self.state.load_balancers.values() if b.service_uid == uid), None)

    def _lost(self, uid: str) -> bool:
        """Whether the load balancer is in a lost zone, where nothing can be changed."""
        balancer = self._of(uid)
        return balancer is not None and balancer.zone in self.state.lost_zones

    def _remove(self, uid: str) -> None:
        balancer = self._of(uid)
        if balancer is None:
            return
        loadbalancers.forget(self.state, balancer)
        self.say(f"cloud controller: load balancer of {balancer.service} is gone")

    async def _ensure(self, cluster: Cluster, service: dict[str, Any], nodes: list[dict[str, Any]]) -> None:
        meta = service["metadata"]
        skipped = skipped_ports(service)
        if skipped:
            await self._warn(service, "UnsupportedProtocol", f"skipping unsupported protocol: {', '.join(skipped)}")
        if FINALIZER not in (meta.get("finalizers") or []):
            finalizers = [*(meta.get("finalizers") or []), FINALIZER]
            await self.kube.patch(_path(service), {"metadata": {"finalizers": finalizers}})
        try:
            balancer = self._balancer(cluster, service)
        except Trouble as trouble:
            await self._warn(service, "SyncLoadBalancerFailed", f"Error syncing load balancer: {trouble}")
            return
        balancer.ports, balancer.backends = tcp_ports(service), backends(nodes)
        status = ingress(self.state.addresses[balancer.address_id].ip_address, service, balancer.zone)
        if ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") != status:
            await self.kube.patch(f"{_path(service)}/status", {"status": {"loadBalancer": {"ingress": status}}})

    def _balancer(self, cluster: Cluster, service: dict[str, Any]) -> LoadBalancer:
        """The Service's load balancer, created or updated from its annotations."""
        meta = service["metadata"]
        annotations = meta.get("annotations") or {}
        kind = annotations.get(f"{PREFIX}type", "LB-S").upper()
        if kind not in loadbalancers.TYPES:
            raise Trouble(f"unknown load balancer type {kind!r}, expected one of {', '.join(loadbalancers.TYPES)}")
        zone = annotations.get(f"{PREFIX}zone", f"{cluster.region}-1")
        if zone in self.state.lost_zones:
            raise Trouble(f"the API of zone {zone} does not answer")
        ip_id, ip6_id = ([each.strip() for each in annotations.get(f"{PREFIX}ip-ids", "").split(",")] + [""])[:2]
        balancer = self._of(meta["uid"])
        if balancer is not None and ip_id and (balancer.address_id, balancer.address6_id) != (ip_id, ip6_id):
            self._remove(meta["uid"])  # a load balancer cannot change its address
            balancer = None
        if balancer is None:
            address = self._address(ip_id, zone, cluster)
            address6 = self._address(ip6_id, zone, cluster) if ip6_id else None
            balancer = LoadBalancer(
                name=f"{cluster.id}_{meta['uid']}",
                type=kind,
                zone=zone,
                region=cluster.region,
                cluster_id=cluster.id,
                service=f"{meta['namespace']}/{meta['name']}",
                service_uid=meta["uid"],
                address_id=address.id,
                address6_id=address6.id if address6 else "",
                project_id=cluster.project_id,
            )
            self.state.load_balancers[balancer.id] = balancer
            for held in (address, address6):
                if held is not None:
                    held.lb_id = balancer.id
            self.say(f"cloud controller: {kind} {address.ip_address} for {balancer.service}")
        balancer.type = kind
        return balancer

    def _address(self, ip_id: str, zone: str, cluster: Cluster) -> Address:
        if not ip_id:
            address = loadbalancers.reserve(self.state, zone, cluster.project_id)
            address.own = True
            return address
        address = self.state.addresses.get(ip_id)
        if address is None or address.zone != zone:
            raise Trouble(f"no IP {ip_id} in zone {zone}")
        if address.lb_id is not None:
            raise Trouble(f"IP {ip_id} is in use by load balancer {address.lb_id}")
        return address

    async def _warn(self, service: dict[str, Any], reason: str, message: str) -> None:
        """Write a Warning event on the Service, once for each message."""
        meta = service["metadata"]
        key = f"{meta['uid']} {message}"
        if key in self.reported:
            return
        self.reported.add(key)
        self.say(f"cloud controller: {meta['namespace']}/{meta['name']}: {message}")
        now = stamp().split(".")[0] + "Z"
        involved = {"apiVersion": "v1", "kind": "Service", **{n: meta[n] for n in ("name", "namespace", "uid")}}
        event = {
            "metadata": {"name": f"{meta['name']}.{new_id()[:8]}", "namespace": meta["namespace"]},
            "involvedObject": involved,
            "type": "Warning",
            "reason": reason,
            "message": message,
            "count": 1,
            "source": {"component": "service-controller"},
            "firstTimestamp": now,
            "lastTimestamp": now,
        }
        await self.kube.create(f"/api/v1/namespaces/{meta['namespace']}/events", event)


def _path(service: dict[str, Any]) -> str:
    meta = service["metadata"]
    return f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}"
