"""HAProxy's StatefulSet, Services, configuration and certificates."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.ingress import haproxy_cfg
from components.ingress.edge_settings import (
    ACME_SOLVER_PORT,
    PEERS_PORT,
    Edge,
    peer_names,
    solver_names,
)
from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, ZONE_LABEL, labels, selector
from components.kubernetes.network_policies import ingress, metrics_reader
from config.balancer import CONNECT_SECONDS, until_left
from config.images import Images
from config.ingress import Ingress, Tls
from sizing.edge_shards import EdgeShard
from sizing.haproxy_size import MILLICPU
from sizing.parts import HAPROXY
from sizing.pod_sizes import PodSize

FALLBACK_SECRET = "haproxy-fallback"  # noqa: S105
ISSUED_SECRET = "haproxy-tls"  # noqa: S105
"""The domain's; those of other names have the name appended. Owned by cert-manager, and kept when their Certificate is deleted, so no other
object may have these names."""
SELF_SIGNED_SECRET = "haproxy-self-signed"  # noqa: S105
DOMAIN_CERTIFICATE = "certificate"
"""Part of the domain's Certificate; those of other names have the name appended."""
_ISSUER = {True: "letsencrypt-staging", False: "letsencrypt"}
"""By `tls.staging`. cert-manager orders a new certificate for another issuer, but not for a changed one."""
GRACE_SECONDS = 120  # for requests; websockets reconnect to another HAProxy
ENGINE_WAITS_SECONDS = 600  # the Kubernetes provider's own timeout for a workload
SETTLES_SECONDS = 60  # until a new HAProxy has learnt the open rooms and is ready
DRAIN_SECONDS = round(until_left(CONNECT_SECONDS))
"""How long a leaving HAProxy still listens: as long as the load balancer may use a node without power."""
_SCRIPTS = Path(__file__).parent / "scripts"
_FILES = {
    name: (_SCRIPTS / name).read_text(encoding="utf-8") for name in ("maintenance.html", "reload.sh", "settle.lua")
}
_ACME = {
    True: "https://acme-staging-v02.api.letsencrypt.org/directory",
    False: "https://acme-v02.api.letsencrypt.org/directory",
}

_MOUNTS = {
    "/run/haproxy": "run",
    "/etc/haproxy": "!config",
    "/tls/fallback": "!fallback",
    "/tls/issued": "!issued",
}
_POD_NAME = pod.from_field("POD_NAME", "metadata.name")


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgePods:
    """The HAProxies of a stack, as Kubernetes objects. `instance` is the stack's name."""

    namespace: str
    instance: str
    edge: Edge
    ingress: Ingress
    images: Images
    memory_mib: int
    several_zones: bool = False
    """Whether several zones have system nodes."""

    def beside(self, leaving: Iterable[EdgeShard]) -> "EdgePods":
        """The same, with shards that leave."""
        return replace(self, edge=replace(self.edge, shards=(*self.edge.shards, *leaving)))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object of the edge."""
        return labels("haproxy", self.instance)

    @property
    def selector(self) -> dict[str, str]:
        """Labels of the HAProxy pods."""
        return selector("haproxy", self.instance)

    @property
    def issued_secrets(self) -> dict[str, str]:
        """Host name -> Secret with its certificate, the domain first. cert-manager's have one name each; others hold all names."""
        if self.ingress.tls.mode == "letsEncrypt":
            domain, *others = self.edge.hosts
            return {domain: ISSUED_SECRET, **{host: f"{ISSUED_SECRET}-{host}" for host in others}}
        return {self.edge.domain: self.ingress.tls.secret_name or SELF_SIGNED_SECRET}

    def config_map(self) -> Document:
        """HAProxy's configuration. On a change the sidecar reloads HAProxy, and no pod restarts."""
        return manifest(
            "v1",
            "ConfigMap",
            "haproxy",
            self.namespace,
            self.labels,
            data={"haproxy.cfg": haproxy_cfg.render(self.edge), **_FILES},
        )

    def workload(self) -> Document:
        """StatefulSet of HAProxy: the peers of the stick tables need stable names."""
        template = pod.pod(
            labels=self.labels,
            annotations=pod.scrape(HAPROXY),
            containers=[self._haproxy(), self._reload()],
            volumes=self._volumes(),
            uid=HAPROXY.image.uid,
            shareProcessNamespace=True,
            terminationGracePeriodSeconds=GRACE_SECONDS,
            topologySpreadConstraints=[
                *pod.spread(self.selector),
                *pod.spread(self.selector, key=ZONE_LABEL),
            ],
            **(pod.ON_RESERVE if self.several_zones else {}),
        )
        return manifest(
            "apps/v1",
            "StatefulSet",
            "haproxy",
            self.namespace,
            self.labels,
            spec={
                "replicas": self.ingress.replicas,
                "serviceName": "haproxy",
                "podManagementPolicy": "Parallel",
                "updateStrategy": {"type": "RollingUpdate"},
                "selector": {"matchLabels": self.selector},
                "template": template,
            },
        )

    def _haproxy(self) -> Document:
        return pod.container(
            "haproxy",
            self.images.haproxy,
            resources=pod.resources(PodSize(MILLICPU, self.memory_mib)),
            env=[_POD_NAME],
            mounts=_MOUNTS,
            command=["haproxy"],
            args=["-W", "-db", "-p", "/run/haproxy/master.pid", "-L", "$(POD_NAME)", "-f", "/etc/haproxy/haproxy.cfg"],
            ports=pod.ports(HAPROXY),
            # Accept traffic, and let the next pod restart, only after this one has learnt the open rooms.
            startupProbe=pod.http_probe("/settled", "stats", period=2, failures=60),
            readinessProbe=pod.http_probe("/healthz", "stats", period=5, failures=2),
            livenessProbe=pod.http_probe("/healthz", "stats", period=15, failures=8),
            # The load balancer must stop sending before HAProxy stops listening; SIGUSR1 then lets requests finish.
            lifecycle={
                "preStop": {
                    "exec": {
                        "command": ["sh", "-c", f"sleep {DRAIN_SECONDS}; kill -USR1 $(cat /run/haproxy/master.pid)"]
                    }
                }
            },
        )

    def _reload(self) -> Document:
        return pod.container(
            "reload",
            self.images.haproxy,
            resources=pod.resources(HAPROXY.sidecars["reload"]),
            env=[_POD_NAME, *pod.environment({"WATCHED": "/etc/haproxy /tls", "REPLICAS": self.ingress.replicas})],
            mounts=_MOUNTS,
            command=["sh", "/etc/haproxy/reload.sh"],
        )

    def _volumes(self) -> list[Document]:
        return [
            {"name": "run", "emptyDir": {"sizeLimit": "16Mi"}},
            pod.config_volume("config", "haproxy"),
            {"name": "fallback", "secret": {"secretName": FALLBACK_SECRET, "defaultMode": pod.READ_ONLY_SECRET}},
            self._issued_volume(),
        ]

    def _issued_volume(self) -> Document:
        """Certificate and key of each Secret that exists. HAProxy loads files in order, so the domain's come first."""
        sources = [
            {
                "name": secret,
                "optional": True,
                # Leave out ca.crt, which a private authority's Secret has: HAProxy requires a key for each file.
                "items": [
                    {"key": f"tls.{kind}", "path": f"tls.{kind}" if host == self.edge.domain else f"tls_{host}.{kind}"}
                    for kind in ("crt", "key")
                ],
            }
            for host, secret in self.issued_secrets.items()
        ]
        if len(sources) == 1:
            secret = sources[0].pop("name")
            return {
                "name": "issued",
                "secret": {"secretName": secret, "defaultMode": pod.READ_ONLY_SECRET, **sources[0]},
            }
        projected = {"defaultMode": pod.READ_ONLY_SECRET, "sources": [{"secret": source} for source in sources]}
        return {"name": "issued", "projected": projected}

    @property
    def update_seconds(self) -> int:
        """Seconds that the engine waits for an update, which replaces one pod at a time and may wait for a node to boot."""
        return ENGINE_WAITS_SECONDS + self.ingress.replicas * (GRACE_SECONDS + SETTLES_SECONDS)

    def public_service(self, annotations: dict[str, Any], zone: str = "", number: int = 0) -> Document:
        """TCP 80 and 443 in from anywhere, through the cloud's load balancer. Scaleway's carries no UDP.

        Load balancers of further zones have Services, node ports and health checks of their own.
        """
        node_ports = self.ingress.node_ports.named(number)
        spec: Document = {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "healthCheckNodePort": node_ports["health"],
            "selector": self.selector,
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "nodePort": node_ports["http"]},
                {
                    "name": "https",
                    "port": 443,
                    "targetPort": "https",
                    "protocol": "TCP",
                    "nodePort": node_ports["https"],
                },
            ],
        }
        name = f"haproxy-{zone}" if zone else "haproxy"
        return manifest("v1", "Service", name, self.namespace, self.labels, annotations=annotations, spec=spec)

    def peer_services(self) -> list[Document]:
        """Service of each HAProxy for its peers: TCP 10000 in from HAProxy pods, also while the pod is not ready."""
        return [
            manifest(
                "v1",
                "Service",
                name,
                self.namespace,
                self.labels,
                annotations=SKIP_AWAIT,
                spec={
                    "publishNotReadyAddresses": True,
                    "selector": {"statefulset.kubernetes.io/pod-name": name},
                    "ports": [{"name": "peers", "port": PEERS_PORT, "targetPort": "peers", "protocol": "TCP"}],
                },
            )
            for name in peer_names(self.ingress.replicas)
        ]

    def disruption_budget(self) -> Document:
        """One HAProxy at a time may be evicted."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": self.selector}}
        return manifest("policy/v1", "PodDisruptionBudget", "haproxy", self.namespace, self.labels, spec=spec)

    def network_policy(self) -> Document:
        """TCP 8080 and 8443 in from anywhere, 10000 from peers, 8404 (health and metrics) from inside the cluster."""
        rules = ingress(HAPROXY, self.instance, metrics_reader(None))
        spec = {"podSelector": {"matchLabels": self.selector}, "policyTypes": ["Ingress"], "ingress": rules}
        return manifest("networking.k8s.io/v1", "NetworkPolicy", "haproxy", self.namespace, self.labels, spec=spec)

    def tls_secret(self, name: str, certificate: Any, key: Any) -> Document:
        """A TLS Secret. HAProxy reads `tls.crt` and `tls.key`."""
        return manifest(
            "v1",
            "Secret",
            name,
            self.namespace,
            self.labels,
            type="kubernetes.io/tls",
            stringData={"tls.crt": certificate, "tls.key": key},
        )


def acme_documents(pods: EdgePods, tls: Tls) -> dict[str, Document]:
    """cert-manager's Issuer; for each host, a Certificate and the Service through which HAProxy reaches its HTTP-01 solver.

    With a Certificate each, a name that cannot be proved keeps no other name from its own. They are renewed as the default renewBefore says.

    HAProxy itself routes /.well-known/acme-challenge/ to the solver's pods, so the Ingress that cert-manager creates has a class
    without a controller.
    """
    issuer = _ISSUER[tls.staging]
    account: Document = {"server": _ACME[tls.staging], "privateKeySecretRef": {"name": f"{issuer}-account"}}
    if tls.email:
        account["email"] = tls.email
    solver_pod: Document = {"spec": {"securityContext": pod.pod_security()}}
    if pods.images.pulled_with:
        solver_pod["spec"]["imagePullSecrets"] = [{"name": pods.images.pulled_with}]
    account["solvers"] = [
        {"http01": {"ingress": {"ingressClassName": "none", "serviceType": "ClusterIP", "podTemplate": solver_pod}}}
    ]
    return {
        **{
            name: manifest(
                "v1",
                "Service",
                name,
                pods.namespace,
                pods.labels,
                annotations=SKIP_AWAIT,
                spec={
                    "selector": {
                        "acme.cert-manager.io/http01-solver": "true",
                        # cert-manager's label of a solver's pod (pkg/issuer/acme/http/pod.go), which answers 404 for other hosts.
                        "acme.cert-manager.io/http-domain": str(zlib.adler32(host.encode())),
                    },
                    "ports": [{"name": "http", "port": ACME_SOLVER_PORT, "protocol": "TCP"}],
                },
            )
            for name, host in zip(solver_names(pods.edge), pods.edge.hosts, strict=True)
        },
        "issuer": manifest("cert-manager.io/v1", "Issuer", issuer, pods.namespace, pods.labels, spec={"acme": account}),
        **{
            f"{DOMAIN_CERTIFICATE}-{host}" if host != pods.edge.domain else DOMAIN_CERTIFICATE: manifest(
                "cert-manager.io/v1",
                "Certificate",
                f"haproxy-{host}" if host != pods.edge.domain else "haproxy",
                pods.namespace,
                pods.labels,
                spec={
                    "secretName": secret,
                    "dnsNames": [host],
                    "issuerRef": {"kind": "Issuer", "name": issuer},
                    "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                },
            )
            for host, secret in pods.issued_secrets.items()
        },
    }
