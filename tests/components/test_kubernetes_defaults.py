"""What manifests leave to Kubernetes is known: a field is set, or its default is named with the reason why it is right."""

from collections.abc import Iterator
from typing import Any

import pytest
from sample_stacks import NAMES, recorded

from components.kubernetes.defaults import DEFAULTS
from components.kubernetes.pull_secret import pod_specs

FIELDS = {
    kind: [default for default in DEFAULTS if default.kind == kind] for kind in {default.kind for default in DEFAULTS}
}
WITHOUT_DEFAULTS = {
    *("Namespace", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("NetworkPolicy", "PriorityClass", "APIService", "CustomResourceDefinition", "ResourceQuota"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    *("PodMonitor", "PrometheusRule", "Issuer", "Certificate", "ScalingSchedule"),
}
"""Kinds of which no default changes what the stack does, or whose defaults their own operators describe."""
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def parts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a kind of `DEFAULTS` with each body of it in an object."""
    yield str(document.get("kind")), document.get("spec") or {}
    for spec in pod_specs(document):
        yield "Pod", spec
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            yield "Container", container
            yield from (("Probe", container[probe]) for probe in PROBES if probe in container)


def left_open(documents: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return kind and field of every default that a manifest takes without a reason in the table."""
    return {
        (kind, each.field)
        for document in documents
        for kind, body in parts(document)
        for each in FIELDS.get(kind, ())
        if each.field not in body and not each.why
    }


@pytest.mark.parametrize("stack", NAMES)
def test_no_manifest_relies_on_a_default_that_nobody_looked_up(stack: str) -> None:
    made = [
        resource.properties
        for resource in recorded(stack)
        if resource.type.startswith("kubernetes:") and "kind" in resource.properties
    ]
    assert left_open(made) == set()
    assert {str(resource["kind"]) for resource in made} <= FIELDS.keys() | WITHOUT_DEFAULTS, (
        "look up the defaults of this kind"
    )


def test_a_default_of_the_table_is_met_somewhere() -> None:
    kinds = {kind for stack in NAMES for resource in recorded(stack) for kind, _ in parts(resource.properties)}
    assert FIELDS.keys() <= kinds


def test_a_stateful_set_that_says_nothing_of_its_order_is_noticed() -> None:
    assert ("StatefulSet", "podManagementPolicy") in left_open([{"kind": "StatefulSet", "spec": {"replicas": 1}}])
