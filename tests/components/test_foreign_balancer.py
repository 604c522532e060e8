"""A load balancer of somebody else: its annotations, and the PROXY protocol on both sides or neither."""

import json
from typing import Any

import pytest
from sample_stacks import OWN, recorded

from config.problems import ConfigError
from config.read import parse
from plan.resources.edge_balancer import edge_proxy_protocol_differs
from plan.resources.made import Resources

STACK = "turn-elsewhere"


def test_the_service_has_the_annotations_and_haproxy_expects_the_header_on_both_ports() -> None:
    made = {resource.name: resource.properties for resource in recorded(STACK)}
    notes = made["jitsi-edge-service"]["metadata"]["annotations"]
    assert notes["loadbalancer.openstack.org/proxy-protocol"] == "true"
    text = made["jitsi-edge-config"]["data"]["haproxy.cfg"]
    assert "tcp-request connection expect-proxy layer4\n" in text
    assert not list(edge_proxy_protocol_differs.findings(Resources(parse(OWN[STACK]), recorded(STACK))))


def test_a_haproxy_that_expects_no_header_where_one_comes_is_found() -> None:
    other = {**OWN["existing-static"], "jitsi:ingress": '{"tls": {"mode": "selfSigned"}, "proxyProtocol": true}'}
    found = list(edge_proxy_protocol_differs.findings(Resources(parse(other), recorded("existing-static"))))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("ingress", "says"),
    [
        ({"proxyProtocol": True}, r"ingress\.proxyProtocol: true, but Scaleway's load balancer sends it"),
        ({"annotations": {"service.beta.kubernetes.io/scw-loadbalancer-type": "LB-S"}}, "use ingress.loadBalancer"),
        (
            {"annotations": {"service.beta.kubernetes.io/scw-loadbalancer-timeout-connect": "1m"}},
            "is set by the program",
        ),
        ({"annotations": {"a b": "c"}}, r"ingress\.annotations.*a label is letters"),
        ({"annotations": {"a": True}}, r"ingress\.annotations\.a"),
        ({"proxyprotocol": True}, "did you mean proxyProtocol"),
    ],
)
def test_a_wrong_key_leads_to_the_right_one(ingress: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse({**OWN["options"], "jitsi:ingress": json.dumps(ingress)})
