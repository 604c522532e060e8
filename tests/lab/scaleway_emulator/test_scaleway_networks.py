"""VPCs, private networks and security groups: what is made, and what is refused."""

import pytest

from tests.lab.scaleway_emulator.cloud import INSTANCE, K8S, VPC, Cloud


def _rule(**changes: object) -> dict[str, object]:
    base = {"action": "accept", "protocol": "UDP", "direction": "inbound", "ip_range": "0.0.0.0/0"}
    return {**base, "dest_port_from": 10000, "dest_port_to": 10000, **changes}


def test_a_network_without_a_subnet_gets_the_next_free_one(cloud: Cloud):
    network = cloud.network()
    other = cloud.make(f"{VPC}/private-networks", {"name": "o", "vpc_id": network["vpc_id"]})
    assert other["subnets"][0]["subnet"] == "172.16.4.0/22"


def test_every_network_has_an_ipv6_subnet_too(cloud: Cloud):
    assert [subnet["subnet"].endswith("::/64") for subnet in cloud.network()["subnets"]] == [False, True]


@pytest.mark.parametrize(
    ("subnet", "message"),
    [
        ("172.16.0.0/24", "Private Network subnets are too short"),
        ("198.18.0.0/20", "overlaps the reserved range 198.18.0.0/15"),
        ("172.16.0.1/22", "has host bits set"),
        ("nonsense", "does not appear to be"),
    ],
)
def test_a_subnet_that_cannot_be_is_refused(cloud: Cloud, subnet: str, message: str):
    vpc = cloud.make(f"{VPC}/vpcs", {"name": "v"})
    body = {"vpc_id": vpc["id"], "subnets": [subnet]}
    assert message in cloud.refused("POST", f"{VPC}/private-networks", body)


def test_subnets_of_one_vpc_do_not_overlap(cloud: Cloud):
    network = cloud.network("172.16.0.0/20")
    body = {"vpc_id": network["vpc_id"], "subnets": ["172.16.4.0/22"]}
    assert "172.16.4.0/22 overlaps 172.16.0.0/20" in cloud.refused("POST", f"{VPC}/private-networks", body)


def test_another_vpc_may_have_the_same_subnet(cloud: Cloud):
    assert cloud.network()["subnets"][0]["subnet"] == cloud.network()["subnets"][0]["subnet"]


def test_a_vpc_with_networks_is_not_deleted(cloud: Cloud):
    network = cloud.network()
    assert "still has private networks" in cloud.refused("DELETE", f"{VPC}/vpcs/{network['vpc_id']}", status=412)


def test_a_network_with_a_cluster_is_not_deleted(cloud: Cloud):
    network = cloud.network()
    cloud.cluster(network=network)
    assert "used by k" in cloud.refused("DELETE", f"{VPC}/private-networks/{network['id']}", status=412)


def test_rules_are_put_as_a_whole_list(cloud: Cloud):
    group = cloud.group()
    path = f"{INSTANCE}/security_groups/{group['id']}/rules"
    cloud.make(path, {"rules": [_rule(), _rule(ip_range="::/0")]}, "PUT")
    cloud.make(path, {"rules": [_rule(dest_port_from=30000, dest_port_to=30010)]}, "PUT")
    (rule,) = cloud.get(path)["rules"]
    assert (rule["dest_port_from"], rule["dest_port_to"], rule["position"]) == (30000, 30010, 1)


def test_the_end_of_a_single_port_is_null(cloud: Cloud):
    group = cloud.group()
    answer = cloud.make(f"{INSTANCE}/security_groups/{group['id']}/rules", {"rules": [_rule()]}, "PUT")
    assert answer["rules"][0]["dest_port_to"] is None


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([_rule()] * 501, "at most 500 rules, got 501"),
        ([_rule(dest_port_from=20, dest_port_to=10)], "port range 20-10 is empty"),
        ([_rule(protocol="ICMP")], "ICMP has no ports"),
        ([_rule(protocol="SCTP")], "Input should be"),
        ([_rule(ip_range="x")], "does not appear to be"),
    ],
)
def test_rules_that_cannot_be_are_refused(cloud: Cloud, rules: list[object], message: str):
    group = cloud.group()
    assert message in cloud.refused("PUT", f"{INSTANCE}/security_groups/{group['id']}/rules", {"rules": rules})


def test_a_group_in_use_is_not_deleted(cloud: Cloud):
    group = cloud.group()
    cloud.pool(cloud.cluster(), security_group_id=group["id"])
    path = f"{INSTANCE}/security_groups/{group['id']}"
    assert "in use by pool p" in cloud.refused("DELETE", path, status=412)


def test_a_group_in_use_cannot_stop_being_stateful(cloud: Cloud):
    group = cloud.group()
    cloud.pool(cloud.cluster(), security_group_id=group["id"])
    path = f"{INSTANCE}/security_groups/{group['id']}"
    assert "must be stateful" in cloud.refused("PATCH", path, {"stateful": False})


def test_a_pool_refuses_a_group_that_drops_and_forgets(cloud: Cloud):
    group = cloud.group(stateful=False)
    body = cloud.pool_body(security_group_id=group["id"])
    assert "must be stateful" in cloud.refused("POST", f"{K8S}/clusters/{cloud.cluster()['id']}/pools", body)


def test_a_pool_refuses_a_group_of_another_zone(cloud: Cloud):
    group = cloud.group()
    body = cloud.pool_body(security_group_id=group["id"], zone="fr-par-2")
    message = cloud.refused("POST", f"{K8S}/clusters/{cloud.cluster()['id']}/pools", body)
    assert "is in fr-par-1, the pool in fr-par-2" in message


def test_pools_without_a_group_share_one_that_drops_everything(cloud: Cloud):
    cluster = cloud.cluster()
    pools = [cloud.pool(cluster, name=name) for name in ("a", "b")]
    assert pools[0]["security_group_id"] == pools[1]["security_group_id"]
    group = cloud.get(f"{INSTANCE}/security_groups/{pools[0]['security_group_id']}")["security_group"]
    assert (group["name"], group["inbound_default_policy"]) == ("Kapsule default security group", "drop")
