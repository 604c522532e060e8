"""Kapsule pools and their nodes: sizes, limits, quotas, labels."""

from pathlib import Path
from typing import Any

import pytest
from scaleway_emulator.api.fleet import node_name
from scaleway_emulator.cluster import node_objects

from tests.lab.scaleway_emulator.cloud import K8S, PROJECT, ZONE, Cloud


def _nodes(cloud: Cloud, cluster: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    return cloud.get(f"{K8S}/clusters/{cluster['id']}/nodes", **query)["nodes"]


def _refused(cloud: Cloud, status: int = 400, **changes: Any) -> str:
    path = f"{K8S}/clusters/{cloud.cluster()['id']}/pools"
    return cloud.refused("POST", path, cloud.pool_body(**changes), status)


def test_a_pool_scales_until_its_nodes_have_booted(cloud: Cloud):
    cluster = cloud.cluster()
    pool = cloud.pool(cluster, size=2)
    assert (pool["status"], [node["status"] for node in _nodes(cloud, cluster)]) == ("scaling", ["creating"] * 2)
    cloud.now += 4
    assert cloud.get(f"{K8S}/pools/{pool['id']}")["status"] == "ready"
    assert [node["public_ip_v4"] for node in _nodes(cloud, cluster)] == ["203.0.113.1", "203.0.113.2"]


def test_a_cluster_lists_its_own_pools_only(cloud: Cloud):
    one, other = cloud.cluster(), cloud.cluster()
    cloud.pool(one, name="mine")
    assert cloud.get(f"{K8S}/clusters/{other['id']}/pools") == {"total_count": 0, "pools": []}


@pytest.mark.parametrize("node_type", ["DEV1-S", "PLAY2-PICO", "STARDUST1-S"])
def test_a_type_too_small_for_kapsule_is_refused(cloud: Cloud, node_type: str):
    assert f"node type {node_type} is not allowed" in _refused(cloud, node_type=node_type)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"node_type": "CRAY-1"}, "unknown node type CRAY-1"),
        ({"node_type": "DEV1-M", "zone": "fr-par-3"}, "DEV1-M is not available in fr-par-3"),
        ({"zone": "nl-ams-1"}, "zone nl-ams-1 is not in region fr-par"),
        ({"size": 151, "max_size": 151}, "a kapsule cluster has at most 150 nodes, got 151"),
        ({"size": 5, "max_size": 3, "autoscaling": True}, "size 5 is not within 1 and 3"),
        ({"min_size": 3, "max_size": 2}, "min_size 3 is greater than max_size 2"),
        ({"root_volume_size": 10_000_000_000}, "must be at least 20 GB, got 10 GB"),
        ({"root_volume_type": "tape"}, "unknown volume type 'tape'"),
        ({"container_runtime": "docker"}, "use containerd"),
        ({"kubelet_args": {"node-labels": "a=b"}}, "'node-labels' cannot be set"),
        ({"labels": {"bad key": "x"}}, "is not a valid label key"),
        ({"taints": [{"key": "a", "value": "b", "effect": "Never"}]}, "Input should be"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(cloud: Cloud, changes: dict[str, Any], message: str):
    assert message in _refused(cloud, **changes)


def test_the_first_pool_of_a_shared_control_plane_has_a_node(cloud: Cloud):
    message = _refused(cloud, status=412, size=0, max_size=2)
    assert message == "a mutualized cluster cannot have less than 1 node"


def test_a_second_pool_may_start_empty_and_is_ready_in_a_moment(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    empty = cloud.pool(cluster, name="jvb", size=0, min_size=0, max_size=3, autoscaling=True)
    assert (empty["status"], empty["min_size"]) == ("scaling", 0)
    cloud.now += 5
    assert cloud.get(f"{K8S}/pools/{empty['id']}")["status"] == "ready"


def test_the_last_node_of_a_shared_control_plane_stays(cloud: Cloud):
    pool = cloud.pool(cloud.cluster())
    message = cloud.refused("PATCH", f"{K8S}/pools/{pool['id']}", {"size": 0}, status=412)
    assert "cannot have less than 1 node" in message


def test_a_dedicated_control_plane_carries_more_nodes(cloud: Cloud):
    cluster = cloud.cluster(type="kapsule-dedicated-4")
    cloud.pool(cluster, size=151, max_size=151)
    path = f"{K8S}/clusters/{cluster['id']}/pools"
    message = cloud.refused("POST", path, cloud.pool_body(name="q", size=100, max_size=100))
    assert "at most 250 nodes, got 251" in message


def test_a_pool_needs_a_cluster(cloud: Cloud):
    path = f"{K8S}/clusters/33333333-3333-3333-3333-333333333333/pools"
    assert cloud.refused("POST", path, cloud.pool_body(), status=404) == "resource is not found"


def test_a_pool_name_is_unique_in_its_cluster(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    path = f"{K8S}/clusters/{cluster['id']}/pools"
    assert "must be unique across the cluster" in cloud.refused("POST", path, cloud.pool_body(), status=409)


def test_the_newest_nodes_go_first_when_a_pool_shrinks(cloud: Cloud):
    cluster = cloud.cluster()
    pool = cloud.pool(cluster)
    (oldest,) = _nodes(cloud, cluster)
    cloud.now += 10
    cloud.make(f"{K8S}/pools/{pool['id']}", {"size": 3}, "PATCH")
    cloud.now += 10
    cloud.make(f"{K8S}/pools/{pool['id']}", {"size": 1}, "PATCH")
    assert [node["id"] for node in _nodes(cloud, cluster)] == [oldest["id"]]


def test_a_replaced_node_gets_a_new_public_address(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    cloud.now += 4
    (before,) = _nodes(cloud, cluster)
    cloud.make(f"{K8S}/nodes/{before['id']}/replace", {})
    cloud.now += 4
    (after,) = _nodes(cloud, cluster)
    assert (before["public_ip_v4"], after["public_ip_v4"]) == ("203.0.113.1", "203.0.113.2")


def test_isolated_nodes_have_no_public_address(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster, public_ip_disabled=True)
    cloud.now += 4
    assert _nodes(cloud, cluster)[0]["public_ip_v4"] == ""


def test_private_addresses_come_from_the_networks_subnet(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    (node,) = _nodes(cloud, cluster)
    (ip,) = cloud.get("/ipam/v1/regions/fr-par/ips", resource_name=node["name"])["ips"]
    assert (ip["address"], ip["project_id"]) == ("172.16.0.10/22", PROJECT)


def test_nodes_beyond_a_quota_never_come(tmp_path: Path):
    with Cloud(tmp_path, quotas={"DEV1-M": 2}) as cloud:
        cluster = cloud.cluster()
        pool = cloud.pool(cluster, size=3)
        cloud.now += 60
        statuses = sorted(node["status"] for node in _nodes(cloud, cluster))
        shown = cloud.get(f"{K8S}/pools/{pool['id']}")
    assert statuses == ["creation_error", "ready", "ready"]
    assert (shown["status"], "2 Instances of type DEV1-M" in shown["error_message"]) == ("scaling", True)


def test_a_deleted_pool_goes_with_its_nodes(cloud: Cloud):
    cluster = cloud.cluster()
    pool = cloud.pool(cluster)
    assert cloud.make(f"{K8S}/pools/{pool['id']}", None, "DELETE")["status"] == "deleting"
    assert cloud.ask("GET", f"{K8S}/pools/{pool['id']}").json()["resource"] == "pool"


def test_the_autoscaler_deletes_a_node_and_the_pool_is_one_smaller(cloud: Cloud):
    cluster = cloud.cluster()
    pool = cloud.pool(cluster, autoscaling=True, size=2, min_size=1, max_size=3)
    node = _nodes(cloud, cluster)[0]
    cloud.make(f"{K8S}/autoscaler/nodes/{node['id']}", None, "DELETE")
    assert cloud.get(f"{K8S}/pools/{pool['id']}")["size"] == 1
    (left,) = _nodes(cloud, cluster)
    path = f"{K8S}/autoscaler/nodes/{left['id']}"
    assert "at its min_size 1" in cloud.refused("DELETE", path, status=412)


def test_the_autoscaler_sees_whole_numbers_and_taints_by_key(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster, taints=[{"key": "role", "value": "jvb", "effect": "NoSchedule"}])
    (group,) = cloud.get(f"{K8S}/autoscaler/clusters/{cluster['id']}/pools")["pools"]
    assert group["capacity"] == {"cpu": 3, "memory": 4 * 1024**3, "pods": 110}
    assert group["taints"] == {"role": "jvb:NoSchedule"}


def test_the_autoscaler_cannot_leave_a_pools_bounds(cloud: Cloud):
    pool = cloud.pool(cloud.cluster(), autoscaling=True, max_size=2)
    path = f"{K8S}/autoscaler/pools/{pool['id']}"
    assert cloud.make(path, {"size": 2}, "PATCH")["size"] == 2
    assert "not within 1 and 2" in cloud.refused("PATCH", path, {"size": 3})


def test_labels_and_taints_are_put_as_a_whole_and_answered_in_order(cloud: Cloud):
    pool = cloud.pool(cloud.cluster(), labels={"a": "1"})
    path = f"{K8S}/pools/{pool['id']}"
    assert cloud.make(f"{path}/set-labels", {"labels": {"b": "2"}}, "PUT")["labels"] == {"b": "2"}
    taints = [{"key": key, "value": "v", "effect": "NoSchedule"} for key in ("z", "a")]
    shown = cloud.make(f"{path}/set-taints", {"taints": taints}, "PUT")["taints"]
    assert [taint["key"] for taint in shown] == ["a", "z"]
    assert (
        cloud.make(f"{path}/set-startup-taints", {"startup_taints": taints[:1]}, "PUT")["startup_taints"] == taints[:1]
    )


def test_a_pool_is_not_ahead_of_its_cluster(cloud: Cloud):
    pool = cloud.pool(cloud.cluster())
    path = f"{K8S}/pools/{pool['id']}/upgrade"
    assert "upgrade it before its pools" in cloud.refused("POST", path, {"version": "1.36.1"})


def test_node_types_are_answered_as_kapsule_writes_them(cloud: Cloud):
    assert cloud.pool(cloud.cluster(), node_type="pro2_xxs")["node_type"] == "pro2_xxs"


@pytest.mark.parametrize(
    ("cluster", "pool", "name"),
    [
        ("test-pool-security-group", "test-pool-security-group", "scw-test-pool-securit-test-pool-securit-e82f6e"),
        (
            "test-pool-taints-and-labels",
            "test-pool-taints-and-labels",
            "scw-test-pool-taints--test-pool-taints--e82f6e",
        ),
        ("K_1", "jvb", "scw-k-1-jvb-e82f6e"),
    ],
)
def test_nodes_are_named_as_in_recordings_of_the_real_api(cluster: str, pool: str, name: str):
    assert node_name(cluster, pool, "e82f6e") == name


def _manifest(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    pool = cloud.pool(cloud.cluster(), **changes)
    state = cloud.emulator.store.state
    return node_objects.manifest(state.pools[pool["id"]], next(iter(state.nodes.values())))


def test_a_node_object_carries_the_pools_labels_and_kapsules_own(cloud: Cloud):
    node = _manifest(cloud, labels={"role": "jvb"}, node_type="BASIC2-A4C-8G")
    labels = node["metadata"]["labels"]
    assert labels["role"] == "jvb"
    assert labels["k8s.scaleway.com/pool-name"] == "p"
    assert labels["topology.kubernetes.io/zone"] == ZONE
    assert labels["kubernetes.io/arch"] == "arm64"
    assert labels["kubernetes.io/hostname"] == node["metadata"]["name"]


def test_tags_become_labels_and_taints_the_older_way(cloud: Cloud):
    tags = ["a=b", "noprefix=c=d", "taint=e=f:NoSchedule", "taint=noprefix=g=h:NoExecute"]
    node = _manifest(cloud, tags=tags)
    assert node["metadata"]["labels"]["k8s.scaleway.com/a"] == "b"
    assert node["metadata"]["labels"]["c"] == "d"
    assert node["spec"]["taints"] == [
        {"key": "k8s.scaleway.com/e", "value": "f", "effect": "NoSchedule"},
        {"key": "g", "value": "h", "effect": "NoExecute"},
    ]


def test_a_node_object_has_its_addresses_and_less_room_than_the_machine(cloud: Cloud):
    node = _manifest(cloud)
    assert node["spec"]["providerID"].startswith(f"scaleway://instance/{ZONE}/")
    assert {a["type"]: a["address"] for a in node["status"]["addresses"]} == {
        "Hostname": node["metadata"]["name"],
        "InternalIP": "172.16.0.10",
        "ExternalIP": "203.0.113.1",
    }
    assert (node["status"]["capacity"]["cpu"], node["status"]["allocatable"]["cpu"]) == ("3", "2900m")
