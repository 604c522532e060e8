"""Rules about rights in the cluster: what each account may do is what its part needs."""

from collections.abc import Iterator

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.grants import BUILT_IN_NAMES, ROLES, Grant, Rights, Subject
from plan.resources.made import Resources
from plan.resources.needed_rights import BUILT_IN, FOREIGN, NEEDS, Right
from plan.resources.selection import namespace_of
from sizing.parts import JVB

OWN_POD = "authentication.kubernetes.io/pod-name"  # user info of a token that is bound to a pod
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def _needed(stack: Resources, subject: Subject) -> list[Right]:
    rights = NEEDS.get(subject.component, FOREIGN.get((subject.namespace, subject.name), ()))
    return [right for right in rights if not right.with_kind or stack.of(right.with_kind)]


def _allows(stack: Resources, right: Right, grant: Grant) -> bool:
    inside = right.everywhere or grant.namespace == stack.config.namespace
    return (right.group, right.resource) == (grant.group, grant.resource) and grant.verb in right.verbs and inside


@rule("right-beyond-need", "error")
def right_beyond_need(stack: Resources) -> Iterator[Hit]:
    """An account may do more than its part needs."""
    rights = Rights(stack)
    for grant in rights.grants:
        if not any(_allows(stack, right, grant) for right in _needed(stack, grant.subject)):
            needs = "; ".join(f"{','.join(each.verbs)} {each.resource}" for each in _needed(stack, grant.subject))
            yield Hit(
                grant.binding.name,
                f"{grant.subject} may {grant}, and needs only {needs or 'nothing'}: who takes over the pod may, too",
                "remove the verb or the resource from the role, or bind the role in the namespace only",
            )
    for binding, subject in rights.bindings:
        kind, name = rights.role_name(binding)
        if rights.role(binding) is None and (kind, name, namespace_of(binding)) not in BUILT_IN.get(
            subject.component, ()
        ):
            yield Hit(
                binding.name,
                f"{subject} gets the {kind} {name}, which its part does not need",
                "bind a role with exactly the rights of plan/resources/needed_rights.py",
            )
    for role in stack.of(*ROLES):
        labels = [
            label
            for label in mapping(role.properties, "metadata", "labels")
            if "rbac.authorization.k8s.io/aggregate" in label
        ]
        if labels or role.properties.get("aggregationRule"):
            yield Hit(role.name, "is aggregated with other roles, so nobody sees what it grants", "list its rules")


@rule("right-missing", "error")
def right_missing(stack: Resources) -> Iterator[Hit]:
    """An account lacks a right that its part needs."""
    rights = Rights(stack)
    grants, bindings = list(rights.grants), list(rights.bindings)
    for (namespace, name), account in rights.accounts.items():
        subject = Subject("ServiceAccount", namespace, name, component_of(account))
        own = [grant for grant in grants if grant.subject == subject]
        for right in _needed(stack, subject):
            given = {
                grant.verb
                for grant in own
                if _allows(stack, right, grant) and not (right.everywhere and grant.namespace)
            }
            if missing := [verb for verb in right.verbs if verb not in given]:
                yield _lacks(account, f"{','.join(missing)} {right.resource}", right.why)
        bound = {(*rights.role_name(each), namespace_of(each)) for each, who in bindings if who == subject}
        for role in BUILT_IN.get(subject.component, ()):
            if role not in bound:
                yield _lacks(account, f"the {role[0]} {role[1]}", "the API server trusts it to serve an API")
    for (namespace, name), needs in FOREIGN.items():
        served = [
            each
            for each in stack.of("APIService")
            if mapping(each.properties, "spec").get("group") in {right.group for right in needs}
        ]
        given = {grant.verb for grant in grants if (grant.subject.namespace, grant.subject.name) == (namespace, name)}
        if served and (missing := [verb for right in needs for verb in right.verbs if verb not in given]):
            yield _lacks(served[0], f"{','.join(missing)} for {namespace}/{name}", needs[0].why)


def _lacks(where: Resource, right: str, why: str) -> Hit:
    return Hit(where.name, f"lacks {right}: {why}", "grant it by a role and a binding of this account")


@rule("right-dangles", "error")
def right_dangles(stack: Resources) -> Iterator[Hit]:
    """A binding names a role or an account that does not exist."""
    rights = Rights(stack)
    for binding in stack.of("RoleBinding", "ClusterRoleBinding"):
        kind, name = rights.role_name(binding)
        subjects = mappings(binding.properties, "subjects")
        bound = {(str(each.get("namespace") or namespace_of(binding)), str(each.get("name"))) for each in subjects}
        ours = any(namespace == stack.config.namespace for namespace, _ in bound) or bound.intersection(FOREIGN)
        if not ours and rights.role(binding) is None:
            continue
        faults = (
            []
            if rights.role(binding) or name.startswith("system:") or name in BUILT_IN_NAMES
            else [f"the {kind} {name}"]
        )
        faults += [
            f"the account {'/'.join(each)}"
            for each in sorted(bound)
            if each not in rights.accounts and each not in FOREIGN
        ]
        for fault in faults:
            yield Hit(
                binding.name,
                f"names {fault}, which does not exist: its pods get 403",
                "bind a role and an account of the stack",
            )


@rule("right-unguarded", "error")
def right_unguarded(stack: Resources) -> Iterator[Hit]:
    """Bridges may patch pods, and no admission policy confines them to their own pod's deletion cost."""
    policies = {object_name(each): each for each in stack.of("ValidatingAdmissionPolicy")}
    for account in stack.of("ServiceAccount"):
        if component_of(account) != JVB.name:
            continue
        user = f"system:serviceaccount:{namespace_of(account)}:{object_name(account)}"
        own = [each for each in policies.values() if f"'{user}'" in str(at(each.properties, "spec", "matchConditions"))]
        faults = [_gap(stack, each, user) for each in own] or [f"no ValidatingAdmissionPolicy is about {user}"]
        for fault in faults if all(faults) else ():
            yield Hit(
                account.name,
                f"{fault}: a bridge that is taken over changes or deletes other pods of the namespace",
                "deny updates of pods by this account, except the deletion cost of the pod to which its token is bound",
            )


def _gap(stack: Resources, policy: Resource, user: str) -> str:
    """What the policy lets through; empty if nothing."""
    spec = mapping(policy.properties, "spec")
    conditions = [each.get("expression") for each in mappings(spec, "matchConditions")]
    if conditions != [f"request.userInfo.username == '{user}'"]:
        return f"{policy.name} is about others under {', '.join(map(str, conditions))}"
    if spec.get("failurePolicy", "Fail") != "Fail":
        return f"{policy.name} admits what it cannot evaluate (failurePolicy {spec['failurePolicy']})"
    rules = mappings(spec, "matchConstraints", "resourceRules")
    if not any(
        "UPDATE" in texts(each, "operations") and "pods" in texts(each, "resources") and "" in texts(each, "apiGroups")
        for each in rules
    ):
        return f"{policy.name} does not see updates of pods"
    checks = [" ".join(str(each.get("expression")).split()) for each in mappings(spec, "validations")]
    own = {str(each.get("name")): str(each.get("expression")) for each in mappings(spec, "variables")}
    if OWN_POD not in own.get("own", "") or "variables.own != '' && variables.own == request.name" not in checks:
        return f"{policy.name} does not compare the token's pod with the changed one"
    if not all(own.get(name, "").startswith(f"{source}.metadata.?annotations") for name, source in _SIDES.items()):
        return f"{policy.name} does not read the annotations before and after"
    parts = {part.strip() for check in checks for part in check.split("&&")}
    if missing := [each for each in _FIXED if each not in parts]:
        return f"{policy.name} lets a bridge change {', '.join(each.rpartition('.')[2].strip('?') for each in missing)} of its pod"
    about = [check for check in checks if "variables.after.all(" in check and "variables.before.all(" in check]
    if (
        not about
        or {text for check in about for text in check.split("'")[1::2]} != {DELETION_COST}
        or any("||" in check for check in checks if check not in about)
    ):
        return f"{policy.name} lets a bridge change other annotations than {DELETION_COST}"
    return unbound(stack, policy, stack.config.namespace)


_SIDES = {"before": "oldObject", "after": "object"}
_FIXED = (
    "object.spec == oldObject.spec",
    *(f"object.metadata.?{each} == oldObject.metadata.?{each}" for each in ("labels", "ownerReferences", "finalizers")),
)


def unbound(stack: Resources, policy: Resource, namespace: str) -> str:
    """Why no binding enforces the policy in the namespace; empty if one does. Empty selectors are the API server's defaults."""
    for binding in stack.of("ValidatingAdmissionPolicyBinding"):
        spec = mapping(binding.properties, "spec")
        limits = {
            key: value for key, value in mapping(spec, "matchResources").items() if value and key != "matchPolicy"
        }
        here = limits in ({}, {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}})
        if spec.get("policyName") == object_name(policy) and "Deny" in texts(spec, "validationActions") and here:
            return ""
    return f"no binding enforces {policy.name} in {namespace}"
