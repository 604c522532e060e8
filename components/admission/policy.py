"""The policy that stands in for the restricted pod security standard where media needs host ports, and its binding.

The standard has no exceptions: a namespace that enforces it, or `baseline`, refuses every host port.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from sizing.host_ports import HostPorts

ADMISSION = "admissionregistration.k8s.io/v1"
_RESTRICTED = Path(__file__).parent / "restricted.yaml"


@cache
def _restricted() -> Document:
    rules: dict[str, Any] = yaml.safe_load(_RESTRICTED.read_text(encoding="utf-8"))
    return rules


def policy_name(namespace: str) -> str:
    """Name of both objects. They are cluster-scoped, so it contains the namespace."""
    return f"{namespace}-pod-security"


def policy(namespace: str, instance: str, host_ports: Iterable[HostPorts]) -> Document:
    """ValidatingAdmissionPolicy: pods keep to the restricted standard, and take exactly these ports of their nodes.

    Requires Kubernetes 1.30. A pod is refused if the policy cannot be evaluated.
    """
    allowed: dict[str, list[list[int]]] = {}
    for ports in host_ports:
        allowed.setdefault(f"{ports.part}/{ports.instance}/{ports.protocol}", []).append([ports.first, ports.last])
    rules = _restricted()
    pods = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["pods", "pods/ephemeralcontainers"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [pods]},
        "matchConditions": rules["matchConditions"],
        "variables": [{"name": "hostPorts", "expression": json.dumps(allowed)}, *rules["variables"]],
        "validations": [{**validation, "reason": "Forbidden"} for validation in rules["validations"]],
    }
    name = policy_name(namespace)
    return manifest(ADMISSION, "ValidatingAdmissionPolicy", name, None, labels("admission", instance), spec=spec)


def binding(namespace: str, instance: str) -> Document:
    """Binding of the policy to the namespace. It refuses what the policy refuses."""
    name = policy_name(namespace)
    spec = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}},
    }
    return manifest(ADMISSION, "ValidatingAdmissionPolicyBinding", name, None, labels("admission", instance), spec=spec)
