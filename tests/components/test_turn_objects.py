"""What a TURN relay adds to a stack, and that it adds nothing where there is none."""

import pytest
from cryptography import x509
from sample_stacks import NAMES, OWN, kubernetes_objects, recorded

from components.ingress import haproxy_cfg
from components.ingress.edge_settings import Edge
from components.self_signed import self_signed
from components.turn import coturn_conf
from config.read import parse
from config.turn import Turn
from sizing.edge_shards import EdgeShard
from sizing.parts import COTURN
from sizing.ports import open_ports
from sizing.system_pods import system_pods

WITHOUT = [name for name in NAMES if "jitsi:turn" not in OWN.get(name, {})]
SECRET = "00112233445566778899aabbccddeeff"


def of_coturn(stack, kind):
    return [
        o.properties
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == kind and o.properties["metadata"]["labels"]["app.kubernetes.io/name"] == "coturn"
    ]


def one(stack, kind, name):
    (found,) = [
        o.properties
        for o in kubernetes_objects(stack)
        if o.properties["kind"] == kind and o.properties["metadata"]["name"] == name
    ]
    return found


def environment(stack, name):
    (container,) = one(stack, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


@pytest.mark.parametrize("stack", WITHOUT)
def test_without_a_relay_there_is_no_trace_of_one(stack):
    whole = str([(r.type, r.name, r.properties) for r in recorded(stack)])
    for trace in ("coturn", "TURNS_HOST", "TURN_CREDENTIALS", "turn.meet", "mode tcp", "req.ssl_sni"):
        assert trace not in whole


def test_coturn_may_send_to_the_bridges_ports_and_to_nothing_else():
    (policy,) = of_coturn("turn", "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    shards = parse(OWN["turn"]).resolved
    allowed = {}
    for rule in policy["spec"]["egress"]:
        (to,) = rule["to"]
        labels = to["podSelector"]["matchLabels"]
        assert labels["app.kubernetes.io/name"] == "jvb"
        assert {port["protocol"] for port in rule["ports"]} == {"UDP"}
        allowed[labels["app.kubernetes.io/instance"]] = [
            (port["port"], port.get("endPort", port["port"])) for port in rule["ports"]
        ]
    assert allowed == {shard.name: list(open_ports(shard)) for shard in shards}
    assert allowed["s0"] == [(10000, 10001)]


def test_only_the_edge_reaches_coturn_and_only_bridges_reach_what_it_relays():
    (policy,) = of_coturn("turn", "NetworkPolicy")
    edge, bridges, metrics = policy["spec"]["ingress"]
    assert edge["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "haproxy"}}}]
    assert edge["ports"] == [{"protocol": "TCP", "port": 3480}]
    assert bridges["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "jvb"}}}]
    assert bridges["ports"] == [{"protocol": "UDP", "port": 49152, "endPort": 65535}]
    assert metrics["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}]


def test_prosody_tells_browsers_the_relay_with_credentials_that_it_signs_with_coturns_secret():
    for shard in ("s0", "s1"):
        told = environment("turn", f"prosody-{shard}")
        assert (told["TURNS_HOST"], told["TURNS_PORT"], told["TURN_TTL"]) == ("turn.meet.example.org", "443", "28800")
        assert told["TURN_CREDENTIALS"] == {"secretKeyRef": {"name": f"shard-{shard}", "key": "TURN_CREDENTIALS"}}
        assert "TURN_HOST" not in told  # plain TURN on 443 would meet TLS there
    (config,) = of_coturn("turn", "Secret")
    assert config["stringData"] == {"turnserver.conf": "[secret]"}


def test_the_secret_rotates_by_its_generation_and_rolls_coturn_and_prosody():
    from plan.evaluate import evaluate

    rotated = evaluate({**OWN["turn"], "jitsi:secretGenerations": '{"turn": 2}'}, "turn")

    def mark(resources, name):
        (found,) = [r for r in resources if r.name == name]
        return found.properties["spec"]["template"]["metadata"]["annotations"]["jitsi.org/passwords"]

    for workload in ("jitsi-turn-coturn", "s0-prosody"):
        assert mark(rotated, workload) != mark(recorded("turn"), workload)
    assert mark(rotated, "s0-bridges-host-port-0") == mark(recorded("turn"), "s0-bridges-host-port-0")


def test_the_relay_has_a_certificate_of_its_own_and_its_record_is_made():
    assert one("turn", "Certificate", "haproxy")["spec"]["dnsNames"] == ["meet.example.org"]
    assert one("turn", "Certificate", "haproxy-turn.meet.example.org")["spec"]["dnsNames"] == ["turn.meet.example.org"]
    records = {r.name: r.properties["name"] for r in recorded("turn") if r.type.endswith(":Record")}
    assert records == {"scaleway-address-record": "meet", "scaleway-address-turn-record": "turn.meet"}


def test_a_self_signed_certificate_with_another_name_is_another_certificate_of_the_same_key():
    alone = x509.load_pem_x509_certificate(self_signed("seed", "a.example.org", {}).certificate.encode())
    both = x509.load_pem_x509_certificate(
        self_signed("seed", "a.example.org", {}, ["turn.a.example.org"]).certificate.encode()
    )
    names = both.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.org", "turn.a.example.org"]
    assert both.public_key() == alone.public_key()
    assert both.serial_number != alone.serial_number  # browsers refuse a serial that they know


@pytest.mark.parametrize(("stack", "bounds"), [("turn", (3, 5)), ("turn-elsewhere", (2, 2))])
def test_the_number_of_relays_is_the_autoscalers_also_where_it_is_fixed(stack, bounds):
    (autoscaler,) = of_coturn(stack, "HorizontalPodAutoscaler")
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == bounds


def test_a_leaving_pod_has_the_whole_drain_and_the_node_autoscaler_waits_for_it():
    (workload,) = of_coturn("turn", "Deployment")
    spec = workload["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert spec["terminationGracePeriodSeconds"] == 7200
    assert {"name": "DEADLINE", "value": "7185"} in container["env"]
    (cluster,) = [r for r in recorded("turn") if r.type == "scaleway:kubernetes/cluster:Cluster"]
    assert cluster.properties["autoscalerConfig"]["maxGracefulTerminationSec"] == 7200


def test_the_system_pool_is_sized_for_the_most_relays():
    assert len([pod for pod in system_pods(parse(OWN["turn"])) if pod == COTURN.size]) == 5


def test_bridges_elsewhere_tell_their_pods_addresses_so_that_the_relay_may_reach_them():
    assert environment("turn-elsewhere", "jvb-s0-0")["JVB_ADVERTISE_PRIVATE_CANDIDATES"] == "1"
    assert environment("turn", "jvb-s0-0")["JVB_ADVERTISE_PRIVATE_CANDIDATES"] == "0"


def test_coturns_configuration_denies_everything_then_allows_the_peers():
    lines = coturn_conf.render(Turn(peers=("10.244.0.0/16", "fd00:1::/64")), "turn.example.org", SECRET).splitlines()
    assert [line for line in lines if "peer-ip" in line] == [
        "denied-peer-ip=0.0.0.0-255.255.255.255",
        "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "allowed-peer-ip=10.244.0.0-10.244.255.255",
        "allowed-peer-ip=fd00:1::-fd00:1::ffff:ffff:ffff:ffff",
    ]
    assert {"no-tcp-relay", "no-cli", "no-multicast-peers", "use-auth-secret"} <= set(lines)
    assert "allow-loopback-peers" not in lines
    assert f"static-auth-secret={SECRET}" in lines


def test_the_mark_that_rolls_coturn_tells_nothing_of_the_secret_and_follows_the_rest():
    marks = {coturn_conf.mark(Turn(sessions=sessions), "turn.example.org") for sessions in (100, 200)}
    assert len(marks) == 2


def edge_text(**changes):
    shards = (EdgeShard(name="s0", slot=0, state="active", weight=100),)
    values = {
        "namespace": "jitsi",
        "domain": "meet.example.org",
        "replicas": 2,
        "room_table": 5000,
        "connections": 20_000,
    }
    return haproxy_cfg.render(Edge(**values, shards=shards, proxy_protocol=True, **changes))


def test_the_edge_differs_only_in_how_tls_comes_in():
    before, after = set(edge_text().splitlines()), set(edge_text(turn_host="turn.example.org").splitlines())
    assert {line.split()[0] for line in before - after} == {"bind", "maxconn"}


def test_the_linter_finds_the_split_edge_clean():
    from edge.haproxy_text import problems

    assert problems(edge_text(turn_host="turn.example.org")) == []
