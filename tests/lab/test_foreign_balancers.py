"""Addresses for Services on a cluster that is not Scaleway's."""

from lab.cluster.balancers import address_of, waits_for_address


def service(**metadata):
    return {"metadata": {"uid": "u-1", "name": "haproxy", **metadata}, "spec": {"type": "LoadBalancer"}}


def test_a_service_without_scaleways_annotations_waits_for_our_address():
    assert waits_for_address(service())
    assert not waits_for_address(service(annotations={"service.beta.kubernetes.io/scw-loadbalancer-type": "LB-S"}))
    assert not waits_for_address({**service(), "spec": {"type": "ClusterIP"}})
    assert not waits_for_address(service(deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not waits_for_address({**service(), "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})


def test_an_address_is_documentary_and_stays_the_services_own():
    assert address_of(service()) == address_of(service())
    assert address_of(service()).startswith("192.0.2.")
