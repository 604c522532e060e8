"""Permission sets of the API key, as docs/install.md lists them, for everything that any stack makes at Scaleway."""

import re
from pathlib import Path

from sample_stacks import NAMES, recorded

TEXT = (Path(__file__).parents[2] / "docs/install.md").read_text(encoding="utf-8")
NEEDED = {
    "kubernetes": {"KubernetesFullAccess"},
    "instance": {"InstancesFullAccess"},
    "network": {"VPCFullAccess", "PrivateNetworksFullAccess"},
    "loadbalancers": {"LoadBalancersFullAccess"},
    "domain": {"DomainsDNSFullAccess"},
    "object": {"ObjectStorageFullAccess"},
    "iam": {"IAMManager"},
    "observability": {"ObservabilityFullAccess"},
}
"""Module of the provider -> permission sets that write it (Scaleway, IAM permission sets)."""


def test_the_page_names_a_permission_set_for_every_product_that_a_stack_uses() -> None:
    modules = {
        match[1]
        for name in NAMES
        for resource in recorded(name)
        if (match := re.match(r"scaleway:(\w+)[/:]", resource.type))
    }
    assert modules >= {"kubernetes", "instance", "observability", "iam"}
    for module in sorted(modules):
        assert module in NEEDED, f"which permission set writes scaleway:{module}?"
        assert all(needed in TEXT for needed in NEEDED[module]), f"{NEEDED[module]} is not in docs/install.md"
