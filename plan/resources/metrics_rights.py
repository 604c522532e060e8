"""Rule about rights: what serves metrics may read what it needs, and autoscalers may ask."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import object_name
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.resources.custom_metrics import adapters
from plan.resources.files import argument, containers
from plan.resources.made import Resources
from plan.resources.metrics_served import GROUP
from plan.resources.observers import servers
from plan.resources.selection import namespace_of
from sizing.parts import KUBE_STATE

CONTROLLER = ("kube-system", "horizontal-pod-autoscaler")
"""The account with which the HPA controller asks."""
API_GROUPS = {"horizontalpodautoscalers": "autoscaling", "deployments": "apps", "statefulsets": "apps"}
"""API groups of resources; the others are in the core group."""
LOOK = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule of a role that an account has, in one namespace; None: everywhere."""

    namespace: str | None
    rule: dict[str, Any]
    role: str

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Return whether it allows a request."""
        return (
            self.namespace in (None, namespace)
            and bool({verb, "*"} & set(self.rule.get("verbs") or ()))
            and bool({group, "*"} & set(self.rule.get("apiGroups") or ()))
            and bool({resource, "*"} & set(self.rule.get("resources") or ()))
            and not self.rule.get("resourceNames")
        )


def grants(stack: Resources, namespace: str, account: str) -> Iterator[Grant]:
    """Yield what a ServiceAccount may do; a role that the cluster brings along has no rule but its name."""
    for binding in stack.of("RoleBinding", "ClusterRoleBinding"):
        subjects = [
            (subject.get("namespace"), subject.get("name"), subject.get("kind"))
            for subject in binding.properties.get("subjects") or []
        ]
        if (namespace, account, "ServiceAccount") not in subjects:
            continue
        scope = namespace_of(binding) or None
        reference = binding.properties.get("roleRef") or {}
        name, kind = str(reference.get("name")), str(reference.get("kind"))
        for role in stack.of(kind):
            if object_name(role) == name and (kind == "ClusterRole" or namespace_of(role) == scope):
                yield from (Grant(scope, each, name) for each in role.properties.get("rules") or [])
        yield Grant(scope, {}, name)


@rule("metrics-rights", "error")
def metrics_rights(stack: Resources) -> Iterator[Hit]:
    """Prometheus, kube-state-metrics or the adapter may not read what it needs, or autoscalers may not ask."""
    for server in servers(stack):
        need = [(verb, "", "pods") for verb in LOOK]
        yield from _lacking(stack, server.workload, server.spec, need, "it finds no pod to scrape")
    for workload, spec in stack.workloads:
        if at(workload.properties, "metadata", "labels", "app.kubernetes.io/name") == KUBE_STATE.name:
            listed = (
                next(
                    (
                        argument(container, "resources")
                        for container in containers(spec)
                        if argument(container, "resources")
                    ),
                    None,
                )
                or ""
            )
            need = [
                (verb, API_GROUPS.get(kind, ""), kind)
                for kind in listed.split(",")
                if kind
                for verb in ("list", "watch")
            ]
            yield from _lacking(stack, workload, spec, need, "alerts about autoscalers and pending bridges never fire")
    for adapter in adapters(stack):
        need = [(verb, "", kind) for kind in ("pods", "namespaces") for verb in LOOK]
        if adapter.collects:
            need += [(verb, "autoscaling", "horizontalpodautoscalers") for verb in LOOK]
        if adapter.collects and stack.of("ScalingSchedule"):
            need += [
                (verb, "zalando.org", kind) for kind in ("scalingschedules", "clusterscalingschedules") for verb in LOOK
            ]
            need.append(("update", "zalando.org", "scalingschedules/status"))
        yield from _lacking(
            stack, adapter.workload, adapter.spec, need, "it cannot say which pods and objects have metrics"
        )
        yield from _cluster_roles(stack, adapter.workload, adapter.spec)
        asking = [each for each in grants(stack, *CONTROLLER) if each.namespace is None]
        if not any(each.allows("get", GROUP, "*", "") for each in asking):
            yield Hit(
                adapter.workload.name,
                f"{'/'.join(CONTROLLER)} may not get {GROUP}: every autoscaler that asks for bridges' load keeps its size",
                "bind it to a ClusterRole that may",
            )


def _account(spec: dict[str, Any]) -> str:
    return str(spec.get("serviceAccountName") or "default")


def _lacking(
    stack: Resources, workload: Any, spec: dict[str, Any], need: Iterable[tuple[str, str, str]], follows: str
) -> Iterator[Hit]:
    namespace = namespace_of(workload)
    own = list(grants(stack, namespace, _account(spec)))
    accounts = {(namespace_of(resource), object_name(resource)) for resource in stack.of("ServiceAccount")}
    where = f"{workload.name}.spec.template.spec.serviceAccountName"
    if (namespace, _account(spec)) not in accounts or spec.get("automountServiceAccountToken") is False:
        yield Hit(
            where,
            f"{_account(spec)} is no account of {namespace}, or its token is not mounted: {follows}",
            "name its account",
        )
        return
    lacking = [
        f"{verb} {kind}"
        for verb, group, kind in need
        if not any(each.allows(verb, group, kind, namespace) for each in own)
    ]
    if lacking:
        yield Hit(
            where,
            f"{_account(spec)} may not {', '.join(lacking)}: {follows}",
            "grant it in its role, and bind the role",
        )


def _cluster_roles(stack: Resources, workload: Any, spec: dict[str, Any]) -> Iterator[Hit]:
    """Check the two roles of every API behind the API server's aggregation: whom it trusts, and what a caller may."""
    own = {(grant.namespace, grant.role) for grant in grants(stack, namespace_of(workload), _account(spec))}
    for scope, role in ((None, "system:auth-delegator"), ("kube-system", "extension-apiserver-authentication-reader")):
        if (scope, role) not in own:
            yield Hit(
                f"{workload.name}.spec.template.spec.serviceAccountName",
                f"{_account(spec)} lacks {role} in {scope or 'the cluster'}: the adapter refuses every request of an autoscaler",
                f"bind it to {role}",
            )
