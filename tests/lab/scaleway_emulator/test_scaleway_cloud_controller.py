"""What the cloud controller reads from a Service."""

from typing import Any

from scaleway_emulator.cluster.cloud_controller import EXCLUDED, PREFIX, backends, ingress, skipped_ports, tcp_ports


def _service(*ports: dict[str, Any], **annotations: str) -> dict[str, Any]:
    named = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in annotations.items()}
    return {"metadata": {"name": "web", "namespace": "meet", "annotations": named}, "spec": {"ports": list(ports)}}


def _node(address: str, ready: str = "True", **labels: str) -> dict[str, Any]:
    status = {
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "ExternalIP", "address": "203.0.113.1"}],
        "conditions": [{"type": "Ready", "status": ready}],
    }
    return {"metadata": {"name": address, "labels": labels}, "status": status}


def test_udp_ports_never_reach_a_load_balancer():
    service = _service({"port": 443, "nodePort": 30443}, {"port": 10000, "protocol": "UDP"})
    assert tcp_ports(service) == [{"name": "port-443", "port": 443, "node_port": 30443}]
    assert skipped_ports(service) == ["10000/UDP"]


def test_a_load_balancer_shows_its_address():
    assert ingress("192.0.2.1", _service(), "fr-par-1") == [{"ip": "192.0.2.1", "ipMode": "VIP"}]


def test_a_load_balancer_shows_a_name_instead_when_asked_to():
    service = _service(use_hostname="true")
    assert ingress("192.0.2.1", service, "fr-par-1") == [{"hostname": "192-0-2-1.lb.fr-par.scw.cloud"}]


def test_only_ready_nodes_that_are_not_excluded_stand_behind_it():
    nodes = [_node("172.16.0.12"), _node("172.16.0.11"), _node("172.16.0.13", ready="False")]
    excluded = _node("172.16.0.14")
    excluded["metadata"]["labels"] = {EXCLUDED: "true"}
    assert backends([*nodes, excluded]) == ["172.16.0.11", "172.16.0.12"]
