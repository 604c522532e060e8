"""A deployed stack in two zones: HAProxies, signalling and nodes as processes, load balancers, name servers and people."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from lab import stack_file
from lab.cluster.api import has_condition
from lab.live.names import Names
from lab.rehearsal.container import PYTHON, PYTHON_FILES, Image
from lab.rehearsal.pod_network import ROUTER
from lab.rehearsal.pod_testbed import PodTestbed
from lab.rehearsal.zone import shard_process
from lab.rehearsal.zone.balancers import Balancer
from sizing.parts import JICOFO, PROSODY, WEB

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.kubernetes.document import Document
    from lab.toolchain.prepare import Toolchain

NAMESPACE, DOMAIN = "jitsi", "meet.example.org"
LOST, KEPT = "fr-par-2", "fr-par-1"
SHARDS = {"s0": KEPT, "s1": LOST, "s2": KEPT, "s3": LOST}
"""As in Pulumi.prod-fr-par.yaml: two in each zone, so that those that stay could disagree about a room."""
COMPONENTS = {"prosody": PROSODY, "jicofo": JICOFO, "web": WEB}
CLOUD = ("--boot-seconds", "2", "--time-scale", "60")
START_SECONDS = 300.0
ZONE = "service.beta.kubernetes.io/scw-loadbalancer-zone"


def stack() -> Document:
    """The stack file: the shards of `SHARDS`, two HAProxies and a load balancer in each zone."""
    return stack_file.document(
        DOMAIN,
        {
            "bridges": stack_file.bridges(1, migrate_after=10),
            "shards": [{"name": name, "zone": zone, "pinned": True} for name, zone in SHARDS.items()],
            "ingress": {"replicas": 4, "zones": [KEPT, LOST], "tls": {"mode": "selfSigned"}},
        },
    )


class ZoneWorld(PodTestbed):
    """The edge and every shard's signalling as processes; bridges are kwok's."""

    closed = ("kubelet", "names", "forwarder")

    def __init__(self, folder: Path, toolchain: Toolchain, note: Callable[..., None], grace: int) -> None:
        controllers = (f"--node-monitor-grace-period={grace}s",)
        super().__init__(folder, toolchain, note, ("haproxy", *COMPONENTS), cloud=CLOUD, controllers=controllers)
        self.balancers: dict[str, Balancer] = {}
        self.requests: list[tuple[float, str, str]] = []
        """Time, shard and room of each request that reached a shard."""

    def _start(self) -> None:
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {ROUTER}\n")
        self._heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._heard.bind(str(self.folder / "shards"))
        threading.Thread(target=self._hear, name="shards", daemon=True).start()
        self._run_pods(self._images(resolver))
        self.names = Names(ROUTER, self.kubelet.hosts, {})

    def _images(self, resolver: Path) -> dict[str, Image]:
        adds = {
            "/etc/resolv.conf": resolver,
            "/rehearsal/shard.py": Path(shard_process.__file__),
            shard_process.SOCKET: self.folder / "shards",
            **PYTHON_FILES,
        }
        images = {"haproxy": Image({"/etc/resolv.conf": resolver})}
        for name, part in COMPONENTS.items():
            ports = [str(port.number) for port in part.opens]
            images[name] = Image(adds, (*PYTHON, "/rehearsal/shard.py", *ports))
        return images

    def _hear(self) -> None:
        while True:
            try:
                at, shard, room = json.loads(self._heard.recv(4096))
            except (OSError, ValueError):
                return
            self.requests.append((at, shard, room))

    def up(self) -> None:
        """Deploy, and wait until every pod is Ready and every load balancer runs."""
        self.embedded.engine.up(stack_file.write(self.folder / "stack" / "Pulumi.zones.yaml", stack()))
        self.until("every pod is Ready", self.settled, START_SECONDS)
        for service in self.api.items(f"/api/v1/namespaces/{NAMESPACE}/services"):
            if service["spec"]["type"] == "LoadBalancer":
                zone = service["metadata"]["annotations"][ZONE]
                self.balancers[zone] = Balancer(zone, self._address(zone), service, self.folder / "balancers" / zone)
        for balancer in self.balancers.values():
            balancer.start(self.edge_nodes())

    def state(self) -> dict[str, Any]:
        """All resources of the cloud."""
        return httpx.get(f"{self.embedded.scaleway_url}/emulator/state", timeout=10, trust_env=False).json()

    def record(self) -> dict[str, Any]:
        """The record of the domain."""
        return next(each for each in self.state()["dns_records"].values() if each["http_service_config"])

    def _address(self, zone: str) -> str:
        state = self.state()
        balancer = next(each for each in state["load_balancers"].values() if each["zone"] == zone)
        return state["addresses"][balancer["address_id"]]["ip_address"]

    def edge_nodes(self) -> list[str]:
        """Internal addresses of the nodes with an HAProxy."""
        return sorted({pod["status"]["hostIP"] for pod in self.pods("haproxy")})

    def pods(self, component: str) -> list[Document]:
        """The pods of a component."""
        selector = f"app.kubernetes.io/name={component}"
        return self.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=selector)

    def settled(self) -> bool:
        """Whether all pods that are processes are Ready and none leaves."""
        pods = [pod for component in self.components for pod in self.pods(component)]
        return bool(pods) and all(has_condition(pod) and "deletionTimestamp" not in pod["metadata"] for pod in pods)

    def ready_nodes(self, zone: str) -> int:
        """Ready nodes of a zone."""
        nodes = self.api.items("/api/v1/nodes", labelSelector=f"topology.kubernetes.io/zone={zone}")
        return sum(map(has_condition, nodes))

    def lose(self, zone: str) -> None:
        """Take the power from a zone: nodes, pods, its API and its load balancer."""
        balancer = self.balancers[zone]
        self.kubelet.lose_zone(zone, [balancer.address])
        balancer.kill()
        self.embedded.lose_zone(zone)

    def give_back(self, zone: str) -> None:
        """End the outage of a zone."""
        balancer = self.balancers[zone]
        self.embedded.return_zone(zone)
        self.kubelet.return_zone(zone, [balancer.address])
        balancer.start(self.edge_nodes())

    def until(self, what: str, holds: Callable[[], bool], seconds: float) -> float:
        """Wait for a condition, and return the time at which it held.

        Raises:
            TimeoutError: it did not hold in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    self.note("came", text=what)
                    return time.time()
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; logs are in {self.folder}")
            time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        for balancer in self.balancers.values():
            balancer.close()
        super().__exit__()
