"""HAProxy's StatefulSet, Services and configuration, and what its certificates need."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import pod
from components.edge import haproxy_cfg
from components.edge.places import (
    ACME_SOLVER_PORT,
    HTTP_BIND_PORT,
    HTTPS_BIND_PORT,
    PEERS_PORT,
    STATS_PORT,
    Edge,
    peer_names,
    solver_names,
)
from components.labels import NO_WAIT, labels, manifest, selector
from config.images import Images
from config.ingress import Ingress, Tls
from plan.edge_size import MILLICPU, SIDECAR

Document = dict[str, Any]

HAPROXY_UID = 99  # user haproxy of the official image
FALLBACK_SECRET = "haproxy-fallback"  # noqa: S105
ISSUED_SECRET = "haproxy-tls"  # noqa: S105
"""cert-manager's own; it stays when its Certificate goes, so nothing else may be made under this name."""
SELF_SIGNED_SECRET = "haproxy-self-signed"  # noqa: S105
_ISSUER = {True: "letsencrypt-staging", False: "letsencrypt"}
"""By `tls.staging`. cert-manager orders anew for another issuer, never for an issuer that has changed."""
GRACE_SECONDS = 120  # for requests; who holds a websocket connects anew to another HAProxy
ENGINE_WAITS_SECONDS = 600  # the Kubernetes provider's own patience with a workload
SETTLES_SECONDS = 60  # a new HAProxy has learnt the open rooms and answers its probes
DRAIN_SECONDS = 15  # the load balancer's health check: 5 s x 3
_SCRIPTS = Path(__file__).parent / "scripts"
_FILES = {
    name: (_SCRIPTS / name).read_text(encoding="utf-8") for name in ("maintenance.html", "reload.sh", "settle.lua")
}
_ACME = {
    True: "https://acme-staging-v02.api.letsencrypt.org/directory",
    False: "https://acme-v02.api.letsencrypt.org/directory",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgePods:
    """What the edge's objects are made from. `instance` is the stack's name, on the labels of shared parts."""

    namespace: str
    instance: str
    edge: Edge
    ingress: Ingress
    images: Images
    memory_mib: int

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object of the edge."""
        return labels("haproxy", self.instance)

    @property
    def selected(self) -> dict[str, str]:
        """Labels of the HAProxy pods."""
        return selector("haproxy", self.instance)

    @property
    def issued_secret(self) -> str:
        """The Secret with the certificate that browsers see."""
        own = SELF_SIGNED_SECRET if self.ingress.tls.mode == "selfSigned" else ISSUED_SECRET
        return self.ingress.tls.secret_name or own

    def config_map(self) -> Document:
        """Changed in place: the sidecar reloads HAProxy, no pod restarts."""
        return manifest(
            "v1",
            "ConfigMap",
            "haproxy",
            self.namespace,
            self.labelled,
            data={"haproxy.cfg": haproxy_cfg.render(self.edge), **_FILES},
        )

    def workload(self) -> Document:
        """A StatefulSet, because the peers of the stick table need names that stay."""
        mounts = {
            "/run/haproxy": "run",
            "/etc/haproxy": "!config",
            "/tls/fallback": "!fallback",
            "/tls/issued": "!issued",
        }
        env = [pod.from_field("POD_NAME", "metadata.name")]
        haproxy = pod.container(
            "haproxy",
            self.images.haproxy,
            resources=pod.resources(f"{MILLICPU}m", f"{self.memory_mib}Mi"),
            env=env,
            mounts=mounts,
            command=["haproxy"],
            args=["-W", "-db", "-p", "/run/haproxy/master.pid", "-L", "$(POD_NAME)", "-f", "/etc/haproxy/haproxy.cfg"],
            ports=[
                {"name": "http", "containerPort": HTTP_BIND_PORT, "protocol": "TCP"},
                {"name": "https", "containerPort": HTTPS_BIND_PORT, "protocol": "TCP"},
                {"name": "peers", "containerPort": PEERS_PORT, "protocol": "TCP"},
                {"name": "stats", "containerPort": STATS_PORT, "protocol": "TCP"},
            ],
            # No traffic before the open rooms are known, nor another pod's restart before this one can teach them.
            startupProbe=pod.http_probe("/settled", "stats", period=2, failures=60),
            readinessProbe=pod.http_probe("/healthz", "stats", period=5, failures=2),
            livenessProbe=pod.http_probe("/healthz", "stats", period=15, failures=8),
            # The balancer must have stopped sending before HAProxy stops listening; SIGUSR1 then lets requests finish.
            lifecycle={
                "preStop": {
                    "exec": {
                        "command": ["sh", "-c", f"sleep {DRAIN_SECONDS}; kill -USR1 $(cat /run/haproxy/master.pid)"]
                    }
                }
            },
        )
        reload = pod.container(
            "reload",
            self.images.haproxy,
            resources=pod.resources(f"{SIDECAR.millicpu}m", f"{SIDECAR.memory_mib}Mi"),
            env=[*env, *pod.environment({"WATCHED": "/etc/haproxy /tls", "REPLICAS": self.ingress.replicas})],
            mounts=mounts,
            command=["sh", "/etc/haproxy/reload.sh"],
        )
        template = pod.pod(
            labelled=self.labelled,
            annotations=pod.scrape(STATS_PORT),
            containers=[haproxy, reload],
            volumes=[
                {"name": "run", "emptyDir": {"sizeLimit": "16Mi"}},
                pod.config_volume("config", "haproxy"),
                {"name": "fallback", "secret": {"secretName": FALLBACK_SECRET, "defaultMode": pod.READ_ONLY_SECRET}},
                {
                    "name": "issued",
                    "secret": {
                        "secretName": self.issued_secret,
                        "optional": True,
                        "defaultMode": pod.READ_ONLY_SECRET,
                        # No ca.crt, which a private authority's Secret has: HAProxy wants a key for every file that it finds.
                        "items": [{"key": file, "path": file} for file in ("tls.crt", "tls.key")],
                    },
                },
            ],
            uid=HAPROXY_UID,
            shareProcessNamespace=True,
            terminationGracePeriodSeconds=GRACE_SECONDS,
            topologySpreadConstraints=[
                *pod.spread(self.selected),
                *pod.spread(self.selected, key="topology.kubernetes.io/zone"),
            ],
        )
        return manifest(
            "apps/v1",
            "StatefulSet",
            "haproxy",
            self.namespace,
            self.labelled,
            spec={
                "replicas": self.ingress.replicas,
                "serviceName": "haproxy",
                "podManagementPolicy": "Parallel",
                "updateStrategy": {"type": "RollingUpdate"},
                "selector": {"matchLabels": self.selected},
                "template": template,
            },
        )

    @property
    def update_seconds(self) -> int:
        """The longest that the engine waits for an update, which takes one pod after another, and begins with a node's boot."""
        return ENGINE_WAITS_SECONDS + self.ingress.replicas * (GRACE_SECONDS + SETTLES_SECONDS)

    def public_service(self, annotations: dict[str, Any]) -> Document:
        """TCP 80 and 443 from anywhere, through the cloud's load balancer. No UDP: Scaleway's cannot carry it."""
        node_ports = self.ingress.node_ports
        spec: Document = {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "healthCheckNodePort": node_ports.health,
            "selector": self.selected,
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "nodePort": node_ports.http},
                {"name": "https", "port": 443, "targetPort": "https", "protocol": "TCP", "nodePort": node_ports.https},
            ],
        }
        return manifest("v1", "Service", "haproxy", self.namespace, self.labelled, annotations=annotations, spec=spec)

    def peer_services(self) -> list[Document]:
        """One address per HAProxy for its peers: TCP 10000, inside the cluster, also while a pod is not ready."""
        return [
            manifest(
                "v1",
                "Service",
                name,
                self.namespace,
                self.labelled,
                annotations=NO_WAIT,
                spec={
                    "publishNotReadyAddresses": True,
                    "selector": {"statefulset.kubernetes.io/pod-name": name},
                    "ports": [{"name": "peers", "port": PEERS_PORT, "targetPort": "peers", "protocol": "TCP"}],
                },
            )
            for name in peer_names(self.ingress.replicas)
        ]

    def disruption_budget(self) -> Document:
        """One HAProxy at a time leaves its node."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": self.selected}}
        return manifest("policy/v1", "PodDisruptionBudget", "haproxy", self.namespace, self.labelled, spec=spec)

    def network_policy(self) -> Document:
        """80 and 443 from anywhere; peers among themselves; health and metrics inside the cluster."""
        ingress = [
            {"ports": [{"protocol": "TCP", "port": HTTP_BIND_PORT}, {"protocol": "TCP", "port": HTTPS_BIND_PORT}]},
            {
                "from": [{"podSelector": {"matchLabels": self.selected}}],
                "ports": [{"protocol": "TCP", "port": PEERS_PORT}],
            },
            {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": STATS_PORT}]},
        ]
        spec = {"podSelector": {"matchLabels": self.selected}, "policyTypes": ["Ingress"], "ingress": ingress}
        return manifest("networking.k8s.io/v1", "NetworkPolicy", "haproxy", self.namespace, self.labelled, spec=spec)

    def tls_secret(self, name: str, certificate: Any, key: Any) -> Document:
        """A certificate as Kubernetes keeps it; HAProxy reads `tls.crt` with `tls.key` beside it."""
        return manifest(
            "v1",
            "Secret",
            name,
            self.namespace,
            self.labelled,
            type="kubernetes.io/tls",
            stringData={"tls.crt": certificate, "tls.key": key},
        )


def scaleway_annotations(ingress: Ingress, zone: str, address_id: Any) -> dict[str, Any]:
    """How Scaleway's cloud controller makes the load balancer; durations as its annotations take them."""
    prefix = "service.beta.kubernetes.io/scw-loadbalancer-"
    return {
        f"{prefix}type": ingress.load_balancer,
        f"{prefix}zone": zone,
        f"{prefix}ip-ids": address_id,
        f"{prefix}proxy-protocol-v2": "true",
        f"{prefix}use-hostname": "true",  # clients inside the cluster must go through the balancer, too
        f"{prefix}timeout-client": "10m",
        f"{prefix}timeout-server": "10m",
        f"{prefix}timeout-tunnel": "4h",  # the default of 10 m ends websockets of quiet rooms
        f"{prefix}health-check-delay": "5s",
        # The node's own answer: a pod that leaves is taken out while it still listens.
        f"{prefix}health-check-from-service": "true",
        f"{prefix}redispatch-attempt-count": "1",  # who meets a node whose HAProxy has just gone is led to another one
    }


def acme_documents(pods: EdgePods, tls: Tls) -> dict[str, Document]:
    """cert-manager's Issuer and Certificate, and a Service for each host through which HAProxy reaches its HTTP-01 solver.

    No ingress controller takes part: HAProxy itself sends /.well-known/acme-challenge/ to the solver's pods, so the
    Ingress that cert-manager makes beside them has a class that nobody serves.
    """
    issuer = _ISSUER[tls.staging]
    account: Document = {"server": _ACME[tls.staging], "privateKeySecretRef": {"name": f"{issuer}-account"}}
    if tls.email:
        account["email"] = tls.email
    solver_pod = {"spec": {"securityContext": pod.pod_security()}}
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
                pods.labelled,
                annotations=NO_WAIT,
                spec={
                    "selector": {
                        "acme.cert-manager.io/http01-solver": "true",
                        # As cert-manager marks a solver's pod (pkg/issuer/acme/http/pod.go): each answers for one host, 404 for others.
                        "acme.cert-manager.io/http-domain": str(zlib.adler32(host.encode())),
                    },
                    "ports": [{"name": "http", "port": ACME_SOLVER_PORT, "protocol": "TCP"}],
                },
            )
            for name, host in zip(solver_names(pods.edge), pods.edge.hosts, strict=True)
        },
        "issuer": manifest(
            "cert-manager.io/v1", "Issuer", issuer, pods.namespace, pods.labelled, spec={"acme": account}
        ),
        "certificate": manifest(
            "cert-manager.io/v1",
            "Certificate",
            "haproxy",
            pods.namespace,
            pods.labelled,
            spec={
                "secretName": ISSUED_SECRET,
                "dnsNames": list(pods.edge.hosts),
                "issuerRef": {"kind": "Issuer", "name": issuer},
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            },
        ),
    }
