"""The embedded world loses a zone and gets it back: the real control plane finds out by itself that its nodes are gone."""

import time

import httpx
import pytest

from lab.cluster.api import has_condition
from lab.embedded import Embedded
from lab.paths import Paths

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LOST, KEPT = "fr-par-2", "fr-par-1"
ZONE = "topology.kubernetes.io/zone"
CONTROLLERS = ("--node-monitor-grace-period=15s",)  # default 50 s; kwok sends a heartbeat every 10 s
TOLERATED = 5
"""Seconds that pods stay on an unreachable node, 300 by default."""


@pytest.fixture(scope="module")
def cloud(toolchain, tmp_path_factory):
    """A cluster with a pool in each of two zones, and an application with a load balancer in each."""
    world = Embedded(Paths(tmp_path_factory.mktemp("zones")), toolchain, controller_arguments=CONTROLLERS)
    try:
        world.start()
        with Cloud(world) as cloud:
            yield cloud
    finally:
        world.stop()


class Cloud:
    def __init__(self, world: Embedded) -> None:
        self.world = world
        self.scaleway = httpx.Client(
            base_url=world.scaleway_url, headers={"X-Auth-Token": "key"}, timeout=10, trust_env=False
        )

    def __enter__(self):
        self.api = self.world.api()
        project = "11111111-1111-1111-1111-111111111111"
        vpc = self.make("/vpc/v2/regions/fr-par/vpcs", name="v", project_id=project)
        network = self.make(
            "/vpc/v2/regions/fr-par/private-networks", name="n", vpc_id=vpc["id"], subnets=["172.16.0.0/22"]
        )
        body = {"name": "k", "version": "1.35.3", "cni": "cilium", "private_network_id": network["id"]}
        cluster = self.make("/k8s/v1/regions/fr-par/clusters", project_id=project, **body)
        for zone in (KEPT, LOST):
            pools = f"/k8s/v1/regions/fr-par/clusters/{cluster['id']}/pools"
            self.make(pools, name=zone, node_type="DEV1-M", size=2, zone=zone)
        until(lambda: len(self.ready(KEPT)) == len(self.ready(LOST)) == 2, "four nodes")
        self.application()
        return self

    def __exit__(self, *_):
        self.api.http.close()
        self.scaleway.close()

    def make(self, path, **body):
        return self.scaleway.post(path, json=body).raise_for_status().json()

    def application(self):
        label = {"app": "web"}
        away = [
            {
                "key": f"node.kubernetes.io/{how}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": TOLERATED,
            }
            for how in ("unreachable", "not-ready")
        ]
        spread = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}
        pod = {
            "tolerations": away,
            "topologySpreadConstraints": [{**spread, "labelSelector": {"matchLabels": label}}],
            "containers": [{"name": "web", "image": "web"}],
        }
        template = {"metadata": {"labels": label}, "spec": pod}
        spec = {"replicas": 4, "selector": {"matchLabels": label}, "template": template}
        meta = {"name": "web", "labels": label}
        self.api.create(
            "/apis/apps/v1/namespaces/default/deployments",
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
        )
        for zone in (KEPT, LOST):
            annotations = {"service.beta.kubernetes.io/scw-loadbalancer-zone": zone}
            service = {"type": "LoadBalancer", "selector": label, "ports": [{"port": 80}]}
            self.api.create(
                "/api/v1/namespaces/default/services",
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": f"web-{zone}", "annotations": annotations},
                    "spec": service,
                },
            )
        until(lambda: len(self.pods(KEPT)) == len(self.pods(LOST)) == 2, "two pods in each zone")
        until(lambda: len(self.backends(KEPT)) == 4, "load balancers")

    def ready(self, zone):
        nodes = self.api.items("/api/v1/nodes", labelSelector=f"{ZONE}={zone}")
        return [node["metadata"]["name"] for node in nodes if has_condition(node)]

    def pods(self, zone):
        """Pods there that are Ready and stay."""
        nodes = {each["metadata"]["name"] for each in self.api.items("/api/v1/nodes", labelSelector=f"{ZONE}={zone}")}
        pods = self.api.items("/api/v1/namespaces/default/pods", labelSelector="app=web")
        return [
            pod["metadata"]["name"]
            for pod in pods
            if pod["spec"].get("nodeName") in nodes
            and has_condition(pod)
            and "deletionTimestamp" not in pod["metadata"]
        ]

    def backends(self, zone):
        balancers = self.scaleway.get(f"/lb/v1/zones/{zone}/lbs").raise_for_status().json()["lbs"]
        if not balancers:
            return []
        path = f"/lb/v1/zones/{zone}/lbs/{balancers[0]['id']}/backends"
        return self.scaleway.get(path).raise_for_status().json()["backends"][0]["pool"]


def until(true, what, seconds=90):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def test_a_lost_zone_takes_its_nodes_pods_api_and_balancer_along_and_nothing_of_the_other(cloud):
    kept = cloud.pods(KEPT)
    cloud.world.lose_zone(LOST)
    assert cloud.scaleway.get(f"/lb/v1/zones/{LOST}/lbs").status_code == 503
    assert len(cloud.ready(LOST)) == 2, "nobody tells the control plane; it waits for heartbeats"
    until(lambda: not cloud.ready(LOST), "the control plane misses the heartbeats")
    until(lambda: len(cloud.pods(KEPT)) == 4, "the pods run in the other zone")
    assert set(kept) <= set(cloud.pods(KEPT))
    assert len(cloud.ready(KEPT)) == 2
    until(lambda: len(cloud.backends(KEPT)) == 2, "the other balancer leaves the nodes")


def test_the_zone_comes_back_with_its_nodes_and_its_balancer_and_no_pod_moves(cloud):
    before = cloud.pods(KEPT)
    cloud.world.return_zone(LOST)
    until(lambda: len(cloud.ready(LOST)) == 2, "the nodes are Ready again")
    until(lambda: len(cloud.backends(KEPT)) == len(cloud.backends(LOST)) == 4, "both balancers know every node")
    leaving = lambda: [p for p in cloud.api.items("/api/v1/pods") if "deletionTimestamp" in p["metadata"]]  # noqa: E731
    until(lambda: not leaving(), "the kubelets clean up what left meanwhile")
    assert sorted(cloud.pods(KEPT)) == sorted(before)
