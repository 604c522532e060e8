"""Objects outside of the stack's namespace: other stacks and programs in the cluster have theirs."""

import json

import pytest
from sample_stacks import FILES, NAMES, OWN, recorded

from config.read import parse, stack_file
from plan.findings.existing import CLUSTER_WIDE

FIXED = {(each.kind, each.name): each for each in CLUSTER_WIDE}
OUTSIDE = ("kubernetes:", "pulumi:providers")


@pytest.mark.parametrize("stack", NAMES)
def test_a_cluster_wide_object_has_the_namespace_in_its_name_or_a_key_that_leaves_it_out(stack: str) -> None:
    config = parse(OWN[stack] if stack in OWN else stack_file(FILES[stack]))
    made = set()
    for resource in recorded(stack):
        kind, meta = resource.type.rpartition(":")[2], resource.properties.get("metadata") or resource.properties
        if not resource.type.startswith("kubernetes:") or meta.get("namespace") == config.namespace:
            continue
        name = str(meta["name"])
        assert config.namespace in name.split("-") or (kind, name) in FIXED, f"{resource.name}: {kind} {name}"
        made.add((kind, name))
    assert made & FIXED.keys() == {key for key, one in FIXED.items() if one.made(config)}


def test_the_rules_for_the_clusters_own_adapter_are_those_of_a_foreign_prometheus() -> None:
    made = {resource.name: resource for resource in recorded("turn-elsewhere")}
    text = made["jitsi-metrics-rules"].properties["data"]["config.yaml"]
    assert "shard:jvb_expected" not in text, "nobody records it"
    asked = json.dumps(
        [resource.properties for resource in recorded("turn-elsewhere") if resource.type.endswith("Autoscaler")]
    )
    for metric in ("jvb_stress", "jvb_participants", "jvb_expected", "recorders_wanted"):
        if f'"{metric}"' in asked:
            assert f"as: {metric}" in text
    assert not [name for name in made if "adapter" in name or name.startswith("jitsi-metrics-prometheus")]
