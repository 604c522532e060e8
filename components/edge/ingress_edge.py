"""The edge of the stack: HAProxy behind a load balancer, with a certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.edge.manifests import (
    FALLBACK_SECRET,
    SELF_SIGNED_SECRET,
    EdgePods,
    acme_documents,
    scaleway_annotations,
)
from components.edge.places import Edge, EdgeShard
from components.kubernetes_object import KubernetesObject
from components.self_signed import FALLBACK_NAME, self_signed
from components.signalling.addresses import ShardNames
from components.signalling.options import visitor_addresses
from config.images import Images
from config.ingress import Ingress
from config.shard import Shard
from config.visitors import Visitors
from plan.edge_size import haproxy_size

CERT_MANAGER_VERSION = "v1.21.2"


@dataclass(frozen=True, kw_only=True, slots=True)
class IngressEdgeArgs:
    """Inputs of `IngressEdge`; `address` is none on a cluster that is not Scaleway's."""

    namespace: str
    instance: str
    domain: str
    turn_host: str | None
    shards: tuple[Shard, ...]
    visitors: Visitors | None
    ingress: Ingress
    tells_shard: bool
    images: Images
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]
    address_id: pulumi.Output[str] | None
    address_zone: str | None
    json_logs: bool = False


class IngressEdge(pulumi.ComponentResource):
    """HAProxy on TCP 80 and 443 behind a load balancer; rooms stay on their shard, pages come from any."""

    address: pulumi.Output[str]
    """Where the load balancer answers, as its Service's status says; empty where nobody made one."""

    def __init__(self, name: str, args: IngressEdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:edge:IngressEdge", name, None, opts)
        self._name = name
        self._opts = opts
        on_scaleway = args.address_id is not None
        size = haproxy_size(args.ingress, args.shards)
        pods = EdgePods(
            namespace=args.namespace,
            instance=args.instance,
            edge=Edge(
                namespace=args.namespace,
                domain=args.domain,
                turn_host=args.turn_host,
                shards=tuple(
                    EdgeShard(
                        name=shard.name,
                        slot=shard.slot,
                        state=shard.state,
                        weight=shard.weight,
                        release=shard.release,
                        visitors=visitor_addresses(ShardNames(shard.name, args.namespace), args.visitors),
                    )
                    for shard in args.shards
                ),
                replicas=args.ingress.replicas,
                room_table=args.ingress.room_table,
                connections=size.connections,
                proxy_protocol=on_scaleway,
                acme=args.ingress.tls.mode == "letsEncrypt",
                maintenance=args.ingress.maintenance,
                json_logs=args.json_logs,
                tells_shard=args.tells_shard,
                requests_per_address=args.ingress.limits.requests,
                connections_per_address=args.ingress.limits.connections,
            ),
            ingress=args.ingress,
            images=args.images,
            memory_mib=size.memory_mib,
        )
        needs: list[pulumi.Resource] = [
            self._make("config", pods.config_map()),
            self._certificate(pods, args, "fallback", FALLBACK_SECRET, (FALLBACK_NAME,)),
            *(self._make(f"peer-{number}", service) for number, service in enumerate(pods.peer_services())),
        ]
        if args.ingress.tls.mode == "selfSigned":
            needs.append(self._certificate(pods, args, "self-signed", SELF_SIGNED_SECRET, pods.edge.hosts))
        if args.ingress.tls.mode == "letsEncrypt":
            self._acme(pods, args)
        self._make("network-policy", pods.network_policy())
        self._make("budget", pods.disruption_budget())
        patience = f"{pods.update_seconds}s"
        workload = KubernetesObject(
            f"{self._name}-haproxy",
            pods.workload(),
            pulumi.ResourceOptions.merge(
                child_options(self, self._opts, *needs),
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)),
            ),
        )
        annotations = (
            scaleway_annotations(args.ingress, args.address_zone or "", args.address_id) if on_scaleway else {}
        )
        service = KubernetesObject(
            f"{self._name}-service",
            pods.public_service(annotations),
            pulumi.ResourceOptions.merge(
                child_options(self, self._opts, workload),
                # The API server refuses another one on a Service that there is.
                pulumi.ResourceOptions(replace_on_changes=["spec.healthCheckNodePort"]),
            ),
        )
        self.address = service.status.apply(balancer_address)
        self.register_outputs({"address": self.address})

    def _make(
        self, part: str, document: dict[str, Any], needs: list[pulumi.Resource] | None = None
    ) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *(needs or [])))

    def _certificate(
        self, pods: EdgePods, args: IngressEdgeArgs, part: str, secret: str, hosts: Sequence[str]
    ) -> KubernetesObject:
        pair = args.seed.apply(lambda seed: self_signed(seed, hosts[0], args.secret_generations, hosts[1:]))
        document = pods.tls_secret(secret, pair.apply(lambda made: made.certificate), pair.apply(lambda made: made.key))
        return self._make(part, document)

    def _acme(self, pods: EdgePods, args: IngressEdgeArgs) -> None:
        tls = args.ingress.tls
        needs: list[pulumi.Resource] = []
        if tls.cert_manager == "install":
            needs.append(
                pulumi.CustomResource(
                    "kubernetes:helm.sh/v3:Release",
                    f"{self._name}-cert-manager",
                    cert_manager_release(),
                    child_options(self, self._opts),
                )
            )
        for part, document in acme_documents(pods, tls).items():
            self._make(part, document, needs)


def balancer_address(status: Any) -> str:
    """IP or host name in a Service's status."""
    found = ((status or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return found[0].get("ip") or found[0].get("hostname") or ""


def cert_manager_release() -> dict[str, Any]:
    """cert-manager's own chart, pinned, in a namespace of its own; its CRDs outlive it, as the certificates do."""
    return {
        "chart": "cert-manager",
        "version": CERT_MANAGER_VERSION,
        "repositoryOpts": {"repo": "https://charts.jetstack.io"},
        "name": "cert-manager",
        "namespace": "cert-manager",
        "createNamespace": True,
        "values": {"crds": {"enabled": True, "keep": True}},
    }
