"""The admission policy of a namespace with host ports: when there is one, what comes before what, and whom it allows what."""

import json
from dataclasses import replace

import pytest
from sample_stacks import NAMES, OWN, kubernetes_objects, pod_templates, recorded

from config.read import parse
from plan.diff.compare import Change
from plan.diff.fleet import fleet
from plan.diff.verdicts.judge import judge
from plan.evaluate import evaluate
from sizing import host_ports as module
from sizing.host_ports import HostPorts, host_ports
from sizing.parts import HAPROXY, PARTS

ENFORCE = "pod-security.kubernetes.io/enforce"
POLICY, BINDING = "jitsi-admission-policy", "jitsi-admission-binding"
UNCONFINED = {"jitsi:cluster": json.dumps({"kind": "existing", "admissionPolicy": False})}

FORMER = {"jvb/s0/UDP": {10000}}
"""Of bridges whose shard a new release has replaced, and which run until its meetings are over."""


def named(stack, name):
    """Return the object with a logical name."""
    return next(o for o in kubernetes_objects(stack) if o.name == name)


def is_rendered(stack, name):
    return any(o.name == name for o in kubernetes_objects(stack))


def taken(stack):
    """Host ports of the rendered pods, by the labels and the protocol."""
    ports = {}
    for _, template in pod_templates(stack):
        labels = template["metadata"]["labels"]
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", [])]:
            for port in container.get("ports", []):
                if "hostPort" in port:
                    owner = (labels["app.kubernetes.io/name"], labels["app.kubernetes.io/instance"], port["protocol"])
                    ports.setdefault("/".join(owner), set()).add(port["hostPort"])
    return ports


@pytest.mark.parametrize("stack", NAMES)
def test_a_namespace_is_restricted_by_its_label_or_by_a_policy_with_exactly_its_host_ports(stack):
    enforced = named(stack, "jitsi-namespace").properties["metadata"]["labels"][ENFORCE]
    ports = taken(stack)
    assert enforced == ("privileged" if ports else "restricted")
    assert is_rendered(stack, POLICY) is is_rendered(stack, BINDING) is bool(ports)
    if ports:
        ranges = json.loads(named(stack, POLICY).properties["spec"]["variables"][0]["expression"])
        allowed = {owner: {p for a, b in pairs for p in range(a, b + 1)} for owner, pairs in ranges.items()}
        assert allowed == ports | (FORMER if stack == "released" else {})


def test_the_sample_stacks_have_host_ports_of_every_part_that_takes_media():
    owners = {owner.split("/")[0] for stack in NAMES for owner in taken(stack)}
    assert owners == {part.name for part in PARTS if part.takes_media}


def test_a_part_that_takes_media_without_known_host_ports_stops_the_program(monkeypatch):
    media = replace(HAPROXY, name="mixer", opens=(replace(HAPROXY.opens[0], protocol="UDP"),))
    monkeypatch.setattr(module, "PARTS", (*PARTS, media))
    with pytest.raises(KeyError, match="mixer"):
        host_ports(parse(OWN["options"]), "options")


def test_host_ports_of_a_shard_are_those_of_one_node():
    assert host_ports(parse(OWN["turn"]), "x") == (HostPorts("jvb", "s0", 10000, 10001),)


def test_policy_and_binding_exist_before_the_namespace_and_so_before_every_pod():
    namespace, policy, binding = (named("local", name) for name in ("jitsi-namespace", POLICY, BINDING))
    assert {policy.urn, binding.urn} <= set(namespace.dependencies)
    assert policy.urn in binding.dependencies
    assert namespace.urn not in (*policy.dependencies, *binding.dependencies)


def test_the_binding_denies_in_the_stacks_namespace_only():
    policy, binding = named("local", POLICY).properties, named("local", BINDING).properties
    assert binding["spec"] == {
        "policyName": policy["metadata"]["name"],
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "jitsi"}}},
    }
    assert policy["spec"]["failurePolicy"] == "Fail"


def test_every_control_is_a_variable_that_a_validation_asks_and_its_message_names():
    spec = named("local", POLICY).properties["spec"]
    assert len(spec["validations"]) == 16
    for validation in spec["validations"]:
        control = validation["expression"].removesuffix(".size() == 0")
        assert f"{control}.join(', ')" in validation["messageExpression"]
        assert control.removeprefix("variables.") in {each["name"] for each in spec["variables"]}


@pytest.mark.parametrize("stack", ["existing-static", "announced"])
def test_the_policy_goes_with_its_key_and_nothing_else_changes(stack):
    values = {**OWN[stack], **UNCONFINED}
    rendered = {r.urn: r.properties for r in evaluate(values, stack)}
    expected = {r.urn: r.properties for r in recorded(stack) if "jitsi-admission" not in r.name}
    assert rendered == expected


@pytest.mark.parametrize(("operation", "why"), [("create", "a new resource"), ("delete", "running pods stay")])
@pytest.mark.parametrize("name", [POLICY, BINDING])
def test_the_policy_comes_and_goes_without_effect_on_calls(name, operation, why):
    resource = named("local", name)
    stack = fleet(recorded("local"))
    old, new = (None, resource) if operation == "create" else (resource, None)
    effect = judge(Change(operation=operation, old=old, new=new), stack, stack)
    assert effect.disruption == "none"
    assert why in effect.why
