"""Kapsule clusters: statuses, versions, ranges, control planes, access."""

import base64
from pathlib import Path

import pytest
import yaml

from plan.diff.scaleway_rules import AVAILABLE_TYPES
from tests.lab.scaleway_emulator.cloud import K8S, REGION, Cloud


def test_a_cluster_is_creating_then_waits_for_a_pool_then_is_ready(cloud: Cloud):
    cluster = cloud.cluster()
    path = f"{K8S}/clusters/{cluster['id']}"
    seen = [cluster["status"]]
    cloud.now += 2
    seen.append(cloud.get(path)["status"])
    cloud.pool(cluster)
    seen.append(cloud.get(path)["status"])
    assert seen == ["creating", "pool_required", "ready"]


def test_a_deleted_cluster_is_deleting_for_a_moment_and_takes_its_nodes_with_it(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    path = f"{K8S}/clusters/{cluster['id']}"
    assert cloud.make(path, None, "DELETE")["status"] == "deleting"
    assert cloud.get(path)["status"] == "deleting"
    assert "transient state" in cloud.refused("PATCH", path, {"tags": []}, status=409)
    cloud.now += 2
    assert cloud.ask("GET", path).json()["resource"] == "cluster"
    assert cloud.client.get("/emulator/state").json()["nodes"] == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "1.20.0"}, "is not supported, expected one of 1.36.1, 1.35.3, 1.34.6, 1.33.10"),
        ({"version": "1.35"}, "must be a full version, such as 1.35.3"),
        ({"cni": "weave"}, "unknown 'weave'"),
        ({"cni": "kilo"}, "for multicloud clusters only"),
        ({"type": "huge"}, "unknown cluster type 'huge'"),
        ({"pod_cidr": "172.16.0.0/16"}, "172.16.0.0/16 overlaps 172.16.0.0/22, a subnet of the Private Network"),
        ({"service_cidr": "172.16.0.0/20"}, "overlaps 172.16.0.0/22"),
        ({"pod_cidr": "198.18.0.0/16"}, "overlaps the reserved range"),
        ({"pod_cidr": "10.32.0.0/16"}, "overlaps service CIDR"),
        ({"service_dns_ip": "10.0.0.10"}, "is not in service CIDR"),
        ({"private_network_id": None}, "needs a Private Network"),
        ({"feature_gates": ["Nope"]}, "unknown 'Nope'"),
        ({"autoscaler_config": {"expander": "best"}}, "Input should be"),
        ({"autoscaler_config": {"scale_down_unneeded_time": "soon"}}, "expected a duration such as 10m"),
        ({"auto_upgrade": {"enable": True, "maintenance_window": {"start_hour": 24, "day": "any"}}}, "less than"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(cloud: Cloud, changes: dict[str, object], message: str):
    assert message in cloud.refused("POST", f"{K8S}/clusters", cloud.cluster_body(**changes))


def test_a_network_that_does_not_exist_is_not_found(cloud: Cloud):
    body = cloud.cluster_body(private_network_id="22222222-2222-2222-2222-222222222222")
    assert cloud.refused("POST", f"{K8S}/clusters", body, status=404) == "resource is not found"


def test_a_network_of_another_region_is_refused(cloud: Cloud):
    body = cloud.cluster_body()
    assert "is in fr-par, not in nl-ams" in cloud.refused("POST", "/k8s/v1/regions/nl-ams/clusters", body)


def test_autoscaler_settings_that_are_not_named_get_the_apis_defaults(cloud: Cloud):
    config = cloud.cluster(autoscaler_config={"expander": "least_waste", "estimator": "unknown_estimator"})
    shown = config["autoscaler_config"]
    assert (shown["expander"], shown["estimator"]) == ("least_waste", "binpacking")
    assert (shown["scale_down_unneeded_time"], shown["skip_nodes_with_local_storage"]) == ("10m", True)


def test_the_provider_survives_a_cluster_without_open_id(cloud: Cloud):
    assert cloud.cluster()["open_id_connect_config"]["required_claim"] == []


def test_auto_upgrade_is_asked_as_enable_and_answered_as_enabled(cloud: Cloud):
    window = {"start_hour": 3, "day": "sunday"}
    shown = cloud.cluster(auto_upgrade={"enable": True, "maintenance_window": window})["auto_upgrade"]
    assert shown == {"enabled": True, "maintenance_window": window}


def test_a_patch_changes_only_what_it_names(cloud: Cloud):
    cluster = cloud.cluster(tags=["a"], autoscaler_config={"expander": "price"})
    path = f"{K8S}/clusters/{cluster['id']}"
    patched = cloud.make(path, {"autoscaler_config": {"log_level": 4, "expander": "unknown_expander"}}, "PATCH")
    assert (patched["tags"], patched["autoscaler_config"]["expander"]) == (["a"], "price")
    assert patched["status"] == "updating"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("1.34.6", "downgrade"), ("1.36", "must be a full version"), ("1.40.0", "is not supported")],
)
def test_an_upgrade_that_cannot_be_is_refused(cloud: Cloud, wanted: str, message: str):
    path = f"{K8S}/clusters/{cloud.cluster()['id']}/upgrade"
    assert message in cloud.refused("POST", path, {"version": wanted})


def test_an_upgrade_goes_one_minor_version_at_a_time(cloud: Cloud):
    path = f"{K8S}/clusters/{cloud.cluster(version='1.33.10')['id']}/upgrade"
    assert "skips a minor version" in cloud.refused("POST", path, {"version": "1.35.3"})


def test_an_upgrade_takes_the_pools_along_when_asked(cloud: Cloud):
    cluster = cloud.cluster()
    pool = cloud.pool(cluster)
    cloud.make(f"{K8S}/clusters/{cluster['id']}/upgrade", {"version": "1.36.1", "upgrade_pools": True})
    shown = cloud.get(f"{K8S}/pools/{pool['id']}")
    assert (shown["version"], shown["status"]) == ("1.36.1", "upgrading")


def test_a_control_plane_grows_and_never_shrinks_within_its_commitment(cloud: Cloud):
    path = f"{K8S}/clusters/{cloud.cluster()['id']}"
    for name, listed in AVAILABLE_TYPES.items():
        if name != "kapsule":
            cloud.make(f"{path}/set-type", {"type": name})
        assert tuple(each["name"] for each in cloud.get(f"{path}/available-types")["cluster_types"]) == listed
    assert "cannot become kapsule" in cloud.refused("POST", f"{path}/set-type", {"type": "kapsule"})


def _kubeconfig(cloud: Cloud, cluster: dict[str, str]) -> dict[str, list[dict[str, dict[str, str]]]]:
    answer = cloud.get(f"{K8S}/clusters/{cluster['id']}/kubeconfig")
    assert answer["content_type"] == "application/octet-stream"
    return yaml.safe_load(base64.b64decode(answer["content"]))


def test_the_kubeconfig_leads_to_the_api_server_under_kapsules_names(tmp_path: Path):
    given = {
        "clusters": [
            {"name": "x", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority-data": "Q0E="}}
        ],
        "users": [{"name": "y", "user": {"token": "secret"}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(given))
    with Cloud(tmp_path / "state", kubeconfig=tmp_path / "kubeconfig") as cloud:
        config = _kubeconfig(cloud, cloud.cluster())
    assert config["current-context"] == "admin@k"
    assert config["clusters"] == [{"name": "k", "cluster": given["clusters"][0]["cluster"]}]
    assert config["users"] == [{"name": "k-admin", "user": {"token": "secret"}}]


def test_without_an_api_server_the_kubeconfig_names_kapsules_host(cloud: Cloud):
    cluster = cloud.cluster()
    server = _kubeconfig(cloud, cluster)["clusters"][0]["cluster"]["server"]
    assert server == f"https://{cluster['id']}.api.k8s.{REGION}.scw.cloud:6443"


def test_the_api_server_is_open_until_rules_are_set(cloud: Cloud):
    path = f"{K8S}/clusters/{cloud.cluster()['id']}/acls"
    assert [rule.get("ip") for rule in cloud.get(path)["rules"]] == ["0.0.0.0/0"]
    cloud.make(path, {"acls": [{"ip": "192.0.2.0/24"}, {"scaleway_ranges": True}]}, "PUT")
    assert [rule.get("ip") for rule in cloud.get(path)["rules"]] == ["192.0.2.0/24", None]


def test_an_access_rule_names_one_of_two_things(cloud: Cloud):
    path = f"{K8S}/clusters/{cloud.cluster()['id']}/acls"
    assert "either an ip or scaleway_ranges" in cloud.refused("PUT", path, {"acls": [{"description": "x"}]})
