"""Edge of the stack: HAProxy behind a load balancer, with a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.ingress.edge_settings import Edge
from components.ingress.handover import Handover
from components.ingress.manifests import (
    DOMAIN_CERTIFICATE,
    FALLBACK_SECRET,
    SELF_SIGNED_SECRET,
    EdgePods,
    acme_documents,
)
from components.kubernetes.component import Component
from components.kubernetes.object import KubernetesObject
from components.kubernetes.site import Site
from components.self_signed import FALLBACK_NAME
from components.signalling.options import visitor_addresses
from config.images import Images
from sizing.addresses import ShardNames
from sizing.edge_shards import EdgeShard
from sizing.haproxy_size import haproxy_size

CERT_MANAGER_VERSION = "v1.21.2"
CERT_MANAGER_IMAGES = {
    "": "cert-manager-controller",
    "webhook": "cert-manager-webhook",
    "cainjector": "cert-manager-cainjector",
    "acmesolver": "cert-manager-acmesolver",
    "startupapicheck": "cert-manager-startupapicheck",
}
"""Part of the chart's values -> image below quay.io/jetstack (cert-manager, deploy/charts/cert-manager/values.yaml)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IngressEdgeArgs:
    """Inputs of `IngressEdge`."""

    site: Site
    running: Sequence[pulumi.Resource]
    """Workloads of the shards, whose pods must be healthy before rooms move to them."""


class IngressEdge(Component):
    """HAProxy behind a load balancer: TCP 80 and 443 in from anywhere. A room stays on its shard; any shard serves pages."""

    address: pulumi.Output[str]
    """Address or host name of the load balancer, from its Service's status. Empty if it has none."""

    def __init__(self, name: str, args: IngressEdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:edge:IngressEdge", name, opts)
        site, tls = args.site, args.site.config.ingress.tls
        pods = edge_pods(site)
        needs: list[pulumi.Resource] = [
            self._config(args, pods),
            self._certificate(site, pods, "fallback", FALLBACK_SECRET, (FALLBACK_NAME,)),
            *(self.add(f"peer-{number}", service) for number, service in enumerate(pods.peer_services())),
        ]
        if tls.mode == "selfSigned":
            needs.append(self._certificate(site, pods, "self-signed", SELF_SIGNED_SECRET, pods.edge.hosts))
        self.add("network-policy", pods.network_policy())
        self.add("budget", pods.disruption_budget())
        timeout = f"{pods.update_seconds}s"
        timeouts = pulumi.CustomTimeouts(create=timeout, update=timeout)
        workload = self.add("haproxy", pods.workload(), *needs, custom_timeouts=timeouts)
        if tls.mode == "letsEncrypt":
            self._acme(pods, workload)
        services = [
            self.add(
                f"service-{zone}" if zone else "service",
                pods.public_service({**site.config.ingress.annotations, **annotations}, zone, number),
                workload,
                # healthCheckNodePort is immutable, so a change replaces the Service.
                replace_on_changes=["spec.healthCheckNodePort"],
            )
            for number, (zone, annotations) in enumerate(
                {"": site.place.service_annotations, **site.place.more_services}.items()
            )
        ]
        self.address = services[0].status.apply(balancer_address)
        self.register_outputs({"address": self.address})

    def _config(self, args: IngressEdgeArgs, pods: EdgePods) -> KubernetesObject:
        """HAProxy's configuration, which gives rooms to new shards once they are healthy."""
        site = args.site
        if site.place.kubeconfig is None:
            return self.add("config", pods.config_map())
        handover = Handover(
            kubeconfig=site.place.kubeconfig,
            namespace=site.namespace,
            shards=site.config.resolved,
            made=pulumi.Output.all(*(workload.urn for workload in args.running)),
            adapter=site.config.metrics.adapter,
        )
        if not handover.is_seen:
            return self.add("config", pods.config_map())
        leave = handover.leaving(pods.edge.shards)
        data = leave.apply(lambda shards: pods.beside(shards).config_map()["data"])
        config = self.add("config", pods.config_map() | {"data": data})
        handover.removed(leave, config)
        return config

    def _certificate(
        self, site: Site, pods: EdgePods, part: str, secret: str, hosts: Sequence[str]
    ) -> KubernetesObject:
        pair = site.passwords.certificate(hosts[0], hosts[1:])
        document = pods.tls_secret(secret, pair.apply(lambda pair: pair.certificate), pair.apply(lambda pair: pair.key))
        return self.add(part, document)

    def _acme(self, pods: EdgePods, workload: pulumi.Resource) -> None:
        tls = pods.ingress.tls
        needs: list[pulumi.Resource] = []
        if tls.cert_manager == "install":
            needs.append(
                pulumi.CustomResource(
                    "kubernetes:helm.sh/v3:Release",
                    f"{self._name}-cert-manager",
                    cert_manager_release(pods.images),
                    self.child(),
                )
            )
        for part, document in acme_documents(pods, tls).items():
            # Until HAProxies load a Secret for each name, the domain's must keep the names that 0.1.0 put into it.
            self.add(part, document, *needs, *([workload] if part == DOMAIN_CERTIFICATE else []))


def edge_pods(site: Site) -> EdgePods:
    """The HAProxies of a stack."""
    config, ingress = site.config, site.config.ingress
    size = haproxy_size(ingress, config.resolved)
    shards = tuple(
        EdgeShard(
            name=shard.name,
            slot=shard.slot,
            state=shard.state,
            weight=shard.weight,
            release=shard.release,
            visitors=visitor_addresses(ShardNames(shard.name, site.namespace, config.cluster.domain), config.visitors),
        )
        for shard in config.resolved
    )
    edge = Edge(
        namespace=site.namespace,
        domain=config.domain,
        dns_domain=config.cluster.domain,
        turn_host=config.turn_host,
        aliases=config.hosts,
        shards=shards,
        replicas=ingress.replicas,
        room_table=ingress.room_table,
        connections=size.connections,
        proxy_protocol=site.place.proxy_protocol,
        probed=bool(site.place.more_services),
        pods=site.config.cluster.pods,
        acme=ingress.tls.mode == "letsEncrypt",
        maintenance=ingress.maintenance,
        json_logs=config.monitoring.logs.collected,
        tells_shard=config.monitoring.probe is not None,
        requests_per_address=ingress.limits.requests,
        connections_per_address=ingress.limits.connections,
    )
    return EdgePods(
        namespace=site.namespace,
        instance=site.instance,
        edge=edge,
        ingress=ingress,
        images=site.images,
        memory_mib=size.memory_mib,
        several_zones=len(site.config.system_zones) > 1,
    )


def balancer_address(status: Any) -> str:
    """IP address or host name in a Service's status. Empty if it has none."""
    entries = ((status or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return entries[0].get("ip") or entries[0].get("hostname") or ""


def cert_manager_release(images: Images) -> dict[str, Any]:
    """Helm release of cert-manager, at a pinned version and in its own namespace. Its CRDs and certificates survive uninstalling."""
    values: dict[str, Any] = {"crds": {"enabled": True, "keep": True}}
    if images.mirror:
        moved = {
            part: {"image": {"repository": f"{images.mirror}/jetstack/{image}"}}
            for part, image in CERT_MANAGER_IMAGES.items()
        }
        values |= {**moved.pop(""), **moved}
    if images.pull_secret:
        values["global"] = {"imagePullSecrets": [{"name": images.pull_secret}]}
    return {
        "chart": "cert-manager",
        "version": CERT_MANAGER_VERSION,
        "repositoryOpts": {"repo": "https://charts.jetstack.io"},
        "name": "cert-manager",
        "namespace": "cert-manager",
        "createNamespace": True,
        "values": values,
    }
