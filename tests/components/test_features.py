"""Features of docs/features.md that no other test would miss: each is seen in what the program makes, or in its place."""

from typing import Any

import pytest
from sample_stacks import FILES, OWN, recorded

from components.bridges.autoscaling import behavior, targets
from config.read import engine_values, parse

STACKS = [*OWN, *FILES]


def of_kind(stack: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a kind, by logical name."""
    return {
        resource.name: resource.properties for resource in recorded(stack) if resource.properties.get("kind") == kind
    }


def pods(stack: str) -> dict[str, dict[str, Any]]:
    """Return the pod templates of all workloads, by logical name."""
    objects = {resource.name: resource.properties for resource in recorded(stack) if "kind" in resource.properties}
    return {
        name: document["spec"]["template"]
        for name, document in objects.items()
        if "template" in document.get("spec", {}) and "spec" in document["spec"]["template"]
    }


def environment(template: dict[str, Any], container: str) -> dict[str, Any]:
    (main,) = [each for each in template["spec"]["containers"] if each["name"] == container]
    return {entry["name"]: entry.get("value") for entry in main["env"]}


def scaled(**scaling: object) -> Any:
    """Return a shard's config with keys of `bridges.scaling`."""
    values = {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.example.org",
        "jitsi:bridges": {"max": 9, "scaling": scaling},
        "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
    }
    return parse(engine_values(values))


def test_cluster_and_nodes_share_a_private_network_of_the_stack() -> None:
    (network,) = [resource for resource in recorded("local") if resource.type.endswith(":PrivateNetwork")]
    (cluster,) = [resource for resource in recorded("local") if resource.name == "scaleway-kapsule-cluster"]
    assert network.properties["ipv4Subnet"] == {"subnet": "172.16.0.0/22"}
    assert cluster.properties["privateNetworkId"]


def test_bridges_scale_on_several_metrics_with_the_optional_ones_beside_the_others() -> None:
    def metrics(config: Any) -> list[str]:
        (shard,) = config.resolved
        return [
            str(target[target["type"].lower()].get("metric", {}).get("name", target["type"]))
            for target in targets(shard, config.metrics, "jitsi")
        ]

    assert metrics(scaled()) == ["jvb_stress", "jvb_participants", "jvb_expected"]
    more = scaled(cpuPercent=70, transmitKbps=90000)
    assert set(metrics(more)) == {*metrics(scaled()), "Resource", "jvb_transmit_kbps"}
    (shard,) = more.resolved
    cpu = next(target for target in targets(shard, more.metrics, "jitsi") if target["type"] == "Resource")
    assert cpu["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}


def test_policies_and_window_of_the_stack_file_are_the_autoscalers() -> None:
    (shard,) = scaled(
        scaleUp={"bridges": 2, "period": "30s"}, scaleDown={"bridges": 1, "period": "5m"}, scaleDownWindow="20m"
    ).resolved
    assert behavior(shard.bridges.scaling) == {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 30}],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 1200,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 300}],
        },
    }


def test_a_fixed_number_of_bridges_is_an_autoscaler_with_one_bound_and_workloads_state_none() -> None:
    autoscalers = [
        spec for name, spec in of_kind("existing-static", "HorizontalPodAutoscaler").items() if "bridges" in name
    ]
    assert [(autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) for autoscaler in autoscalers] == [
        (3, 3),
        (3, 3),
    ]
    assert {metric["type"] for autoscaler in autoscalers for metric in autoscaler["spec"]["metrics"]} == {"Resource"}
    sets = {name: one for name, one in of_kind("existing-static", "StatefulSet").items() if "bridges" in name}
    assert sets
    assert not [name for name, one in sets.items() if "replicas" in one["spec"]]


def test_one_bridge_per_node_is_a_daemon_set_without_an_autoscaler() -> None:
    (bridges,) = of_kind("daemonset", "DaemonSet").values()
    assert bridges["spec"]["template"]["spec"]["containers"][0]["name"] == "jvb"
    assert bridges["spec"]["template"]["spec"]["nodeSelector"]["jitsi.org/bridges"] == "s0"
    assert not [name for name in of_kind("daemonset", "HorizontalPodAutoscaler") if "bridges" in name]


def test_bridges_and_jicofo_of_a_shard_relay_to_each_other_in_the_same_region() -> None:
    jicofo = environment(pods("local")["s1-jicofo"], "jicofo")
    bridge = environment(pods("local")["s1-bridges-node-port"], "jvb")
    assert jicofo["ENABLE_OCTO"] == bridge["ENABLE_OCTO"] == "1"
    assert jicofo["JICOFO_OCTO_REGION"] == bridge["JVB_OCTO_REGION"] == "fr-par-2"
    assert "JVB_OCTO_RELAY_ID" in bridge


@pytest.mark.parametrize(
    ("stack", "name", "port"),
    [
        ("local", "s0-jicofo", 8888),
        ("local", "s0-prosody", 5280),
        ("local", "s0-bridges-host-port-0", 8080),
        ("local", "jitsi-edge-haproxy", 8404),
        ("turn", "jitsi-turn-coturn", 9641),
        ("recorded", "jitsi-recorders-workload", 9464),
    ],
)
def test_each_part_with_metrics_is_scraped_at_its_port(stack: str, name: str, port: int) -> None:
    annotations = pods(stack)[name]["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"
    assert annotations["prometheus.io/port"] == str(port)


@pytest.mark.parametrize("stack", STACKS)
def test_every_image_has_the_tag_of_a_release(stack: str) -> None:
    images = {
        container["image"]
        for template in pods(stack).values()
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", [])]
    }
    tags = {image: image.rpartition("/")[2].partition(":")[2] for image in images}
    assert tags
    assert not [image for image, tag in tags.items() if not any(char.isdigit() for char in tag)]


@pytest.mark.parametrize("stack", STACKS)
def test_pods_of_web_and_the_edge_prefer_different_nodes_and_none_waits_for_one(stack: str) -> None:
    rules = {
        name: [rule["whenUnsatisfiable"] for rule in template["spec"].get("topologySpreadConstraints", [])]
        for name, template in pods(stack).items()
    }
    assert {name for name, rule in rules.items() if name.endswith("-web") or name == "jitsi-edge-haproxy"} <= {
        name for name, rule in rules.items() if rule
    }
    assert {rule for of_pods in rules.values() for rule in of_pods} == {"ScheduleAnyway"}
