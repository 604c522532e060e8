"""Every object of every sample stack against the kinds and fields of each Kubernetes version from the oldest supported to the next one."""

import pytest
from sample_stacks import NAMES, kubernetes_objects

from config.cluster import MIN_KUBERNETES, NEWEST_KUBERNETES
from config.node_types import VERSIONS
from plan.findings.cluster import VERSION_ENDS
from plan.resources.kubernetes_fields import FILE, faults, is_kubernetes_own, read

MINORS = range(int(MIN_KUBERNETES.partition(".")[2]), int(NEWEST_KUBERNETES.partition(".")[2]) + 1)


@pytest.mark.parametrize("stack", NAMES)
def test_every_object_is_one_that_every_kubernetes_version_knows(stack):
    objects = [o for o in kubernetes_objects(stack) if is_kubernetes_own(o.properties["apiVersion"])]
    assert len(objects) > 30
    assert {f"{o.properties['apiVersion']}/{o.properties['kind']}" for o in objects} <= read().roots.keys(), (
        "add kinds with lab/kubernetes_fields.py"
    )
    found = {
        (o.name, fault): f"1.{minor}" for o in objects for minor in MINORS for fault in faults(o.properties, minor)
    }
    assert found == {}


def test_the_versions_are_those_of_kapsule_and_the_next_one():
    offered = {int(version.split(".")[1]) for version in (*VERSIONS, *VERSION_ENDS)}
    assert read().minors == list(MINORS)
    assert {*offered, max(offered) + 1} <= set(MINORS)


def service(**spec):
    return {"apiVersion": "v1", "kind": "Service", "spec": spec}


def autoscaler(version, **up):
    return {"apiVersion": version, "kind": "HorizontalPodAutoscaler", "spec": {"behavior": {"scaleUp": up}}}


@pytest.mark.parametrize(
    ("document", "minor", "says"),
    [
        (autoscaler("autoscaling/v2", tolerance="0.1"), 30, "does not know (since 1.33)"),
        (autoscaler("autoscaling/v2", tolerance="0.1"), 33, "feature gate"),
        (autoscaler("autoscaling/v2", tolerance="0.1"), 35, ""),
        (autoscaler("autoscaling/v2", stabilizationWindowSeconds="1"), 35, "'1', where it expects integer"),
        (autoscaler("autoscaling/v2beta2"), 33, "but autoscaling/v1/HorizontalPodAutoscaler, autoscaling/v2/"),
        (service(loadBalancerIP="192.0.2.1"), 36, "deprecated"),
        (service(ports=[{"port": 80, "targetPort": True}]), 36, "where it expects intOrString"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1}}, 36, "data[a] 1, where it expects string"),
        ({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"}, 33, "but policy/v1/PodDisruptionBudget"),
    ],
)  # fmt: skip
def test_a_fault_is_told_for_the_version_that_has_it(document, minor, says):
    found = list(faults(document, minor))
    assert says in " ".join(found)
    assert bool(found) == bool(says)


def test_the_file_is_in_its_own_form():
    assert read().text() == FILE.read_text()
