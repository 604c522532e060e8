"""Fields of rendered objects that no rule watches (`python tests/unwatched.py [STACK...]`).

Each field is changed to another valid value, then removed, in the first object that has it. It is watched if a rule reports either.
Fields of pod templates count once for all kinds of workloads, items of a list once, and keys that are chosen freely once.
"""

import copy
import sys
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path as File
from typing import Any

Path = tuple[str | int, ...]
STACKS = (
    "turn",
    "local",
    "options",
    "recorded",
    "turn-udp",
    "scaling-schedules",
    "existing-static",
    "documented",
    "prod-nl-ams",
)
"""Stacks that together have every kind of object, in both layouts."""
FREE = ("annotations", "labels", "matchLabels", "nodeSelector", "selector")
"""Mappings whose keys are chosen freely."""
TEXTS = ("ConfigMap", "Secret", "CustomResourceDefinition")
"""Kinds whose content is text for programs, which rules read as such, or Kubernetes' own definitions."""
OTHERS = {
    "TCP": "UDP",
    "UDP": "TCP",
    "RuntimeDefault": "Unconfined",
    "ReadWriteOnce": "ReadWriteMany",
    "Always": "Never",
    "Never": "Always",
    "Recreate": "RollingUpdate",
    "RollingUpdate": "Recreate",
    "OnRootMismatch": "Always",
    "ScheduleAnyway": "DoNotSchedule",
    "Parallel": "OrderedReady",
    "ClusterIP": "NodePort",
    "Local": "Cluster",
    "Cluster": "Local",
    "In": "NotIn",
    "NotIn": "In",
    "Exists": "DoesNotExist",
}
"""Text -> another that the API server takes in its place."""

UNWATCHED = {
    "* metadata.name": "Under another name it is another object; rules hold those names that others refer to.",
    "* metadata.annotations{}": "Those of pulumi.com are orders to the engine; rules hold those that clouds and Prometheus read.",
    "ValidatingAdmissionPolicy spec.validations[].message": "Text for the person whose object is refused.",
    "ValidatingAdmissionPolicy spec.validations[].messageExpression": "Text for the person whose object is refused.",
    "ValidatingAdmissionPolicy spec.validations[].reason": "It sets the status code of a refusal.",
    "PodMonitor spec.podMetricsEndpoints[].filterRunning": "No pod of the stack completes; one that failed is a silent target.",
    "PodMonitor spec.podMetricsEndpoints[].relabelings[].targetLabel": "The first is the namespace, which the operator adds itself.",
    "PrometheusRule spec.groups[].name": "Text for people.",
    "StatefulSet spec.persistentVolumeClaimRetentionPolicy.whenDeleted": "Recorders upload before they end; what stays costs money.",
    "StatefulSet spec.volumeClaimTemplates[].metadata.labels{}": "Nothing selects claims.",
    "Pod spec.tolerations[].operator": "Equal is the default; rules hold key and value.",
    "PriorityClass description": "Text for people.",
    "Pod spec.containers[].env[].name": "Rules about secrets, ports, metrics and drains hold each variable by its name.",
    "Pod spec.containers[].env[].value": "Rules about secrets, ports, metrics and drains hold each variable by its name.",
    "Pod spec.securityContext.fsGroupChangePolicy": "It sets how fast a volume is taken over, not by whom.",
    "Pod spec.volumes[].projected.sources[].serviceAccountToken.expirationSeconds": "The kubelet renews the token in time.",
    "Service spec.ports[].name": "Nothing refers to a Service's port by name.",
    "*Binding roleRef.apiGroup": "There is one value; the API server refuses others.",
    "Deployment spec.strategy.rollingUpdate.maxSurge": "More new pods at a time only wait for room; rules hold how many leave, and host ports.",
    "Issuer spec.acme.solvers[].http01.ingress.podTemplate.spec.securityContext.*": "Any user but root can answer a challenge.",
    "APIService spec.groupPriorityMinimum": "The group has one server.",
    "APIService spec.versionPriority": "The group has one version.",
}
"""Field, with `*` for any kind -> why no rule watches it."""


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield path and value of each scalar; an empty mapping or list counts as one."""
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def field(kind: str, path: Path) -> str:
    """Return the field's name: `Service spec.ports[].port`, `Pod spec.volumes[].emptyDir.sizeLimit`."""
    for start in (("spec", "jobTemplate", "spec", "template"), ("spec", "template")):
        if kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job") and path[: len(start)] == start:
            kind, path = "Pod", path[len(start) :]
    words: list[str] = []
    for above, part in zip(("", *path), path, strict=False):
        if isinstance(part, int):
            words[-1] += "[]"
        elif above in FREE:
            words[-1] += "{}"
        else:
            words.append("containers" if part == "initContainers" else str(part))
    return f"{kind} {'.'.join(words)}"


def other(value: Any) -> Any:
    """Return another value in place of a leaf's, of the same type and far from it; None in place of an empty mapping or list."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return 100 * value + 1
    if isinstance(value, str):
        number = value.rstrip("KMGTikmns")
        return OTHERS.get(value) or (
            f"{100 * int(number) + 1}{value[len(number) :]}" if number.isdecimal() else f"{value}x"
        )
    return None


def changed(properties: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return the properties with another value at a path; without the field if the value is None."""
    result = copy.deepcopy(properties)
    parent: Any = result
    for part in path[:-1]:
        parent = parent[part]
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return result


def fields(stack: str) -> dict[str, tuple[int, Path, Any]]:
    """Return each field of a stack's Kubernetes objects, with the first object that has it, its path and its value."""
    from sample_stacks import recorded

    from plan.diff.fleet import component_of, kind_of
    from plan.tokens import is_kubernetes_object

    result: dict[str, tuple[int, Path, Any]] = {}
    pairs = sorted(enumerate(recorded(stack)), key=lambda pair: component_of(pair[1]) == "jvb-spare")
    for number, resource in pairs:  # placeholders last: they stand for no other pod
        if is_kubernetes_object(resource.type) and resource.custom:
            for path, value in leaves(resource.properties):
                text = path[0] in ("apiVersion", "kind") or (kind_of(resource) in TEXTS and path[0] != "metadata")
                if not text and value not in ("[unknown]", "[secret]", {}, []):
                    result.setdefault(field(kind_of(resource), path), (number, path, value))
    return result


def unwatched(stack: str, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the fields of a stack that no rule watches, but those that are known."""
    from sabotages import config_of
    from sample_stacks import recorded

    from plan.resources.check import RULES, check, judged
    from plan.resources.made import Resources

    resources = recorded(stack)
    before = frozenset(check(Resources(config_of(stack), resources)))
    for name, (number, path, value) in fields(stack).items():
        noticed = name in known
        for new in () if noticed else dict.fromkeys((other(value), None)):
            edited = replace(resources[number], properties=changed(resources[number].properties, path, new))
            after = Resources(config_of(stack), (*resources[:number], edited, *resources[number + 1 :]))
            noticed = noticed or any(finding not in before for rule in RULES for finding in judged(rule, after))
        if not noticed:
            yield name


def reason(name: str) -> str | None:
    """Return why no rule watches a field. None if one must."""
    return next((why for pattern, why in UNWATCHED.items() if fnmatchcase(name, pattern.replace("[", "[[]"))), None)


def earlier(stack: str) -> frozenset[str]:
    """Return the fields of the stacks before this one, which need no second search."""
    stacks = STACKS[: STACKS.index(stack)] if stack in STACKS else ()
    return frozenset(name for each in stacks for name in fields(each))


if __name__ == "__main__":
    root = File(__file__).parents[1]
    sys.path[:0] = [str(root), str(root / "tests")]
    known = frozenset[str]()
    for stack in sys.argv[1:] or STACKS:
        for name in unwatched(stack, known):
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
        known |= frozenset(fields(stack))
