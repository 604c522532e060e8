"""`ingress.zones` with several entries: a load balancer and an address in each, and one name that leads to those that answer."""

import json
from functools import cache

import pytest

from config.problems import ConfigError
from config.read import parse
from plan.evaluate import evaluate
from plan.resources.check import check
from plan.resources.made import Resources

PREFIX = "service.beta.kubernetes.io/scw-loadbalancer-"
TWO = ["fr-par-1", "fr-par-2"]


def keys(zones, **ingress):
    return {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.school.eu",
        "jitsi:dnsZone": "school.eu",
        "jitsi:shards": json.dumps([{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]),
        "jitsi:ingress": json.dumps({"tls": {"mode": "selfSigned"}, **({"zones": zones} if zones else {}), **ingress}),
    }


@cache
def _resources(text):
    return evaluate(json.loads(text), "doors")


def made(zones, **ingress):
    return {resource.name: resource.properties for resource in _resources(json.dumps(keys(zones, **ingress)))}


def test_each_zone_has_an_address_and_a_service_with_node_ports_of_its_own():
    stack = made(TWO)
    assert stack["scaleway-address-ip"]["zone"] == "fr-par-1"
    assert stack["scaleway-address-ip-fr-par-2"]["zone"] == "fr-par-2"
    services = [stack["jitsi-edge-service"], stack["jitsi-edge-service-fr-par-2"]]
    assert [each["metadata"]["annotations"][f"{PREFIX}zone"] for each in services] == TWO
    assert len({each["metadata"]["annotations"][f"{PREFIX}ip-ids"] for each in services}) == 2
    ports = [
        number
        for each in services
        for number in (each["spec"]["healthCheckNodePort"], *(port["nodePort"] for port in each["spec"]["ports"]))
    ]
    assert sorted(ports) == [30043, 30044, 30080, 30081, 30082, 30083]


def test_the_record_lists_every_address_and_asks_haproxy_at_each():
    record = made(TWO)["scaleway-address-record"]
    asked = record["httpService"]
    assert len(asked["ips"]) == 2
    assert asked["strategy"] == "all"
    assert asked["url"] == "http://meet.school.eu/.well-known/jitsi-edge"
    text = made(TWO)["jitsi-edge-config"]["data"]["haproxy.cfg"]
    assert f'string "{asked["mustContain"]}" if {{ path /.well-known/jitsi-edge }}' in text
    assert record["ttl"] == 60


def test_one_zone_is_as_without_the_key():
    assert made(["fr-par-1"]) == made(None)


def test_every_zone_has_an_ipv6_address_too():
    stack = made(TWO, ipv6=True)
    assert stack["scaleway-address-ip6-fr-par-2"]["isIpv6"] is True
    assert stack["scaleway-address-record6"]["type"] == "AAAA"
    assert len(stack["scaleway-address-record6"]["httpService"]["ips"]) == 2


@pytest.mark.parametrize("ipv6", [False, True])
def test_no_rule_finds_a_fault(ipv6):
    values = keys(TWO, ipv6=ipv6)
    assert list(check(Resources(parse(values), tuple(_resources(json.dumps(values)))))) == []


@pytest.mark.parametrize(
    ("zones", "ingress", "says"),
    [
        (["fr-par-1", "fr-par-1"], {}, "list each zone once"),
        (["fr-par-1", "fr-par-3"], {}, "ingress.zones[1]: Scaleway offers no load balancers in fr-par-3"),
        (["fr-par-1", "nl-ams-1"], {}, "ingress.zones[1]: nl-ams-1 is not a zone of region fr-par"),
        (TWO, {"nodePorts": {"http": 30080, "https": 30081, "health": 30084}}, "must be different ports"),
    ],
)
def test_zones_that_cannot_be_are_refused(zones, ingress, says):
    with pytest.raises(ConfigError) as refused:
        parse(keys(zones, **ingress))
    assert says in str(refused.value)
