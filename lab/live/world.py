"""A deployed stack whose pods run Jitsi's programs: cluster, engine, kubelet, cluster DNS, balancer and a home for guests."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from components.ingress.shard_health import Observer
from components.kubernetes.cluster_reader import cluster_reader
from lab.cluster.api import has_condition
from lab.cluster.commands import POD_RANGE
from lab.live import programs, stacks
from lab.live.names import Names
from lab.live.stacks import DOMAIN, NAMESPACE
from lab.paths import PROJECT
from lab.rehearsal.pod_network import ROUTER, Namespace, run
from lab.rehearsal.pod_testbed import PodTestbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from components.kubernetes.document import Document
    from lab.rehearsal.pod_worker import PodWorker
    from lab.toolchain.prepare import Toolchain

BALANCER = "198.18.0.10"
HOME = "198.18.0.20"
"""Address of the guests' browsers."""
PODS_ARE_PRIVATE = (
    "add table ip internet; add chain ip internet forward { type filter hook forward priority filter; }; "
    f"add rule ip internet forward ip saddr {HOME} ip daddr {POD_RANGE} drop"
)
"""Guests reach pods through the edge and nodes only, as people on the Internet do."""
EDGE_PORT = 8443
CLOUD = ("--boot-seconds", "3", "--time-scale", "60")
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
WORKLOADS = ("deployments", "statefulsets")
EDGE_SECONDS = 60.0
START_SECONDS = 420.0
"""Until every pod is Ready; five JVMs start on what may be two cores."""


class World(PodTestbed):
    """Every part of Jitsi, HAProxy and coturn as processes."""

    closed = ("kubelet", "names", "front", "home", "forwarder")

    def __init__(self, folder: Path, jitsi: Path, toolchain: Toolchain, note: Callable[..., None]) -> None:
        super().__init__(folder, toolchain, note, programs.components(jitsi), cloud=CLOUD)
        self._jitsi = jitsi
        self._balancer: subprocess.Popen[bytes] | None = None

    def _start(self) -> None:
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {ROUTER}\nsearch {NAMESPACE}.svc.cluster.local svc.cluster.local\n")
        self._run_pods(programs.images(self._jitsi, self.folder / "images", resolver))
        self.names = Names(ROUTER, self.kubelet.hosts, {DOMAIN: BALANCER, f"turn.{DOMAIN}": BALANCER})
        self.at_home = self.folder / "home-resolv.conf"
        self.at_home.write_text(f"nameserver {ROUTER}\n")
        self._behind = self.folder / "edge"
        self._behind.write_text("")
        self.front, self.home = Namespace.create(), Namespace.create()
        self.front.link([BALANCER], ROUTER)
        self.home.link([HOME], ROUTER)
        run("nft", PODS_ARE_PRIVATE)
        line = [sys.executable, "-m", "lab.live.balancer", BALANCER, "443", str(self._behind)]
        self._balancer = subprocess.Popen([*self.front.enter, *line], cwd=PROJECT, start_new_session=True)

    def up(self, stack: Document, secrets: Mapping[str, str] | None = None) -> None:
        """Deploy, and wait until every pod is Ready, the edge leads to every shard, and the balancer knows the edge.

        All bridges of the stack before leave first, together: a rollout takes a drain for each, and is no subject of the suite.
        """
        for target in self._scaled():
            self._scale(target, 0)
        self.until("no bridge is left", lambda: not self.pods("jvb"), START_SECONDS)
        self.embedded.engine.up(stacks.write(self.folder / "stack", stack), secrets=secrets)
        for target, replicas in self._scaled().items():
            self._scale(target, replicas)
        self.until("every pod is Ready", self.settled, START_SECONDS)
        self.until("the edge leads to every shard", self.led, EDGE_SECONDS)
        edge = [pod["status"]["podIP"] for pod in self.pods("haproxy")]
        self._behind.write_text("".join(f"{address}:{EDGE_PORT}\n" for address in edge))

    def _scaled(self) -> dict[str, int]:
        """Paths of the workloads of bridges, and the fewest that each has."""
        scalers = self.api.items(f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers")
        bridges = [each["spec"] for each in scalers if each["spec"]["scaleTargetRef"]["name"].startswith("jvb-")]
        targets = ((each["scaleTargetRef"], each["minReplicas"]) for each in bridges)
        return {f"{APPS}/{target['kind'].lower()}s/{target['name']}": fewest for target, fewest in targets}

    def _scale(self, workload: str, replicas: int) -> None:
        patch = {"headers": {"Content-Type": "application/merge-patch+json"}, "json": {"spec": {"replicas": replicas}}}
        self.api.http.patch(f"{workload}/scale", **patch).raise_for_status()

    def pods(self, component: str = "") -> list[Document]:
        """The pods of a component, or of all that run programs."""
        names = component or f"in ({','.join(self.components)})"
        selector = f"app.kubernetes.io/name {names}" if not component else f"app.kubernetes.io/name={names}"
        return self.api.items(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=selector)

    def gone(self, pod: str) -> bool:
        """Whether there is no such pod, or one that has taken its name (`nodePort`)."""
        return not any(
            each["metadata"]["name"] == pod and "deletionTimestamp" in each["metadata"] for each in self.pods()
        )

    def settled(self) -> bool:
        """Whether all pods are Ready and of the current revision, and none leaves."""
        pods = self.pods()
        return (
            bool(pods)
            and all(has_condition(pod) and "deletionTimestamp" not in pod["metadata"] for pod in pods)
            and all(_rolled_out(each) for kind in WORKLOADS for each in self.api.items(f"{APPS}/{kind}"))
        )

    @property
    def observer(self) -> Observer:
        """What a change of release asks about shards."""
        reader = cluster_reader(self.embedded.paths.kubeconfig.read_text())
        return Observer(reader=reader, namespace=NAMESPACE)

    def led(self) -> bool:
        """Whether every HAProxy opens rooms on every shard, which it does some seconds after the shard has an open bridge."""
        return self.observer.led_by_all(self.observer.running())

    def until(self, what: str, holds: Callable[[], Any], seconds: float) -> Any:
        """Wait for a condition, and return its first true value.

        Raises:
            TimeoutError: it did not hold in time.
        """
        deadline = time.monotonic() + seconds
        while not (value := holds()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; logs are in {self.folder}")
            time.sleep(0.5)
        self.note("came", text=what)
        return value

    def worker(self, pod: str) -> PodWorker:
        """The worker of a pod."""
        return next(each for name in self.components for each in self.kubelet.workers(name) if each.name == pod)

    def delete(self, pod: str) -> None:
        """Delete a pod, as `kubectl delete pod` does."""
        self.api.http.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}").raise_for_status()

    def __exit__(self, *_: object) -> None:
        if self._balancer is not None:
            self._balancer.kill()
            self._balancer.wait()
        super().__exit__()


def _rolled_out(workload: Document) -> bool:
    status, wanted = workload["status"], workload["spec"]["replicas"]
    return (
        status.get("observedGeneration") == workload["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == status.get("replicas", 0) == wanted
    )
