"""Visitors mode: what every part of a shard is told, and who may talk to the visitor prosodies."""

import json
from typing import Any

import pytest
from sample_stacks import OWN

from components.signalling.options import visitor_addresses
from config.problems import ConfigError
from config.read import parse
from plan.evaluate import evaluate
from sizing.addresses import ShardNames

NODES = 3


def made(**visitors: Any) -> dict[str, dict[str, Any]]:
    values = {**OWN["daemonset"], "jitsi:visitors": json.dumps(visitors)}
    documents = [r.properties for r in evaluate(values, "test") if r.type.startswith("kubernetes:")]
    return {f"{d['kind']} {d['metadata']['name']}": d for d in documents}


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    return made(nodes=NODES, visitorsPerNode=700, participants=40)


def env(workload: dict[str, Any]) -> dict[str, str]:
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def servers(workload: dict[str, Any]) -> list[str]:
    return env(workload)["VISITORS_XMPP_SERVER"].split(",")


def test_all_four_are_told_alike(objects: dict[str, dict[str, Any]]) -> None:
    for name in ("Deployment web-s0", "Deployment prosody-s0", "Deployment jicofo-s0", "StatefulSet visitors-s0"):
        assert env(objects[name])["ENABLE_VISITORS"] == "1", name
    jicofo, node = env(objects["Deployment jicofo-s0"]), env(objects["StatefulSet visitors-s0"])
    assert jicofo["VISITORS_MAX_PARTICIPANTS"] == "40"
    assert jicofo["VISITORS_MAX_VISITORS_PER_NODE"] == node["VISITORS_MAX_VISITORS_PER_NODE"] == "700"
    assert node["PROSODY_MODE"] == "visitors"


def test_jicofo_logs_in_as_a_client_and_prosody_speaks_as_a_server(objects: dict[str, dict[str, Any]]) -> None:
    hosts = [f"visitors-s0-{number}.visitors-s0.jitsi.svc.cluster.local" for number in range(NODES)]
    assert servers(objects["Deployment jicofo-s0"]) == [f"{host}:5222" for host in hosts]
    assert servers(objects["Deployment prosody-s0"])[:NODES] == [f"{host}:5269" for host in hosts]
    node = env(objects["StatefulSet visitors-s0"])
    back = f"{node['XMPP_SERVER']}:{node['XMPP_SERVER_S2S_PORT']}"
    assert back == "prosody-s0.jitsi.svc.cluster.local:5269"


def test_visitors_learn_the_relay_from_their_own_prosody() -> None:
    values = {**OWN["daemonset"], "jitsi:visitors": "{}", "jitsi:turn": '{"udp": {}}'}
    documents = [r.properties for r in evaluate(values, "test") if r.type.startswith("kubernetes:")]
    made = {f"{d['kind']} {d['metadata']['name']}": d for d in documents}
    main, node = env(made["Deployment prosody-s0"]), env(made["StatefulSet visitors-s0"])
    names = ("TURNS_HOST", "TURNS_PORT", "TURN_TTL", "TURN_HOST", "TURN_PORT", "TURN_TRANSPORT", "STUN_HOST")
    assert {name: node[name] for name in names} == {name: main[name] for name in names}
    assert "TURN_CREDENTIALS" in node


def test_another_node_restarts_jicofo_and_leaves_prosody_alone(objects: dict[str, dict[str, Any]]) -> None:
    larger = made(nodes=NODES + 1, visitorsPerNode=700, participants=40)
    assert larger["Deployment prosody-s0"] == objects["Deployment prosody-s0"]
    assert larger["Deployment jicofo-s0"] != objects["Deployment jicofo-s0"]
    assert (
        larger["StatefulSet visitors-s0"]["spec"]["template"] == objects["StatefulSet visitors-s0"]["spec"]["template"]
    )


def test_each_node_knows_its_number_from_the_clients_name_for_it(objects: dict[str, dict[str, Any]]) -> None:
    (container,) = objects["StatefulSet visitors-s0"]["spec"]["template"]["spec"]["containers"]
    (index,) = [variable for variable in container["env"] if variable["name"] == "PROSODY_VISITOR_INDEX"]
    assert index["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']"
    config = parse({**OWN["daemonset"], "jitsi:visitors": json.dumps({"nodes": NODES})})
    found = visitor_addresses(ShardNames("s0", "jitsi"), config.visitors)
    assert list(found) == ["v0", "v1", "v2"]
    text = objects["ConfigMap haproxy"]["data"]["haproxy.cfg"]
    for vnode, address in found.items():
        assert f"server s0-{vnode} {address} " in text


def test_only_edge_jicofo_and_the_shards_own_prosody_reach_a_visitor_prosody(
    objects: dict[str, dict[str, Any]],
) -> None:
    allowed = {
        (peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"], port["port"])
        for rule in objects["NetworkPolicy visitors-s0"]["spec"]["ingress"]
        for peer in rule["from"]
        for port in rule["ports"]
        if "podSelector" in peer
    }
    assert {("haproxy", 5280), ("jicofo", 5222), ("prosody", 5269)} <= allowed
    assert all(port == 5280 for name, port in allowed if name not in ("jicofo", "prosody"))
    back = [
        rule
        for rule in objects["NetworkPolicy prosody-s0"]["spec"]["ingress"]
        if {"protocol": "TCP", "port": 5269} in rule["ports"]
    ]
    (peers,) = [rule["from"] for rule in back]
    assert peers == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "visitors", "app.kubernetes.io/instance": "s0"}}}
    ]


def test_without_visitors_prosody_has_no_server_port() -> None:
    values = OWN["daemonset"]
    for r in evaluate(values, "test"):
        assert "5269" not in json.dumps(r.properties), r.name
        assert "s0-visitors" not in r.name


@pytest.mark.parametrize("own", [False, True])
def test_bridges_that_may_not_relay_are_refused(own: bool) -> None:
    shard = {"name": "s0", "zone": "fr-par-1", **({"bridges": {"relays": False}} if own else {})}
    keys = {"jitsi:shards": json.dumps([shard]), "jitsi:visitors": "{}"}
    bridges = {} if own else {"jitsi:bridges": json.dumps({"relays": False})}
    with pytest.raises(ConfigError) as caught:
        parse({**OWN["daemonset"], "jitsi:bridges": "{}", **bridges, **keys})
    (problem,) = caught.value.problems
    assert problem.where == ("shards[0].bridges.relays" if own else "bridges.relays")
    assert "relays: true for shard s0, or remove visitors" in problem.what
