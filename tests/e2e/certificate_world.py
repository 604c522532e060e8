"""The edge of a stack, cert-manager's controllers and an ACME server, in a network of their own.

Real: API server, controllers, scheduler, kube-proxy; HAProxy with its rendered ConfigMap and the sidecar's script; cert-manager's
controllers and solvers; pebble; a load balancer that sends the PROXY protocol. Played: the kubelet (kwok, and the loop here), the
images, the name servers, Let's Encrypt's limit, a shard behind the edge.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from e2e.acme_authority import WORLD, Environment, Names, Place
from e2e.certificate_views import Browser, Orders, served_paths, until
from e2e.edge_pod import EdgePod, balancer
from edge.edge_world import BINARY
from edge.shard_double import Shard

from components.self_signed import FALLBACK_NAME, self_signed
from lab import ports
from lab.cluster.api import Api
from lab.cluster.certificates import SERVICE_IP, Authority, store
from lab.cluster.nodes import add_node
from lab.cluster.plane import ControlPlane
from lab.cluster.seed import seed
from lab.paths import Paths
from lab.rehearsal import pod_network
from lab.rehearsal.node_network import Nodes, PodNetwork
from plan.evaluate import evaluate
from plan.render import manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.kubernetes.document import Document
    from lab.toolchain.prepare import Toolchain

DOMAIN, TURN, ALIAS = "meet.example.org", "turn.meet.example.org", "video.example.org"
NAMESPACE = "jitsi"
BALANCER = "198.51.100.10"
STAGING = Place("acme-staging-v02.api.letsencrypt.org", "198.51.100.1", 14000)
PRODUCTION = Place("acme-v02.api.letsencrypt.org", "198.51.100.2", 14001)
NODE = "172.16.0.10"
QUARTER = 90 * 86400
SHORT = 60
"""Seconds that a certificate of the production environment is valid: cert-manager renews after two thirds."""
BACKOFF = "5s"
"""cert-manager's pause after a failed order, doubled each time; 1 h by default."""
SOLVER = "acme.cert-manager.io/http01-solver=true"
STACK = {
    "jitsi:domain": DOMAIN,
    "jitsi:hosts": f'["{ALIAS}"]',
    "jitsi:cluster": '{"kind": "existing", "podRange": "100.64.0.0/15"}',
    "jitsi:shards": '[{"name": "s0", "zone": "zone-1"}]',
    "jitsi:turn": '{"peers": ["100.64.0.0/15"]}',
}
_GROUPS = {"v1": "/api/v1"}


def stack(*, staging: bool) -> list[Document]:
    """The objects of the edge, with the namespace and what admits its pods, in the order of their creation."""
    tls = f'{{"replicas": 1, "proxyProtocol": true, "tls": {{"staging": {str(staging).lower()}}}}}'
    kept = ("jitsi-namespace", "jitsi-admission", "jitsi-edge", "jitsi-default-deny", "jitsi-solver")
    resources = evaluate({**STACK, "jitsi:ingress": tls}, "certificates")
    found = [each for each in resources if each.type.startswith("kubernetes:") and each.name.startswith(kept)]
    order = {"jitsi-namespace": 0, "jitsi-edge-certificate": 2}
    documents = [manifest(each) for each in sorted(found, key=lambda each: order.get(each.name, 1))]
    pair = self_signed("seed-of-the-test", FALLBACK_NAME, {})
    for document in documents:
        if document["kind"] == "Secret":  # the recorder has no secrets
            document["stringData"] = {"tls.crt": pair.certificate, "tls.key": pair.key}
    return documents


def together(documents: Sequence[Document]) -> list[Document]:
    """The same with one Certificate for the domain and the TURN host, as 0.1.0 ordered it."""
    kept = [each for each in documents if each["kind"] != "Certificate" or each["metadata"]["name"] == "haproxy"]
    return [
        {**each, "spec": {**each["spec"], "dnsNames": [DOMAIN, TURN]}} if each["kind"] == "Certificate" else each
        for each in kept
    ]


def path_of(document: Document) -> str:
    """The object's path at the API server."""
    group, meta = document["apiVersion"], document["metadata"]
    space = f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""
    plural = re.sub("y$", "ie", document["kind"].lower()) + "s"
    return f"{_GROUPS.get(group, f'/apis/{group}')}{space}/{plural}/{meta['name']}"


class World:
    """Starts everything; `close` ends it. The process runs in `lab.network_namespace.isolated`."""

    def __init__(self, folder: Path, toolchain: Toolchain) -> None:
        self.folder, self.tools = folder, toolchain.paths
        self.names = {
            DOMAIN: BALANCER,
            TURN: BALANCER,
            STAGING.host: STAGING.address,
            PRODUCTION.host: PRODUCTION.address,
        }
        """What the world's name servers know."""
        self.inside: dict[str, str] = {}
        """What only the cluster's name server knows."""
        self.problems: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._closing = threading.Event()
        pod_network.prepare()
        for address in (BALANCER, STAGING.address, PRODUCTION.address):
            pod_network.run("ip", "addr", "add", f"{address}/32", "dev", "lo")
        self.plane = ControlPlane(Paths(folder / "cluster"), self.tools, say=self.problems.append)
        self.plane.paths.root.mkdir()
        self.plane.start()
        self.api = Api(self.plane.paths.kubeconfig, timeout=30)
        seed(self.api, toolchain.cert_manager)
        for path in served_paths(NAMESPACE):  # 429 while their storage starts
            until(
                lambda path=path: self.api.http.get(path).status_code == httpx.codes.OK, f"the API server serves {path}"
            )
        self.forwarder = pod_network.ApiForwarder(ports.remembered(self.plane.paths.ports)["api"])
        self.nodes = Nodes(
            self.api, self.tools["kube-proxy"], folder / "nodes", self.plane.paths.kubeconfig.read_text()
        )
        self._name()
        self._shard()
        add_node(self.api, "node", internal_ip=NODE, external_ip="203.0.113.10")
        self._authorities()
        self.apply(together(stack(staging=True)))
        self._edge()
        self._cert_manager()
        threading.Thread(target=self._kubelet, name="kubelet", daemon=True).start()
        self.browser, self.orders = Browser(BALANCER, DOMAIN), Orders(self.api, NAMESPACE)

    def apply(self, documents: Sequence[Document]) -> None:
        """As `pulumi up`: server-side apply, and what an earlier call made of these kinds and this one lacks is deleted."""
        for document in documents:
            self.api.apply(path_of(document), document)
        issuers = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/issuers"
        wanted = {document["metadata"]["name"] for document in documents if document["kind"] == "Issuer"}
        for issuer in self.api.items(issuers):
            if issuer["metadata"]["name"] not in wanted:
                self.api.delete(f"{issuers}/{issuer['metadata']['name']}")

    def close(self) -> None:
        """End every process."""
        self._closing.set()
        for process in self._processes:
            process.kill()
        self.nodes.close()
        self.plane.processes.stop()

    def _name(self) -> None:
        """The cluster's name server, which every process here asks, and the one that the ACME servers ask."""
        self._services: dict[str, str] = {}

        def inside(name: str) -> str | None:
            service = re.fullmatch(rf"([^.]+)\.{NAMESPACE}\.svc\.cluster\.local", name)
            if not service:
                return self.names.get(name) or self.inside.get(name)
            return self._services.get(service[1]) or (pod_network.PEOPLE if service[1].endswith("-s0") else None)

        Names(pod_network.ROUTER, 53, inside)
        Names(*WORLD, self.names.get)
        (self.folder / "resolv.conf").write_text(f"nameserver {pod_network.ROUTER}\n")
        pod_network.run("mount", "--bind", str(self.folder / "resolv.conf"), "/etc/resolv.conf")

    def _shard(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="shard", daemon=True).start()
        shard = Shard("s0", pod_network.PEOPLE)
        asyncio.run_coroutine_threadsafe(shard.start(), self.loop).result(10)

    def _authorities(self) -> None:
        authority = Authority("authority-of-the-test")
        store(self.folder, "authority", authority.key, authority.certificate)
        self.environments = {
            name: Environment(place, authority, self.tools["pebble"], self.folder / name, seconds=seconds)
            for name, place, seconds in (("staging", STAGING, QUARTER), ("production", PRODUCTION, SHORT))
        }
        self._processes += [each.process for each in self.environments.values()]

    def run(self, name: str, argv: Sequence[object], network: PodNetwork | None = None, **values: str) -> None:
        """Start a process, in a pod's network if one is given."""
        with (self.folder / f"{name}.log").open("ab") as log:
            line = [*(network.enter if network else []), *map(str, argv)]
            self._processes.append(
                subprocess.Popen(line, env={**os.environ, **values}, stdout=log, stderr=log, start_new_session=True)
            )

    def pod(self, namespace: str, **selector: str) -> Document:
        """The pod of a selector once it has its address."""
        path = f"/api/v1/namespaces/{namespace}/pods"
        found = until(
            lambda: [each for each in self.api.items(path, **selector) if each.get("status", {}).get("podIP")],
            f"a pod of {selector}",
        )
        return found[0]

    def _edge(self) -> None:
        """HAProxy and its sidecar in the network of their pod, and the load balancer before it."""
        pod = self.pod(NAMESPACE, labelSelector="app.kubernetes.io/name=haproxy")
        network = self.nodes.attach(pod)
        services = self.api.items(f"/api/v1/namespaces/{NAMESPACE}/services")
        self._services = {each["metadata"]["name"]: each["spec"]["clusterIP"] for each in services}
        self.edge = EdgePod(self.api, pod, self.folder / "haproxy")
        for name, (argv, values) in self.edge.processes.items():
            self.run(name, argv, network, **values)
            until((self.edge.folder / "run" / "admin.sock").exists, "HAProxy starts")
        status = {"status": {"loadBalancer": {"ingress": [{"ip": BALANCER}]}}}
        self.api.http.patch(
            f"/api/v1/namespaces/{NAMESPACE}/services/haproxy/status",
            headers={"Content-Type": "application/merge-patch+json"},
            json=status,
        ).raise_for_status()
        (service,) = [each for each in services if each["spec"]["type"] == "LoadBalancer"]
        (self.folder / "balancer.cfg").write_text(balancer(BALANCER, NODE, service))
        self.run("balancer", [BINARY, "-db", "-f", self.folder / "balancer.cfg"])

    def _cert_manager(self) -> None:
        self.api.create(
            "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cert-manager"}}
        )
        account = "/api/v1/namespaces/cert-manager/serviceaccounts/default"
        until(lambda: self.api.http.get(account).status_code == httpx.codes.OK, "the service account of cert-manager")
        document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "cert-manager"},
            "spec": {"containers": [{"name": "controller", "image": "quay.io/jetstack/cert-manager-controller"}]},
        }
        self.api.create("/api/v1/namespaces/cert-manager/pods", document)
        network = self.nodes.attach(self.pod("cert-manager"))
        kubeconfig = self.folder / "cert-manager.kubeconfig"
        kubeconfig.touch(mode=0o600)
        text = self.plane.paths.kubeconfig.read_text()
        kubeconfig.write_text(text.replace(self.api.server, f"https://{SERVICE_IP}:{pod_network.API_PORT}"))
        backoff = f"-certificate-request-minimum-backoff-duration={BACKOFF}"
        trust = str(self.folder / "authority.crt")
        self.run(
            "cert-manager",
            [self.tools["cert-manager"], "-kubeconfig", kubeconfig, backoff, "-v=4"],
            network,
            SSL_CERT_FILE=trust,
        )

    def _kubelet(self) -> None:
        """Solvers' pods as processes, and the Secrets of HAProxy's pod as files."""
        running: dict[str, tuple[PodNetwork, subprocess.Popen[bytes]]] = {}
        while not self._closing.wait(0.2):
            try:
                pods = self.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=SOLVER)
                present = {each["metadata"]["uid"]: each for each in pods if each.get("status", {}).get("podIP")}
                for uid in running.keys() - present.keys():
                    network, process = running.pop(uid)
                    process.kill()
                    process.wait()
                    network.close()
                for uid in present.keys() - running.keys():
                    network = self.nodes.attach(present[uid])
                    (container,) = present[uid]["spec"]["containers"]
                    self.run("solvers", [self.tools["acmesolver"], *container["args"]], network)
                    running[uid] = network, self._processes[-1]
                self.edge.refresh()
            except (httpx.HTTPError, OSError) as error:
                if not self._closing.is_set():
                    self.problems.append(f"kubelet: {error}")
