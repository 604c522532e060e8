"""The loops against an API server in memory: pools become nodes, nodes drain, Services get addresses."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from scaleway_emulator.autoscaler.autoscaler import Autoscaler
from scaleway_emulator.cluster import nodes
from scaleway_emulator.cluster.cloud_controller import EXCLUDED, FINALIZER, PREFIX, CloudController
from scaleway_emulator.cluster.drain import REMOVAL_TAINT
from scaleway_emulator.cluster.kube import Unreachable
from scaleway_emulator.loops import every

from tests.lab.scaleway_emulator.cloud import K8S, LB, Cloud
from tests.lab.scaleway_emulator.kubernetes_double import MemoryKube


class World:
    """A cloud whose pools become nodes of an API server in memory."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.kube = cloud, MemoryKube()
        emulator = cloud.emulator
        self.state, self.options = emulator.store.state, emulator.options
        self.autoscaler = Autoscaler(self.kube, self.state, self.options, emulator.say)
        self.controller = CloudController(self.kube, self.state, emulator.say)
        self.cluster = cloud.cluster(autoscaler_config={"max_graceful_termination_sec": 50})

    def look(self, times: int = 1, after: float = 1.0) -> None:
        for _ in range(times):
            self.cloud.now += after
            asyncio.run(self._look())
            self.kube.kubelets_report()

    async def _look(self) -> None:
        seen = await self.kube.items(nodes.NODES)
        await nodes.reconcile(self.kube, self.state, self.options, self.cloud.now, seen)

    def scan(self, after: float = 1.0) -> None:
        self.cloud.now += after
        asyncio.run(self.autoscaler.scan(self.cloud.now))

    def services(self) -> None:
        asyncio.run(self.controller.reconcile(list(self.kube.objects["nodes"].values())))

    def pool(self, **changes: Any) -> dict[str, Any]:
        return self.cloud.pool(self.cluster, **changes)

    @property
    def names(self) -> list[str]:
        return list(self.kube.objects["nodes"])

    def node(self) -> dict[str, Any]:
        return next(iter(self.kube.objects["nodes"].values()))

    def service(self, *, ports: list[dict[str, Any]] | None = None, **annotations: str) -> dict[str, Any]:
        named = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in annotations.items()}
        self.kube.objects["services"]["web"] = {
            "metadata": {"name": "web", "namespace": "meet", "uid": "u1", "annotations": named},
            "spec": {"type": "LoadBalancer", "ports": ports or [{"port": 443, "nodePort": 30443}]},
        }
        self.services()
        return self.kube.objects["services"]["web"]


@pytest.fixture
def world(tmp_path: Path):
    with Cloud(tmp_path / "state", kubeconfig=tmp_path / "kubeconfig") as cloud:
        yield World(cloud)


def test_a_node_object_appears_after_the_boot_and_then_the_pool_is_ready(world: World):
    pool = world.pool()
    world.look()
    assert world.names == []
    world.look(times=3)
    assert len(world.names) == 1
    assert world.cloud.get(f"{K8S}/pools/{pool['id']}")["status"] == "ready"


def test_labels_and_taints_of_a_live_pool_reach_its_nodes_and_others_stay(world: World):
    pool = world.pool(labels={"old": "1"}, taints=[{"key": "old", "value": "", "effect": "NoSchedule"}])
    world.look(times=5)
    world.node()["metadata"]["labels"]["somebody"] = "else"
    world.node()["spec"]["taints"].append({"key": "not-ready", "effect": "NoExecute"})
    world.cloud.make(f"{K8S}/pools/{pool['id']}/set-labels", {"labels": {"new": "2"}}, "PUT")
    taints = [{"key": "new", "value": "", "effect": "NoSchedule"}]
    world.cloud.make(f"{K8S}/pools/{pool['id']}/set-taints", {"taints": taints}, "PUT")
    world.look()
    labels = world.node()["metadata"]["labels"]
    assert ("old" in labels, labels["new"], labels["somebody"]) == (False, "2", "else")
    assert [taint["key"] for taint in world.node()["spec"]["taints"]] == ["not-ready", "new"]


def test_addresses_that_something_else_wrote_are_put_right(world: World):
    world.pool()
    world.look(times=5)
    world.node()["status"]["addresses"] = [{"type": "InternalIP", "address": "10.0.0.10"}]
    world.look()
    found = {each["type"]: each["address"] for each in world.node()["status"]["addresses"]}
    assert (found["InternalIP"], found["ExternalIP"]) == ("172.16.0.10", "203.0.113.1")


def test_a_node_object_that_was_deleted_registers_again(world: World):
    world.pool()
    world.look(times=5)
    (name,) = world.names
    world.kube.objects["nodes"].clear()
    world.look()
    assert world.names == [name]


def test_a_deleted_pool_cordons_and_evicts_before_its_nodes_go(world: World):
    world.pool(name="system")
    pool = world.pool()
    world.look(times=5)
    name = next(name for name in world.names if "-p-" in name)
    world.kube.run("jvb-0", name, grace=3600)
    world.cloud.make(f"{K8S}/pools/{pool['id']}", None, "DELETE")
    world.look()
    assert world.kube.objects["nodes"][name]["spec"]["unschedulable"] is True
    assert world.kube.evictions == [("jvb-0", None)], "the API drains with the pod's own grace"
    assert world.cloud.get(f"{K8S}/pools/{pool['id']}")["status"] == "deleting"
    del world.kube.objects["pods"]["jvb-0"]
    world.look()
    assert name not in world.names
    assert world.cloud.ask("GET", f"{K8S}/pools/{pool['id']}").status_code == 404


def test_after_the_apis_deadline_pods_are_ended_by_force(world: World):
    world.pool(name="system")
    pool = world.pool()
    world.look(times=5)
    world.kube.run("jvb-0", next(name for name in world.names if "-p-" in name))
    world.cloud.make(f"{K8S}/pools/{pool['id']}", None, "DELETE")
    world.look(after=14.0)
    assert "jvb-0" in world.kube.objects["pods"], "15 minutes at 60 times the speed are 15 seconds"
    world.look(after=2.0)
    assert "jvb-0" not in world.kube.objects["pods"]


def test_nodes_of_a_deleted_cluster_are_removed(world: World):
    world.pool()
    world.look(times=5)
    world.cloud.make(f"{K8S}/clusters/{world.cluster['id']}", None, "DELETE")
    world.look()
    assert world.names == []


def test_an_api_server_that_is_away_is_said_once(world: World, monkeypatch: pytest.MonkeyPatch):
    world.kube.away = True
    looks = iter(range(3))

    async def look() -> None:
        if next(looks, None) is None:
            raise asyncio.CancelledError
        await world.kube.items("/api/v1/nodes")

    async def run() -> None:
        await every(0, look, world.cloud.emulator, "nodes")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    said = [line for line in world.cloud.lines if "waiting for the API server" in line]
    assert len(said) == 1


def test_http_works_while_the_api_server_is_away(world: World):
    world.kube.away = True
    pool = world.pool()
    with pytest.raises(Unreachable):
        world.look(after=60)
    assert world.cloud.get(f"{K8S}/pools/{pool['id']}")["status"] == "scaling"


def test_a_pending_pod_orders_a_node_once(world: World):
    world.pool(autoscaling=True, max_size=3)
    world.look(times=5)
    world.kube.run("busy", world.names[0], cpu="2")
    world.kube.run("jvb-1", cpu="2")
    world.scan()
    world.scan()
    assert next(iter(world.state.pools.values())).size == 2, "the node that is coming counts"
    world.look(times=5)
    assert len(world.names) == 2


def test_an_unneeded_node_is_drained_within_the_clusters_grace_and_then_deleted(world: World):
    pool = world.pool(autoscaling=True, size=2, max_size=2)
    world.look(times=5)
    kept, going = sorted(world.names, reverse=True)
    world.kube.run("busy", kept, cpu="2")
    world.kube.run("jvb-1", going, cpu="500m", grace=3600)
    world.scan()
    world.scan(after=11)
    world.scan()
    item = world.kube.objects["nodes"][going]
    assert [taint["key"] for taint in item["spec"]["taints"]] == [REMOVAL_TAINT]
    assert world.kube.evictions == [("jvb-1", 50)], "min(the pod's grace, max_graceful_termination_sec)"
    del world.kube.objects["pods"]["jvb-1"]
    world.scan()
    world.look()
    assert (world.names, world.state.pools[pool["id"]].size) == ([kept], 1)


def test_a_node_is_closed_to_new_pods_in_the_scan_that_gives_it_up(world: World):
    world.pool(autoscaling=True, size=2, max_size=2)
    world.look(times=5)
    kept, going = sorted(world.names, reverse=True)
    world.kube.run("busy", kept, cpu="2")
    world.scan()
    world.scan(after=11)
    assert [taint["key"] for taint in world.kube.objects["nodes"][going]["spec"]["taints"]] == [REMOVAL_TAINT]


def test_a_drain_that_does_not_end_is_given_up_and_the_node_stays(world: World):
    world.pool(autoscaling=True, size=2, max_size=2)
    world.look(times=5)
    kept, going = sorted(world.names, reverse=True)
    world.kube.run("busy", kept, cpu="2")
    world.kube.run("jvb-1", going, cpu="500m")
    world.scan()
    world.scan(after=11)
    world.scan()
    world.scan(after=120)
    assert world.kube.objects["nodes"][going]["spec"]["taints"] == []
    assert len(world.names) == 2


def test_a_pool_without_quota_backs_off_and_gives_back_what_never_came(tmp_path: Path):
    with Cloud(tmp_path / "state", kubeconfig=tmp_path / "k", quotas={"DEV1-M": 1}) as cloud:
        world = World(cloud)
        pool = world.pool(autoscaling=True, max_size=3)
        world.look(times=5)
        world.kube.run("busy", world.names[0], cpu="2")
        world.kube.run("jvb-1", cpu="2")
        world.scan()
        failed = [node for node in world.state.nodes.values() if node.phase == "failed"]
        assert len(failed) == 1
        world.scan()
        assert (world.state.pools[pool["id"]].size, pool["id"] in world.autoscaler.backed_off) == (1, True)


def test_a_service_gets_the_ip_that_it_names(world: World):
    ip = world.cloud.make(f"{LB}/ips", {})
    service = world.service(ip_ids=ip["id"], type="lb-gp-m")
    assert service["status"]["loadBalancer"]["ingress"] == [{"ip": ip["ip_address"], "ipMode": "VIP"}]
    assert service["metadata"]["finalizers"] == [FINALIZER]
    (balancer,) = world.cloud.get(f"{LB}/lbs")["lbs"]
    assert (balancer["type"], balancer["ip"][0]["lb_id"]) == ("LB-GP-M", balancer["id"])


def test_a_second_ip_is_ipv6_and_replaces_the_load_balancer(world: World):
    ip, ip6 = world.cloud.make(f"{LB}/ips", {}), world.cloud.make(f"{LB}/ips", {"is_ipv6": True})
    assert (":" in ip["ip_address"], ":" in ip6["ip_address"]) == (False, True)
    service = world.service(ip_ids=ip["id"])
    (first,) = world.cloud.get(f"{LB}/lbs")["lbs"]
    ids = next(name for name in service["metadata"]["annotations"] if name.endswith("ip-ids"))
    service["metadata"]["annotations"][ids] = f"{ip['id']},{ip6['id']}"
    world.services()
    (second,) = world.cloud.get(f"{LB}/lbs")["lbs"]
    assert second["id"] != first["id"]
    assert [each["id"] for each in second["ip"]] == [ip["id"], ip6["id"]]
    assert {each["lb_id"] for each in second["ip"]} == {second["id"]}


def test_nodes_with_the_exclusion_label_are_not_behind_it(world: World):
    world.pool(name="system")
    world.pool(labels={EXCLUDED: "true"})
    world.look(times=5)
    world.service()
    lb = world.cloud.get(f"{LB}/lbs")["lbs"][0]
    (backend,) = world.cloud.get(f"{LB}/lbs/{lb['id']}/backends")["backends"]
    assert (backend["pool"], backend["forward_port"]) == (["172.16.0.10"], 30443)


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"ip_ids": "44444444-4444-4444-4444-444444444444"}, "no IP 44444444"),
        ({"type": "LB-HUGE"}, "unknown load balancer type 'LB-HUGE'"),
    ],
)
def test_a_service_that_cannot_be_served_has_no_address_and_one_warning(
    world: World, annotations: dict[str, str], message: str
):
    service = world.service(ports=None, **annotations)
    world.services()
    assert "status" not in service
    (event,) = world.kube.objects["events"].values()
    assert (event["type"], message in event["message"]) == ("Warning", True)


def test_an_ip_belongs_to_one_load_balancer(world: World):
    ip = world.cloud.make(f"{LB}/ips", {})
    world.state.addresses[ip["id"]].lb_id = "another"
    assert "status" not in world.service(ip_ids=ip["id"])


def test_udp_ports_are_skipped_and_the_rest_is_served(world: World):
    ports = [{"port": 443, "nodePort": 30443}, {"port": 10000, "protocol": "UDP"}]
    assert "status" in world.service(ports=ports)
    assert world.cloud.get(f"{LB}/lbs")["lbs"][0]["frontend_count"] == 1


def test_a_service_that_goes_frees_a_reserved_ip_and_loses_its_finalizer(world: World):
    ip = world.cloud.make(f"{LB}/ips", {})
    world.service(ip_ids=ip["id"])["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    world.services()
    assert world.kube.objects["services"]["web"]["metadata"]["finalizers"] == []
    assert world.cloud.get(f"{LB}/ips/{ip['id']}")["lb_id"] is None


def test_an_address_of_its_own_goes_with_the_load_balancer(world: World):
    world.service()
    world.kube.objects["services"].clear()
    world.services()
    assert world.cloud.get(f"{LB}/ips")["total_count"] == 0


def test_a_cluster_that_goes_first_leaves_its_load_balancer_behind(world: World):
    ip = world.cloud.make(f"{LB}/ips", {})
    world.service(ip_ids=ip["id"])
    world.cloud.make(f"{K8S}/clusters/{world.cluster['id']}", None, "DELETE")
    world.services()
    assert "in use by load balancer" in world.cloud.refused("DELETE", f"{LB}/ips/{ip['id']}", status=412)
    lb = world.cloud.get(f"{LB}/lbs")["lbs"][0]
    world.cloud.make(f"{LB}/lbs/{lb['id']}", None, "DELETE")
    assert world.cloud.ask("DELETE", f"{LB}/ips/{ip['id']}").status_code == 204
