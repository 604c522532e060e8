"""Rules about a namespace whose pods take host ports: an admission policy confines them, as pod security cannot."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import yaml

from config.releases import are_counterparts
from plan.diff.fleet import object_name
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.pod_security import STANDARD
from plan.resources.rights import unbound
from plan.resources.scripts import COMPONENTS
from plan.resources.templates import known
from sizing.parts import JVB

ALLOWED = "hostPorts"
"""The policy's variable that maps `part/instance/protocol`, of labels and port, to ranges."""
TESTED = COMPONENTS / "admission" / "restricted.yaml"
"""What the policy checks besides: the tested text, each control with a pod that it refused."""
_COVERED = {"operations": {"CREATE", "UPDATE"}, "resources": {"pods", "pods/ephemeralcontainers"}}
_SHOWN = 3
"""Ports that a message lists."""


def _expressions(policy: Resource, key: str) -> dict[str, Any]:
    """Expressions of the policy by name; a validation has none, and is its own."""
    entries = mappings(policy.properties, "spec", key)
    return {str(each.get("name", each.get("expression"))): each.get("expression") for each in entries}


@cache
def _tested() -> dict[str, dict[str, str]]:
    lists = yaml.safe_load(TESTED.read_text(encoding="utf-8"))
    return {
        key: {each.get("name", each["expression"]): each["expression"] for each in entries}
        for key, entries in lists.items()
    }


def _policies(stack: Resources) -> list[Resource]:
    return [each for each in stack.of("ValidatingAdmissionPolicy") if ALLOWED in _expressions(each, "variables")]


def _users(stack: Resources, namespace: str) -> dict[str, dict[int, str]] | None:
    """Host ports that pods of the namespace take, each with a workload, by `part/instance/protocol`; None if one is unknown."""
    users: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for pods in stack.pods:
        containers = [each for key in ("containers", "initContainers") for each in mappings(pods.spec.get(key))]
        for port in (port for each in containers for port in mappings(each.get("ports"))):
            number, protocol = port.get("hostPort"), port.get("protocol", "TCP")
            if pods.namespace != namespace or number in (None, 0):
                continue
            if not isinstance(number, int) or not all(map(known, (pods.component, pods.instance, protocol))):
                return None
            users[f"{pods.component}/{pods.instance}/{protocol}"][number] = pods.workload.name
    for former in stack.config.other_set:  # its bridges run until its meetings are over
        for owner, ports in list(users.items()):
            part, instance, protocol = owner.split("/")
            if are_counterparts(instance, former) and part == JVB.name:
                users[f"{part}/{former}/{protocol}"] |= ports
    return users


@rule("namespace-unconfined", "error")
def namespace_unconfined(stack: Resources) -> Iterator[Hit]:
    """A namespace does not enforce the restricted standard, and no admission policy stands in for it."""
    for namespace in stack.of("Namespace"):
        name = object_name(namespace)
        enforced = at(namespace.properties, "metadata", "labels", f"{STANDARD}enforce")
        inhabited = any(pods.namespace == name and pods.part for pods in stack.pods)
        if enforced == "restricted" or not known(enforced) or not inhabited:
            continue
        if not stack.config.cluster.admission_policy and _users(stack, name):
            continue  # asked for; a finding says what follows
        faults = [_gap(stack, each, name) for each in _policies(stack)]
        if all(faults):
            yield Hit(
                f"{namespace.name}.metadata.labels",
                f"enforce is {enforced or 'not set'}, and {faults[0] if faults else 'no ValidatingAdmissionPolicy has hostPorts'}: "
                "a pod there may be privileged, use its node's network or files, and so take over the node",
                "run pulumi up, which restores policy and binding, or set cluster.admissionPolicy: true",
            )


def _gap(stack: Resources, policy: Resource, namespace: str) -> str:
    """What the policy lets through; empty if nothing, or if only an update will know."""
    spec = mapping(policy.properties, "spec")
    if not known(spec.get("failurePolicy")) or not all(map(known, _expressions(policy, "validations").values())):
        return ""
    if spec.get("failurePolicy", "Fail") != "Fail":
        return f"{policy.name} admits what it cannot evaluate (failurePolicy {spec['failurePolicy']})"
    if spec.get("paramKind"):
        return f"{policy.name} depends on parameters, which anyone may change"
    constraints = mapping(spec, "matchConstraints")
    if not any(_covers(each) for each in mappings(constraints, "resourceRules")):
        return f"{policy.name} does not see every creation and update of pods and their ephemeral containers"
    for key in ("excludeResourceRules", "namespaceSelector", "objectSelector"):
        if constraints.get(key):
            return f"{policy.name} leaves pods out by {key}"
    for key, tested in _tested().items():
        actual = _expressions(policy, key)
        differing = [name for name in (*tested, *actual) if actual.get(name) != tested.get(name) and name != ALLOWED]
        if differing:
            return f"{key} of {policy.name} differ from components/admission/restricted.yaml, which was tested, in {differing[0]!r}"
    return unbound(stack, policy, namespace)


def _covers(resources: dict[str, Any]) -> bool:
    exact = all(each <= set(texts(resources, key)) for key, each in _COVERED.items())
    core = "" in texts(resources, "apiGroups") and "v1" in texts(resources, "apiVersions")
    return exact and core and not resources.get("resourceNames") and resources.get("scope", "*") in ("*", "Namespaced")


@rule("host-ports-differ", "error")
def host_ports_differ(stack: Resources) -> Iterator[Hit]:
    """The admission policy allows other host ports than the pods take."""
    namespace = stack.config.namespace
    users = _users(stack, namespace)
    for policy in _policies(stack):
        text = _expressions(policy, "variables")[ALLOWED]
        if users is None or not known(text) or unbound(stack, policy, namespace):
            continue
        where = f"{policy.name}.spec.variables"
        allowed = _allowed(text)
        if allowed is None:
            yield Hit(where, f"{ALLOWED} is no map of ranges", "run pulumi up, which restores it")
            continue
        for owner in sorted({*allowed, *users}):
            pods, _, protocol = owner.rpartition("/")
            taken = users.get(owner, {})
            if extra := allowed.get(owner, set()) - taken.keys():
                yield Hit(
                    where,
                    f"allows {protocol} {_listed(extra)} to pods of {pods}, and none takes it: whatever carries these labels "
                    "may open it on its node",
                    "allow exactly the host ports of the pods",
                )
            if missing := taken.keys() - allowed.get(owner, set()):
                workloads = ", ".join(sorted({taken[port] for port in missing}))
                yield Hit(
                    where,
                    f"refuses {protocol} {_listed(missing)} to pods of {pods} ({workloads}): a pod that ends has no successor, and "
                    "its shard, gateway or TURN server shrinks to nothing",
                    "allow exactly the host ports of the pods",
                )


def _allowed(text: Any) -> dict[str, set[int]] | None:
    """Ports by `part/instance/protocol`; None if the text is not as the program writes it."""
    try:
        return {
            str(owner): {port for first, last in ranges for port in range(int(first), min(int(last), 0xFFFF) + 1)}
            for owner, ranges in json.loads(text).items()
        }
    except (AttributeError, TypeError, ValueError):
        return None


def _listed(ports: Iterable[int]) -> str:
    first, *others = sorted(ports)
    more = len(others) + 1 - _SHOWN
    return ", ".join(map(str, [first, *others][:_SHOWN])) + (f" and {more} more" if more > 0 else "")
