"""Web, prosody and jicofo of a shard as the cluster gets them."""

import json
import re
from typing import Any

import pyhocon
import pytest
from sample_stacks import NAMES, OWN, kubernetes_objects

from components.ingress.room_routing import NO_BRIDGE_LEFT
from components.signalling import jicofo_conf
from components.signalling.manifests import JICOFO_ALIVE
from config.read import parse
from plan.evaluate import evaluate

every_stack = pytest.mark.parametrize("stack", NAMES)

NUMBERS_OF_THE_FILE = {
    "MAX_BRIDGE_PARTICIPANTS",
    "BRIDGE_AVG_PARTICIPANT_STRESS",
    "BRIDGE_STRESS_THRESHOLD",
    "BRIDGE_FAILURE_RESET_THRESHOLD",
    "JICOFO_ENABLE_BRIDGE_HEALTH_CHECKS",
    "JICOFO_ENABLE_ICE_FAILURE_DETECTION",
    "JICOFO_ENABLE_LOAD_REDISTRIBUTION",
    "JICOFO_CONF_SOURCE_SIGNALING_DELAYS",
}
"""Variables of the image whose values custom-jicofo.conf gives."""


def of_kind(stack: str, kind: str, component: str) -> list[dict[str, Any]]:
    return [
        o.properties
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == kind and o.properties["metadata"]["labels"]["app.kubernetes.io/name"] == component
    ]


def environment(deployment: dict[str, Any]) -> dict[str, str]:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def with_web(**web: Any) -> dict[str, dict[str, Any]]:
    """Objects of a stack with one shard, by kind and name."""
    values = {**OWN["daemonset"], "jitsi:web": json.dumps(web)}
    documents = [r.properties for r in evaluate(values, "test") if r.type.startswith("kubernetes:")]
    return {f"{d['kind']} {d['metadata']['name']}": d for d in documents}


def jicofo_settings(**bridges: Any) -> dict[str, Any]:
    (shard,) = parse({**OWN["daemonset"], "jitsi:bridges": json.dumps(bridges)}).resolved
    return json.loads(jicofo_conf.render(shard))["jicofo"]


@every_stack
def test_jicofos_file_is_hocon_whose_thresholds_are_in_order(stack: str) -> None:
    for config_map in of_kind(stack, "ConfigMap", "jicofo"):
        read: Any = pyhocon.ConfigFactory.parse_string(config_map["data"]["custom-jicofo.conf"])
        bridge = read["jicofo.bridge"]
        assert read["jicofo.octo.allow-mixed-versions"] is False
        seconds, unit = bridge["participant-rampup-interval"].split()
        assert (int(seconds) >= 20, unit) == (True, "seconds"), "CPU is sampled over 10 s, then waits for a presence"
        if bridge["load-redistribution.enabled"]:
            assert bridge["load-redistribution.stress-threshold"] > bridge["stress-threshold"]
    assert len(of_kind(stack, "ConfigMap", "jicofo")) == len(of_kind(stack, "Deployment", "jicofo"))


@every_stack
def test_no_number_about_bridges_has_two_places(stack: str) -> None:
    for deployment in of_kind(stack, "Deployment", "jicofo"):
        assert not NUMBERS_OF_THE_FILE & set(environment(deployment))


def test_a_changed_number_starts_jicofo_anew_and_waits_for_the_file() -> None:
    def jicofo(participants: int) -> Any:
        values = {**OWN["daemonset"], "jitsi:bridges": json.dumps({"participants": participants})}
        (found,) = [r for r in evaluate(values, "test") if r.name == "s0-jicofo"]
        return found

    marks = [each.properties["spec"]["template"]["metadata"]["annotations"] for each in (jicofo(90), jicofo(91))]
    assert marks[0]["jitsi.org/config"] != marks[1]["jitsi.org/config"]
    assert any(urn.endswith("::s0-jicofo-config") for urn in jicofo(90).dependencies)


def test_load_moves_only_where_a_meeting_may_lie_on_two_bridges() -> None:
    assert jicofo_settings(participants=200)["bridge"]["load-redistribution"]["endpoints"] == 30
    assert jicofo_settings(participants=200, relays=False)["bridge"]["load-redistribution"] == {"enabled": False}
    assert jicofo_settings(redistribution=False)["bridge"]["load-redistribution"] == {"enabled": False}


def test_a_class_behind_a_closed_firewall_does_not_take_a_bridge_out() -> None:
    detection = jicofo_settings(participants=100)["bridge"]["ice-failure-detection"]
    everybody_once_in_twenty_seconds = 120 / 20
    assert 30 * everybody_once_in_twenty_seconds < detection["threshold"] * 100
    assert 100 * everybody_once_in_twenty_seconds > detection["threshold"] * 100, "a broken bridge is found"


@every_stack
def test_web_is_scaled_or_has_a_number_and_never_both(stack: str) -> None:
    scaled = {hpa["metadata"]["name"]: hpa for hpa in of_kind(stack, "HorizontalPodAutoscaler", "web")}
    for deployment in of_kind(stack, "Deployment", "web"):
        assert ("replicas" in deployment["spec"]) != (deployment["metadata"]["name"] in scaled)
    for hpa in scaled.values():
        assert hpa["spec"]["minReplicas"] < hpa["spec"]["maxReplicas"]
        (metric,) = hpa["spec"]["metrics"]
        assert metric["resource"]["name"] == "cpu"


def test_two_web_pods_get_a_budget_and_one_gets_none() -> None:
    """A budget over a single pod would keep its node from being drained, or mean nothing."""
    assert "PodDisruptionBudget web-s0" not in with_web()
    budget = with_web(replicas=2)["PodDisruptionBudget web-s0"]
    assert budget["spec"]["maxUnavailable"] == 1


def test_a_fixed_number_of_web_pods_is_an_autoscaler_with_one_bound() -> None:
    autoscaler = with_web(replicas=2, maxReplicas=2)["HorizontalPodAutoscaler web-s0"]
    assert autoscaler["spec"]["minReplicas"] == autoscaler["spec"]["maxReplicas"] == 2


@every_stack
def test_a_loaded_prosody_is_not_killed_by_its_probe(stack: str) -> None:
    for deployment in of_kind(stack, "Deployment", "prosody"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        probe = container["livenessProbe"]
        assert "tcpSocket" in probe, "an HTTP answer waits for the one thread"
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 300
        assert "cpu" not in container["resources"]["limits"]
        assert deployment["spec"]["strategy"] == {"type": "Recreate"}


@every_stack
def test_the_heap_of_jicofo_leaves_room_in_its_limit(stack: str) -> None:
    for deployment in of_kind(stack, "Deployment", "jicofo"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        heap = int(environment(deployment)["JICOFO_MAX_MEMORY"].removesuffix("m"))
        assert int(container["resources"]["limits"]["memory"].removesuffix("Mi")) >= heap + 512


@pytest.mark.parametrize(
    ("answer", "lives"),
    [
        ("OK", True),
        ("No operational bridges available (total bridge count: 2)", True),
        ("No operational bridges available (total bridge count: 0)", False),
        ("Test conference failed to start.", False),
        ("XMPP ping failed: did not receive xmpp ping response for client", False),
        ("", False),
    ],
)
def test_jicofo_lives_while_its_bridges_leave_and_not_without_any(answer: str, lives: bool) -> None:
    pattern = JICOFO_ALIVE.partition("grep -qE ")[2].strip("'")
    assert bool(re.search(pattern, answer, re.MULTILINE)) == lives
    assert not (lives and NO_BRIDGE_LEFT in answer), "the edge reads the same text"


@every_stack
def test_jicofo_starts_anew_when_it_has_had_no_bridge_for_longer_than_their_nodes_boot(stack: str) -> None:
    for deployment in of_kind(stack, "Deployment", "jicofo"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        probe = container["livenessProbe"]
        assert probe["exec"]["command"][-1] == JICOFO_ALIVE
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 900
        assert container["readinessProbe"]["httpGet"]["path"] == "/about/version", "people join while bridges boot"


@every_stack
@pytest.mark.parametrize("component", ["prosody", "jicofo", "web"])
def test_signalling_leaves_a_dead_node_soon(stack: str, component: str) -> None:
    for deployment in of_kind(stack, "Deployment", component):
        tolerated = {t["key"]: t for t in deployment["spec"]["template"]["spec"]["tolerations"]}
        for state in ("not-ready", "unreachable"):
            assert tolerated[f"node.kubernetes.io/{state}"]["tolerationSeconds"] <= 60
