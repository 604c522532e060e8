"""What TURN over UDP adds to a stack: nodes with one open port, a name that leads to them, and browsers that are told."""

import json

import pytest
from plan_stacks import TODAY, values_of
from sample_stacks import NAMES, OWN, kubernetes_objects, recorded

from config.problems import ConfigError
from config.read import parse
from plan.findings.rule import Subject
from plan.report import report
from plan.text import render
from sizing.cost import cost

WITHOUT = [name for name in NAMES if "udp" not in OWN.get(name, {}).get("jitsi:turn", "")]


def scaleway(kind):
    return {r.name: r.properties for r in recorded("turn-udp") if r.type.endswith(f":{kind}")}


def coturn(stack, kind):
    (found,) = [
        o.properties
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == kind and o.properties["metadata"]["labels"]["app.kubernetes.io/name"] == "coturn-udp"
    ]
    return found


def environment(stack):
    (prosody,) = [o.properties for o in kubernetes_objects(stack) if o.name == "s0-prosody"]
    (container,) = prosody["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value") for entry in container["env"]}


@pytest.mark.parametrize("stack", WITHOUT)
def test_without_it_there_is_no_port_no_node_and_no_word_of_it(stack):
    whole = str([(r.type, r.name, r.properties) for r in recorded(stack)])
    for trace in ("coturn-udp", "turn-udp", "TURN_HOST", "STUN_HOST", "useTurnUdp", "scaleway-relays"):
        assert trace not in whole


def test_its_nodes_let_in_the_one_port_and_nothing_else():
    firewall = scaleway("SecurityGroup")["scaleway-relays-firewall"]
    assert (firewall["inboundDefaultPolicy"], firewall["stateful"], firewall["zone"]) == ("drop", True, "fr-par-2")
    opened = {(rule["action"], rule["protocol"], rule["ipRange"], rule["port"]) for rule in firewall["inboundRules"]}
    assert opened == {("accept", "UDP", "0.0.0.0/0", 443), ("accept", "UDP", "::/0", 443)}


def test_each_node_is_a_pool_whose_address_is_a_record_of_the_relays_name():
    pools = {name: pool for name, pool in scaleway("Pool").items() if "relays" in name}
    assert set(pools) == {"scaleway-relays-pool-0", "scaleway-relays-pool-1"}
    for pool in pools.values():
        assert (pool["minSize"], pool["maxSize"], pool["autoscaling"], pool["publicIpDisabled"]) == (1, 1, False, False)
        assert pool["securityGroupId"]
    records = {name: record for name, record in scaleway("Record").items() if "relays" in name}
    assert {record["name"] for record in records.values()} == {"turn-udp.meet"}
    assert len(records) == 2


def test_a_pod_for_each_node_takes_the_nodes_port_and_stays_on_those_nodes():
    workload = coturn("turn-udp", "Deployment")["spec"]
    spec = workload["template"]["spec"]
    (container,) = spec["containers"]
    assert workload["replicas"] == 2
    assert workload["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert container["ports"][0] == {"name": "turn", "containerPort": 3478, "hostPort": 443, "protocol": "UDP"}
    assert spec["nodeSelector"] == {"jitsi.org/role": "turn"}
    assert "nodeSelector" not in coturn("turn-elsewhere", "Deployment")["spec"]["template"]["spec"]


def test_anybody_may_ask_it_and_it_may_send_to_bridges_alone():
    spec = coturn("turn-udp", "NetworkPolicy")["spec"]
    assert spec["ingress"][0] == {"ports": [{"protocol": "UDP", "port": 3478}]}
    assert [rule["to"] for rule in spec["egress"]] == [
        [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "jvb", "app.kubernetes.io/instance": "s0"}}}]
    ]


def test_prosody_names_it_for_turn_and_stun_and_pages_take_it_on_the_way_to_bridges():
    told = environment("turn-udp")
    assert {name: told[name] for name in ("TURN_HOST", "TURN_PORT", "TURN_TRANSPORT", "STUN_HOST", "STUN_PORT")} == {
        "TURN_HOST": "turn-udp.meet.example.org",
        "TURN_PORT": "443",
        "TURN_TRANSPORT": "udp",
        "STUN_HOST": "turn-udp.meet.example.org",
        "STUN_PORT": "443",
    }
    assert told["TURNS_HOST"] == "turn.meet.example.org"
    pages = [o.properties for o in kubernetes_objects("turn-udp") if o.name == "jitsi-web-files-0"]
    assert '"useTurnUdp": true' in json.dumps(pages[0]["data"]).replace('\\"', '"')


def test_the_namespace_allows_its_host_port_and_is_warned_of_it():
    (namespace,) = [o.properties for o in kubernetes_objects("turn-udp") if o.properties["kind"] == "Namespace"]
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "privileged"
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"


def test_the_report_lists_its_port_and_its_cost():
    config = parse(OWN["turn-udp"])
    stack_report = report(Subject("test", config, TODAY), recorded("turn-udp"))
    assert stack_report.document["relayPorts"] == [
        {
            "component": "coturn-udp",
            "protocol": "UDP",
            "port": 443,
            "nodes": 2,
            "host": "turn-udp.meet.example.org",
            "rule": "fr-par-2 UDP 443",
        }
    ]
    assert "TURN: UDP 443 on each of 2 dedicated nodes, turn-udp.meet.example.org" in render(stack_report)
    (line,) = [item for item in cost(config, TODAY)["items"] if item["what"] == "nodes for TURN over UDP"]
    assert line["min"] == line["max"]


def test_a_zone_of_others_gets_no_record_and_the_outputs_say_what_to_make():
    from plan.evaluate import evaluate

    made = evaluate(values_of(turn={"udp": {}}), "test")
    assert not [r for r in made if r.type.endswith(":Record")]
    (stack,) = [r for r in made if r.type == "pulumi:pulumi:Stack"]
    assert stack.properties["records"][-1] == "turn-udp.meet.example.org -> 203.0.113.2"


@pytest.mark.parametrize(
    ("udp", "where", "says"),
    [
        ({"port": 25}, "turn.udp.port", "browsers use 53, 80, 443 and 1024 or above"),
        ({"port": 30000}, "turn.udp.port", "NodePorts begin at 30000"),
        ({"host": "turn.meet.example.org"}, "turn.udp.host", "already resolves to the edge, which carries no UDP"),
        ({"zone": "nl-ams-1"}, "turn.udp.zone", "not a zone of region fr-par"),
        ({"zone": "fr-par-3"}, "turn.udp.nodeType", "is not offered in fr-par-3"),
        ({"nodeType": "DEV1-S"}, "turn.udp.nodeType", "Kapsule refuses it"),
    ],
)
def test_what_cannot_work_is_refused_and_says_why(udp, where, says):
    with pytest.raises(ConfigError, match=says) as refused:
        parse(values_of(turn={"udp": udp}))
    assert where in str(refused.value)
