"""Network policies let a pod reach what its environment names, whatever the table of parts says."""

from typing import Any

import pytest
from sample_stacks import NAMES, kubernetes_objects, pod_templates


def _of(stack: str, kind: str) -> list[dict[str, Any]]:
    return [each.properties for each in kubernetes_objects(stack) if each.properties["kind"] == kind]


def _texts(template: dict[str, Any]) -> str:
    containers = [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]
    return " ".join(str(variable.get("value")) for each in containers for variable in each.get("env", []))


def _selects(match: dict[str, str], labels: dict[str, str]) -> bool:
    return match.items() <= labels.items()


def _allows(stack: str, labels: dict[str, str], direction: str, key: str, other: dict[str, str]) -> bool:
    """Whether a rule of a policy of these pods names pods with the labels `other`, or any pod."""
    return any(
        key not in rule
        or any("namespaceSelector" in peer or _selects(peer["podSelector"]["matchLabels"], other) for peer in rule[key])
        for policy in _of(stack, "NetworkPolicy")
        if "matchExpressions" not in policy["spec"]["podSelector"]
        and _selects(policy["spec"]["podSelector"].get("matchLabels", {}), labels)
        for rule in policy["spec"].get(direction, [])
    )


def _flows(stack: str) -> list[tuple[str, str, bool]]:
    """Workload, Service that its environment names, and whether the policies of both sides allow it."""
    pods = {owner: template for owner, template in pod_templates(stack) if not owner.startswith("CronJob")}
    flows = []
    for owner, template in pods.items():
        labels, text = template["metadata"]["labels"], _texts(template)
        for service in _of(stack, "Service"):
            metadata, selector = service["metadata"], service["spec"].get("selector")
            if not selector or f"{metadata['name']}.{metadata['namespace']}.svc" not in text:
                continue
            behind = [
                pod["metadata"]["labels"] for pod in pods.values() if _selects(selector, pod["metadata"]["labels"])
            ]
            allowed = any(
                _allows(stack, each, "ingress", "from", labels) and _allows(stack, labels, "egress", "to", each)
                for each in behind
            )
            flows.append((owner, metadata["name"], allowed))
    return flows


@pytest.mark.parametrize("stack", NAMES)
def test_a_pod_may_reach_every_service_that_its_environment_names(stack: str) -> None:
    flows = _flows(stack)
    assert {"StatefulSet", "Deployment"} & {owner.split()[0] for owner, _, _ in flows}
    assert any("jvb" in owner and "prosody" in service for owner, service, _ in flows)
    assert [(owner, service) for owner, service, allowed in flows if not allowed] == []
