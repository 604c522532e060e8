"""Rules about identity: labels and selectors pick exactly the pods that are meant, and names are used once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from plan.diff.fleet import INSTANCE_LABEL, NAME_LABEL, WORKLOADS, component_of, instance_of, kind_of, object_name
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import POD_NAME_LABEL, Pods, matches, namespace_of, selected, selector_of
from plan.tokens import is_kubernetes_object
from sizing.parts import NAMED

FOREIGN_LABEL = "acme.cert-manager.io/"
"""Prefix of labels of pods that cert-manager creates: its solver of HTTP-01 challenges."""
SELECTING = ("Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor", "ServiceMonitor")
OURS = {"app.kubernetes.io/part-of": "jitsi", "app.kubernetes.io/managed-by": "pulumi"}
"""Labels of every object that the program renders."""
MONITORS = ("PodMonitor", "ServiceMonitor")
UNSELECTED = {
    "Service": "its name resolves, and every connection to it fails or ends at the wrong pods",
    "PodDisruptionBudget": "a drained node evicts more pods at once than the budget allows",
    "NetworkPolicy": "it confines the wrong pods, and the right ones are open",
    "PodMonitor": "Prometheus has no metrics of them",
    "ServiceMonitor": "Prometheus has no metrics of them",
}
"""Kind -> consequence where its selector picks other pods."""
SHARED_NAMESPACES = ("kube-system",)
"""Namespaces in which an aggregated API needs a RoleBinding."""
CLUSTER_WIDE = (
    *("Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "CustomResourceDefinition", "APIService"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "StorageClass", "ClusterIssuer"),
)
"""Kinds of objects without a namespace."""


def _who(pods: list[Pods]) -> str:
    return ", ".join(sorted({f"{each.title} ({object_name(each.workload)})" for each in pods})) or "no pod"


def _picks_another(selector: Any, pods: Pods) -> bool:
    """Whether a selector would also pick pods that differ in part or instance only."""
    if POD_NAME_LABEL in (at(selector, "matchLabels") or {}):
        return False
    others = (replace(pods, labels={**pods.labels, label: "another"}) for label in (NAME_LABEL, INSTANCE_LABEL))
    return any(matches(selector, other) for other in others)


@rule("selectors-overlap", "error")
def selectors_overlap(stack: Resources) -> Iterator[Hit]:
    """A workload's selector misses its own pods, or picks those of another workload."""
    for pods in stack.pods:
        if kind_of(pods.workload) not in WORKLOADS:
            continue
        selector = selector_of(pods.workload)
        picked = selected(selector, pods.namespace, stack.pods) if selector else []
        if [each.workload.urn for each in picked] != [pods.workload.urn] or _picks_another(selector, pods):
            yield Hit(
                f"{pods.workload.name}.spec.selector",
                f"picks {_who(picked)}, perhaps more, and its template makes {pods.title}: the API server refuses it, or two controllers "
                "fight about the same pods and delete each other's",
                "select the labels of the template, which no other template has",
            )


@rule("labels-disagree", "error")
def labels_disagree(stack: Resources) -> Iterator[Hit]:
    """Labels of pods name another part or shard than their workload, or one that the stack does not have."""
    shards = {shard.name for shard in stack.config.resolved}
    shared = {pods.instance for pods in stack.pods if pods.part and not pods.part.per_shard}
    for pods in stack.pods:
        labels = (pods.component, pods.instance)
        owner = (component_of(pods.workload), instance_of(pods.workload))
        part = NAMED.get(owner[0])
        where = f"{pods.workload.name}.spec.template.metadata.labels"
        if labels != owner:
            yield Hit(
                where,
                f"pods are {_titled(labels)}, and their workload is {_titled(owner)}: Services, budgets, policies and "
                "metrics take them for others",
                f"give pods and workload the same {NAME_LABEL} and {INSTANCE_LABEL}",
            )
        elif part and (pods.instance not in shards if part.per_shard else len(shared) > 1 or pods.instance in shards):
            yield Hit(
                where,
                f"{part.name} is of {pods.instance}, and the stack's {'shards are' if part.per_shard else 'shared parts are of'} "
                f"{', '.join(sorted(shards if part.per_shard else shared))}",
                f"set {INSTANCE_LABEL} to the shard, or to the stack for shared parts",
            )


def _meant(stack: Resources, resource: Resource, picked: list[Pods]) -> list[Pods]:
    """The pods that the object's labels name; for a monitor, all pods of the part that it picks."""
    if kind_of(resource) in MONITORS:
        return [each for each in stack.pods if picked and each.component == picked[0].component]
    owner = (component_of(resource), instance_of(resource))
    return [each for each in stack.pods if (each.component, each.instance) == owner]


@rule("object-unlabelled", "warning")
def object_unlabelled(stack: Resources) -> Iterator[Hit]:
    """An object of the stack lacks a label by which people and policies find it."""
    for resource in stack.resources:
        labels = at(resource.properties, "metadata", "labels") or {}
        if not is_kubernetes_object(resource.type) or not any(labels.get(key) == value for key, value in OURS.items()):
            continue
        missing = [f"{key}: {value}" for key, value in OURS.items() if labels.get(key) != value]
        missing += [key for key in (NAME_LABEL, INSTANCE_LABEL) if not labels.get(key)]
        if missing:
            yield Hit(
                f"{resource.name}.metadata.labels",
                f"lack {', '.join(missing)}: `kubectl get -l` and policies by label overlook it",
                "set all four labels, as every other object has them",
            )


@rule("selects-other-pods", "error")
def selects_other_pods(stack: Resources) -> Iterator[Hit]:
    """A Service, budget, policy or monitor selects other pods than those of its part and shard, or not all of them."""
    for resource in stack.of(*SELECTING):
        selector = selector_of(resource)
        if _is_foreign(selector) or at(resource.properties, "spec", "type") == "ExternalName":
            continue
        if not component_of(resource) and not selector:
            continue  # a policy of another for the whole namespace
        picked = selected(selector, namespace_of(resource), stack.pods)
        if component_of(resource) not in NAMED and (not picked or not selector):
            continue  # of the whole namespace, or of pods that are gone from the config
        meant = _meant(stack, resource, picked)
        loose = kind_of(resource) not in MONITORS and any(_picks_another(selector, each) for each in meant)
        if picked != meant or not picked or loose:
            labels = (
                at(selector, "matchLabels") or selector or ("no selector" if selector is None else "an empty selector")
            )
            instead = f" instead of {_who(meant)}" if meant else ""
            yield Hit(
                f"{resource.name}.spec.{'podSelector' if kind_of(resource) == 'NetworkPolicy' else 'selector'}",
                f"{labels} picks {_who(picked)}{' and those of other parts' if loose else ''}{instead}: {UNSELECTED[kind_of(resource)]}",
                f"select {NAME_LABEL} and {INSTANCE_LABEL} of the pods",
            )


def _is_foreign(selector: Any) -> bool:
    return any(str(label).startswith(FOREIGN_LABEL) for label in at(selector, "matchLabels") or {})


@rule("one-pod-twice", "error")
def one_pod_twice(stack: Resources) -> Iterator[Hit]:
    """Two Services for one pod each name the same pod."""
    owners: dict[tuple[str, str], str] = {}
    for service in stack.of("Service"):
        pod = at(service.properties, "spec", "selector", POD_NAME_LABEL)
        first = owners.setdefault((namespace_of(service), str(pod)), service.name)
        if pod and first != service.name:
            yield Hit(
                f"{service.name}.spec.selector",
                f"picks {pod}, as {first} does: what arrives at one of both ports reaches the wrong pod, and another pod has no Service",
                "select the pod with the Service's own name",
            )


@rule("autoscaler-scales-another", "error")
def autoscaler_scales_another(stack: Resources) -> Iterator[Hit]:
    """An autoscaler sets the number of another part or shard, or names an API that the workload does not have."""
    for scaler in stack.of("HorizontalPodAutoscaler"):
        target = at(scaler.properties, "spec", "scaleTargetRef") or {}
        for workload in stack.of(*WORKLOADS):
            if (kind_of(workload), object_name(workload)) != (target.get("kind"), target.get("name")):
                continue
            group = workload.properties.get("apiVersion")
            places = (namespace_of(workload), group), (namespace_of(scaler), target.get("apiVersion"))
            if places[0] != places[1] or _owner(workload) != _owner(scaler):
                yield Hit(
                    f"{scaler.name}.spec.scaleTargetRef",
                    f"{target.get('apiVersion')} {target.get('name')} is {_titled(_owner(workload))} in {group} of "
                    f"{places[0][0]}, and the autoscaler is of {_titled(_owner(scaler))}: the number of its pods never changes",
                    "name the workload of the same part and shard, in the same namespace",
                )


def _titled(owner: tuple[str, str]) -> str:
    part, instance = owner
    return f"{part or 'no part'} of {instance or 'no shard'}"


def _owner(resource: Resource) -> tuple[str, str]:
    return component_of(resource), instance_of(resource)


@rule("spread-of-others", "error")
def spread_of_others(stack: Resources) -> Iterator[Hit]:
    """A pod is spread or kept apart by labels that it does not have."""
    for pods in stack.pods:
        terms = [*(pods.spec.get("topologySpreadConstraints") or [])]
        for rules in (at(pods.spec, "affinity", "podAntiAffinity") or {}).values():
            terms += [at(term, "podAffinityTerm") or term for term in rules]
        for term in terms:
            selector = term.get("labelSelector")
            # `{}` and no selector: every pod, or none.
            if not selector or not matches(selector, pods):
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec",
                    f"{pods.title} is spread over {term.get('topologyKey')} by {selector}, which does not pick its own pods: all of "
                    "them may run on one node",
                    "use the labels of the pods",
                )


@rule("name-used-twice", "error")
def name_used_twice(stack: Resources) -> Iterator[Hit]:
    """Two resources are the same object of the cluster."""
    first: dict[tuple[str, str, str], str] = {}
    for resource in stack.resources:
        if is_kubernetes_object(resource.type):
            key = (kind_of(resource), namespace_of(resource), object_name(resource))
            if key in first and "[" not in key[2]:
                yield Hit(
                    f"{resource.name}.metadata.name",
                    f"{key[0]} {key[2]} is {first[key]}, too: each update overwrites one with the other",
                    "give one of them another name",
                )
            first.setdefault(key, resource.name)


@rule("outside-namespace", "error")
def outside_namespace(stack: Resources) -> Iterator[Hit]:
    """An object is in another namespace than the stack, where its pods, Services and policies do not find it."""
    for resource in stack.resources:
        namespace = namespace_of(resource)
        if not is_kubernetes_object(resource.type) or kind_of(resource) in CLUSTER_WIDE:
            continue
        if namespace in SHARED_NAMESPACES and kind_of(resource) == "RoleBinding":
            continue
        if component_of(resource) and namespace not in (stack.config.namespace, "[unknown]"):
            yield Hit(
                f"{resource.name}.metadata.namespace",
                f"is {namespace or 'default'}, and the stack's namespace is {stack.config.namespace}: nothing of the stack finds it",
                f"set it to {stack.config.namespace}",
            )
