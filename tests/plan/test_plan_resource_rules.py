"""Every rule about resources: a stack whose resources break it, and one whose just do not."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from sabotages import ALL as SABOTAGES
from sample_stacks import FILES, NAMES, OWN, recorded

from config.passwords import password
from config.quantities import mebibytes, millicores
from config.read import parse, stack_file
from plan.evaluate import evaluate
from plan.recorder import Resource
from plan.resources.check import RULES, check
from plan.resources.made import Resources

Change = Callable[[dict[str, Any]], object]
SEED = "0" * 64
KEY = "-----BEGIN " + "PRIVATE KEY-----\nMII"


@cache
def config_of(name: str):
    return parse(OWN[name] if name in OWN else stack_file(FILES[name]))


def made(change: Change | None, of: str, stack: str = "local", secrets: frozenset[str] = frozenset()) -> Resources:
    """A sample stack with one resource's properties changed; `protect` among them is the option."""
    found = []
    for resource in recorded(stack):
        if resource.name == of and change is not None:
            properties = copy.deepcopy(resource.properties)
            change(properties)
            protect = properties.pop("protect", resource.protect)
            found.append(replace(resource, properties=properties, protect=protect))
        else:
            found.append(resource)
    assert any(resource.name == of for resource in found), of
    return Resources(config_of(stack), tuple(found), secrets)


def pods(properties: dict[str, Any]) -> dict[str, Any]:
    return properties["spec"]["template"]["spec"]


def container(properties: dict[str, Any]) -> dict[str, Any]:
    return pods(properties)["containers"][0]


def rule(port: int, **keys: Any) -> dict[str, Any]:
    return {"action": "accept", "protocol": "UDP", "port": port, "ipRange": "0.0.0.0/0"} | keys


def asks(cpu: str, memory: str) -> Change:
    return lambda p: container(p)["resources"]["requests"].update({"cpu": cpu, "memory": memory})


def variable(name: str, **value: Any) -> Change:
    return lambda p: container(p)["env"].append({"name": name} | value)


@dataclass(frozen=True)
class Case:
    """`found` changes a resource so that the rule speaks, `missed` so that it just does not."""

    of: str
    found: Change
    missed: Change
    says: str = ""
    stack: str = "local"
    secrets: frozenset[str] = frozenset()


S0, S1, FIREWALL, POOL = "s0-bridges-host-port-0", "s1-bridges-node-port", "scaleway-s0-firewall", "scaleway-s0-pool"
EDGE = "jitsi-edge-service"
DERIVED = password(SEED, "s0-jvb", {})

CASES: dict[str, list[Case]] = {
    "bridge-pool-without-firewall": [
        Case(
            POOL,
            lambda p: p.pop("securityGroupId"),
            lambda p: p.update(securityGroupId="[unknown]"),
            "open to the internet",
        )
    ],
    "firewall-open-by-default": [
        Case(
            FIREWALL,
            lambda p: p.update(inboundDefaultPolicy="accept"),
            lambda p: p.update(outboundDefaultPolicy="drop"),
            "is accept",
        ),
        Case(FIREWALL, lambda p: p.pop("inboundDefaultPolicy"), lambda p: p.update(name="another"), "is accept"),
    ],
    "bridge-port-closed": [
        Case(
            FIREWALL,
            lambda p: p["inboundRules"].pop(),
            lambda p: p["inboundRules"].reverse(),
            "UDP 10000, advertised by bridges of s0, is not allowed from ::/0",
        ),
        Case(
            "scaleway-s1-firewall",
            lambda p: p["inboundRules"][0].update(portRange="30400-30402"),
            lambda p: p["inboundRules"][0].update(portRange="30400-30404"),
            "UDP 30403",
        ),
    ],
    "firewall-opens-more": [
        Case(
            FIREWALL,
            lambda p: p["inboundRules"].append(rule(10001)),
            lambda p: p["inboundRules"].append(rule(10000)),
            "UDP 10001 is open from 0.0.0.0/0",
        ),
        Case(
            FIREWALL,
            lambda p: p["inboundRules"].append(rule(10000, protocol="TCP")),
            lambda p: p["inboundRules"].append(rule(10000, protocol="TCP", action="drop")),
            "TCP 10000 is open",
        ),
        Case(
            FIREWALL,
            lambda p: p["inboundRules"][0].pop("port"),
            lambda p: p["inboundRules"][0].update(port=10000.0),
            "UDP 1-9999, UDP 10001-65535 is open",
        ),
    ],
    "bridge-pool-without-bounds": [
        Case(POOL, lambda p: p.pop("maxSize"), lambda p: p.update(minSize=9), "from 2 to nothing"),
        Case(POOL, lambda p: p.update(minSize=10), lambda p: p.update(minSize=10, autoscaling=False), "from 10 to 9"),
    ],
    "bridge-pool-without-addresses": [
        Case(
            POOL,
            lambda p: p.update(publicIpDisabled=True),
            lambda p: p.pop("publicIpDisabled"),
            "clients have no media",
        )
    ],
    "udp-on-load-balancer": [
        Case(
            EDGE,
            lambda p: p["spec"]["ports"].append({"port": 443, "protocol": "UDP"}),
            lambda p: p["spec"]["ports"].append({"port": 443, "protocol": "TCP"}),
            "UDP 443",
        )
    ],
    "exposed-beside-plan": [
        Case(
            "s0-prosody-service",
            lambda p: p["spec"].update(type="LoadBalancer"),
            lambda p: p["spec"].update(type="ClusterIP"),
            "LoadBalancer of prosody",
        ),
        Case(
            "s1-bridges-headless",
            lambda p: p["spec"].update(type="NodePort"),
            lambda p: p["spec"].update(type="ClusterIP"),
            "NodePort of jvb",
        ),
    ],
    "host-access": [
        Case(
            S0,
            lambda p: pods(p).update(hostNetwork=True),
            lambda p: pods(p).update(hostNetwork=False),
            "hostNetwork",
        ),
        Case(
            "s0-prosody",
            lambda p: container(p)["securityContext"].update(privileged=True),
            lambda p: container(p)["securityContext"].update(privileged=False),
            "privileged",
        ),
        Case(
            S0,
            lambda p: container(p)["ports"].append({"hostPort": 8080, "containerPort": 8080}),
            lambda p: container(p)["ports"].append({"hostPort": 10000, "protocol": "UDP"}),
            "hostPort TCP 8080",
        ),
        Case(
            S1,
            lambda p: pods(p)["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
            lambda p: pods(p)["volumes"].append({"name": "own", "emptyDir": {}}),
            "hostPath node",
        ),
    ],
    "pod-without-requests": [
        Case(
            "s0-web",
            lambda p: container(p)["resources"]["requests"].pop("cpu"),
            lambda p: container(p)["resources"].pop("limits", None),
            "web requests no cpu or memory",
        )
    ],
    "pod-above-node": [
        # a BASIC3-X4C-8G leaves 3600 millicores, a PRO2-XXS 1600
        Case(S0, asks("3551m", "1Gi"), asks("3550m", "1Gi"), "a BASIC3-X4C-8G of scaleway-s0-pool leaves 3600"),
        Case("s0-prosody", asks("1601m", "1Gi"), asks("1600m", "1Gi"), "a PRO2-XXS"),
    ],
    "bridges-above-nodes": [
        Case(
            "s0-bridges-host-port-0-autoscaler",
            lambda p: p["spec"].update(maxReplicas=10),
            lambda p: p["spec"].update(maxReplicas=9),
            "up to 10 bridges, and scaleway-s0-pool holds 9 nodes x 1 = 9",
        ),
        Case(
            "s1-bridges-node-port-autoscaler",
            lambda p: p["spec"].update(maxReplicas=7),
            lambda p: p["spec"].update(maxReplicas=6),
            "holds 3 nodes x 2 = 6",
        ),
    ],
    "bridge-cannot-land": [
        Case(
            S0,
            lambda p: pods(p).update(nodeSelector={"jitsi.org/role": "system"}),
            lambda p: pods(p)["nodeSelector"].update(
                {"node.kubernetes.io/exclude-from-external-load-balancers": "true"}
            ),
            "selects no bridge pool",
        ),
        Case(
            S1,
            lambda p: pods(p).update(tolerations=[]),
            lambda p: pods(p)["tolerations"].append({"key": "another", "value": "one"}),
            "does not tolerate jitsi.org/bridges=s1",
        ),
    ],
    "image-without-version": [
        Case(
            "s0-web",
            lambda p: container(p).update(image="registry.example.org:5000/jitsi/web"),
            lambda p: container(p).update(image="registry.example.org:5000/jitsi/web:stable-1"),
            "has no fixed version",
        ),
        Case(
            "s0-web",
            lambda p: container(p).update(image="jitsi/web:latest"),
            lambda p: container(p).update(image="jitsi/web:latest@sha256:" + "0" * 64),
        ),
    ],
    "secret-in-the-open": [
        Case(
            "s0-bridges-config",
            lambda p: p.setdefault("data", {}).update(key=KEY),
            lambda p: p.setdefault("data", {}).update(key=KEY.replace("PRIVATE", "PUBLIC")),
            "a private key in plain text",
        ),
        Case(
            "s0-bridges-config",
            lambda p: p.setdefault("data", {}).update(line=f"password = {DERIVED}"),
            lambda p: p.setdefault("data", {}).update(line=f"password = {DERIVED[:-1]}"),
            "a secret of this stack",
            secrets=frozenset({DERIVED, "short"}),
        ),
    ],
    "password-in-environment": [
        Case(
            "s0-jicofo",
            variable("JICOFO_AUTH_PASSWORD", value="open"),
            variable("JICOFO_AUTH_PASSWORD", valueFrom={"secretKeyRef": {"name": "shard-s0", "key": "x"}}),
            "secretKeyRef",
        ),
        Case("s0-jicofo", variable("TOKEN", value="open"), variable("TOKEN_URL", value="open")),
    ],
    "protect-forgotten": [
        Case(
            "scaleway-kapsule-cluster",
            lambda p: p.update(protect=False),
            lambda p: p.update(protect=True),
            "this resource can be deleted",
            stack="prod-nl-ams",
        )
    ],
}

BY_NAME = {each.name: each for each in RULES}
ALL = [(name, case) for name, cases in CASES.items() for case in cases]


def findings(case: Case, change: Change, name: str):
    return list(BY_NAME[name].findings(made(change, case.of, case.stack, case.secrets)))


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_rule_speaks_of_what_was_made_wrong(name: str, case: Case) -> None:
    found = findings(case, case.found, name)
    assert found
    assert case.says in "\n".join(f"{each.message} {each.remedy}" for each in found)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_a_rule_is_silent_where_it_just_is_right(name: str, case: Case) -> None:
    assert findings(case, case.missed, name) == []


def test_every_rule_has_a_case_here_or_a_sabotage() -> None:
    assert set(CASES) | {sabotage.rule for sabotage in SABOTAGES} == {each.name for each in RULES}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_program_makes_breaks_no_rule(name: str) -> None:
    assert check(Resources(config_of(name), recorded(name), frozenset({SEED}))) == ()


def test_a_finding_names_the_resource_that_it_is_about() -> None:
    case = CASES["bridge-pool-without-firewall"][0]
    (found,) = findings(case, case.found, "bridge-pool-without-firewall")
    assert found.where == POOL
    assert found.severity == "error"


@pytest.mark.parametrize("kinds", [(str,), (int, float), (str, int, float)])
@pytest.mark.parametrize("name", ["local", "options", "turn-udp"])
def test_what_only_an_update_will_know_stops_no_rule(name: str, kinds: tuple[type, ...]) -> None:
    unknown = [
        replace(resource, properties=_unknown(resource.properties, kinds))
        for resource in recorded(name)
        if resource.custom
    ]
    assert not [
        each for each in check(Resources(config_of(name), tuple(unknown))) if "cannot be judged" in each.message
    ]


def _unknown(value: Any, kinds: tuple[type, ...]) -> Any:
    """Every value of these kinds as a preview has it where it waits for a resource."""
    if isinstance(value, dict):
        return {key: _unknown(item, kinds) for key, item in value.items()}
    if isinstance(value, list):
        return [_unknown(item, kinds) for item in value]
    return "[unknown]" if isinstance(value, kinds) and not isinstance(value, bool) else value


@pytest.mark.parametrize(
    ("text", "cores", "memory"),
    [("1500m", 1500, 1), ("2", 2000, 1), ("1Gi", 1073741824000, 1024), ("64Mi", 67108864000, 64), ("[unknown]", 0, 0)],
)
def test_amounts_are_read_as_kubernetes_writes_them(text: str, cores: int, memory: int) -> None:
    assert (millicores(text), mebibytes(text)) == (cores, memory)


def test_a_resource_is_what_the_recorder_keeps() -> None:
    assert all(isinstance(resource, Resource) for resource in recorded("local"))


def test_a_prometheus_outside_the_stack_reaches_every_part_with_metrics() -> None:
    values = {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.example.org",
        "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
        "jitsi:ingress": '{"tls": {"mode": "selfSigned"}}',
        "jitsi:monitoring": '{"scrape": "operator"}',
        "jitsi:whiteboard": "true",
        "jitsi:recording": '{"bucket": "meetings-of-a-school"}',
    }
    assert check(Resources(parse(values), evaluate(values, "operator"))) == ()
