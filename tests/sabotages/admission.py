"""Sabotages of the admission policy of a namespace with host ports."""

import json
from collections.abc import Callable
from typing import Any

from sabotages import Patch, Sabotage, container
from sabotages.evictions import spec
from sabotages.pod_security import label

POLICY, BINDING, SPACE = "jitsi-admission-policy", "jitsi-admission-binding", "jitsi-namespace"
CONFINED, DIFFER = "namespace-unconfined", "host-ports-differ"


def resources(**keys: Any) -> Patch:
    return lambda p: p["spec"]["matchConstraints"]["resourceRules"][0].update(keys)


def constraints(**keys: Any) -> Patch:
    return lambda p: p["spec"]["matchConstraints"].update(keys)


def expression(key: str, text: str, at: int = -1) -> Patch:
    return lambda p: p["spec"][key][at].update(expression=text)


def without(key: str, at: int = -1) -> Patch:
    return lambda p: p["spec"][key].pop(at)


def bound(**keys: Any) -> Patch:
    return lambda p: p["spec"]["matchResources"].update(keys)


def allowed(change: Callable[[dict[str, Any]], object]) -> Patch:
    def patch(properties: dict[str, Any]) -> None:
        variable = properties["spec"]["variables"][0]
        ranges = json.loads(variable["expression"])
        change(ranges)
        variable["expression"] = json.dumps(ranges)

    return patch


def host_port(**keys: Any) -> Patch:
    return lambda p: next(each for each in container(p)["ports"] if "hostPort" in each).update(keys)


def confined(of: str, patch: Patch | None, says: str, stack: str = "local") -> Sabotage:
    return Sabotage(
        "Pods of a namespace with host ports keep to the restricted standard.", of, patch, CONFINED, says, stack
    )


def differ(patch: Patch, says: str, of: str = POLICY, stack: str = "local") -> Sabotage:
    return Sabotage("Exactly the pods that take media have host ports.", of, patch, DIFFER, says, stack)


OTHERS = {"matchLabels": {"kubernetes.io/metadata.name": "default"}}
SABOTAGES: list[Sabotage] = [
    confined(POLICY, None, "no ValidatingAdmissionPolicy"),
    confined(BINDING, None, "no binding enforces"),
    confined(BINDING, spec(validationActions=["Warn", "Audit"]), "no binding enforces"),
    confined(BINDING, spec(policyName="jitsi-pods"), "no binding enforces"),
    confined(BINDING, bound(namespaceSelector=OTHERS), "no binding enforces"),
    confined(BINDING, bound(objectSelector={"matchLabels": {"a": "b"}}), "no binding enforces"),
    confined(BINDING, bound(excludeResourceRules=[{"resources": ["pods"]}]), "no binding enforces"),
    confined(BINDING, bound(resourceRules=[{"resources": ["configmaps"]}]), "no binding enforces"),
    confined(POLICY, spec(failurePolicy="Ignore"), "cannot evaluate"),
    confined(POLICY, spec(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}), "parameters"),
    confined(POLICY, resources(operations=["CREATE"]), "does not see every"),
    confined(POLICY, resources(resources=["pods"]), "does not see every"),
    confined(POLICY, resources(resourceNames=["x"]), "does not see every"),
    confined(POLICY, resources(apiVersions=["v2"]), "does not see every"),
    confined(POLICY, resources(apiGroups=["apps"]), "does not see every"),
    confined(POLICY, constraints(objectSelector={"matchLabels": {"a": "b"}}), "objectSelector"),
    confined(POLICY, constraints(namespaceSelector=OTHERS), "namespaceSelector"),
    confined(POLICY, constraints(excludeResourceRules=[{"resources": ["pods"]}]), "excludeResourceRules"),
    confined(POLICY, expression("validations", "true"), "validations of"),
    confined(POLICY, without("validations"), "hostProbes"),
    confined(POLICY, without("validations", 0), "takesHostPort"),
    confined(POLICY, expression("variables", "[]"), "'hostProbes'"),
    confined(POLICY, expression("variables", "object.spec.containers", 1), "'containers'"),
    confined(POLICY, expression("matchConditions", "request.operation == 'UPDATE'"), "matchConditions"),
    confined(
        POLICY,
        lambda p: p["spec"]["matchConditions"].append({"name": "x", "expression": "request.userInfo.username != 'me'"}),
        "'x'",
    ),
    confined(POLICY, without("validations"), "hostProbes", "turn-udp"),
    confined(BINDING, None, "no binding enforces", "options"),
    confined(SPACE, label("enforce", "privileged"), "no ValidatingAdmissionPolicy", "existing-static"),
    confined(SPACE, lambda p: p["metadata"].pop("labels"), "enforce is not set", "existing-static"),
    differ(allowed(lambda ports: ports.update({"jvb/s0/UDP": [[10000, 10001]]})), "allows UDP 10001 to pods of jvb/s0"),
    differ(allowed(lambda ports: ports.update({"jvb/s0/TCP": [[8080, 8080]]})), "allows TCP 8080 to pods of jvb/s0"),
    differ(allowed(lambda ports: ports.update({"jvb/s1/UDP": [[10000, 10000]]})), "pods of jvb/s1"),
    differ(allowed(lambda ports: ports.update({"jvb/s0/UDP": [[0, 65535]]})), "and 65532 more"),
    differ(allowed(lambda ports: ports.clear()), "refuses UDP 10000 to pods of jvb/s0"),
    differ(expression("variables", "{}['x']", 0), "no map of ranges"),
    differ(host_port(hostPort=10001, containerPort=10001), "refuses UDP 10001", "s0-bridges-host-port-0"),
    differ(host_port(protocol="TCP"), "refuses TCP 10000", "s0-bridges-host-port-0"),
    differ(
        lambda p: container(p)["ports"].append({"containerPort": 80, "hostPort": 80}),
        "refuses TCP 80 to pods of web/s0",
        "s0-web",
    ),
    differ(
        lambda p: p["spec"]["template"]["metadata"]["labels"].update({"app.kubernetes.io/instance": "s9"}),
        "pods of jvb/s9",
        "s0-bridges-host-port-0",
    ),
    differ(host_port(hostPort=3478), "allows UDP 443 to pods of coturn-udp/", "jitsi-turn-udp-coturn", "turn-udp"),
    differ(allowed(lambda ports: ports.pop("jigasi/options/UDP")), "refuses UDP", stack="options"),
]
