"""Policies, their rules, and permission sets (`/iam/v1alpha1`)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from scaleway_emulator import errors
from scaleway_emulator.api import iam_applications as iam
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import Policy, PolicyRule

PROJECT_SETS = (
    *("AllProductsFullAccess", "AllProductsReadOnly", "BlockStorageFullAccess", "ContainerRegistryFullAccess"),
    *("DomainsDNSFullAccess", "IPAMFullAccess", "IPAMReadOnly", "InstancesFullAccess", "InstancesReadOnly"),
    *("KubernetesFullAccess", "KubernetesReadOnly", "KubernetesSystemMastersGroupAccess", "LoadBalancersFullAccess"),
    *("ObjectStorageBucketPolicyFullAccess", "ObjectStorageBucketsDelete", "ObjectStorageBucketsRead"),
    *("ObjectStorageBucketsWrite", "ObjectStorageFullAccess", "ObjectStorageObjectsDelete"),
    *("ObjectStorageObjectsRead", "ObjectStorageObjectsWrite", "ObjectStorageReadOnly"),
    *("PrivateNetworksFullAccess", "VPCFullAccess"),
)
ORGANIZATION_SETS = ("BillingReadOnly", "IAMManager", "IAMReadOnly", "ProjectManager", "ProjectReadOnly")
PRINCIPALS = ("user_id", "group_id", "application_id", "no_principal")


class RuleBody(Body):
    """One rule."""

    permission_set_names: Annotated[list[str], Field(min_length=1)]
    condition: str = ""
    project_ids: list[str] | None = None
    organization_id: str | None = None


class PolicyBody(Body):
    """Create a policy."""

    name: iam.Name
    organization_id: str
    description: Annotated[str, Field(max_length=200)] = ""
    tags: list[str] | None = None
    rules: list[RuleBody] | None = None
    user_id: str | None = None
    group_id: str | None = None
    application_id: str | None = None
    no_principal: bool | None = None


class PolicyChange(Body):
    """Update a policy; a new principal replaces the current one."""

    name: iam.Name | None = None
    description: Annotated[str, Field(max_length=200)] | None = None
    tags: list[str] | None = None
    user_id: str | None = None
    group_id: str | None = None
    application_id: str | None = None
    no_principal: bool | None = None


class RulesBody(Body):
    """PUT rules."""

    policy_id: str
    rules: list[RuleBody] = []


def scope_type(name: str) -> str | None:
    """Scope of a permission set: `projects` or `organization`; None if there is no such set."""
    if name in PROJECT_SETS:
        return "projects"
    return "organization" if name in ORGANIZATION_SETS else None


def _rules(bodies: list[RuleBody]) -> list[PolicyRule]:
    rules: list[PolicyRule] = []
    for number, body in enumerate(bodies):
        where = f"rules[{number}]"
        if (body.project_ids is None) == (body.organization_id is None):
            # Recorded: the real API says no more than this.
            raise errors.invalid(where, "embedded message failed validation", "format")
        scopes = {scope_type(name) for name in body.permission_set_names}
        if None in scopes:
            unknown = next(name for name in body.permission_set_names if scope_type(name) is None)
            raise errors.not_found("permission_set", unknown)
        if len(scopes) > 1:
            raise errors.invalid(
                f"{where}.permission_set_names", "permission sets must be of the same scope type", "constraint"
            )
        scope = str(scopes.pop())
        if scope == "organization" and body.project_ids is not None:
            raise errors.invalid(f"{where}.project_ids", "these permission sets are about the organization")
        rules.append(
            PolicyRule(
                permission_set_names=body.permission_set_names,
                permission_sets_scope_type=scope,
                condition=body.condition,
                project_ids=body.project_ids,
                organization_id=body.organization_id,
            )
        )
    return rules


def _principal(call: Call, body: PolicyBody | PolicyChange) -> dict[str, Any]:
    given = {name: getattr(body, name) for name in PRINCIPALS if getattr(body, name)}
    if len(given) > 1:
        raise errors.invalid("principal", f"only one of {', '.join(PRINCIPALS)} may be set")
    for name, resource in (("user_id", "user"), ("group_id", "group")):
        if name in given:  # neither is emulated
            raise errors.not_found(resource, given[name])
    if "application_id" in given:
        iam.APPLICATIONS.get(call, given["application_id"])
    return given


def _shown(policy: Policy, *, counted: bool = True) -> dict[str, Any]:
    absent = {name for name in PRINCIPALS if getattr(policy, name) is None}
    rules = policy.rules if counted else []  # recorded: the answer to POST counts nothing yet
    return {
        **{name: value for name, value in policy.shown().items() if name not in absent},
        "nb_rules": len(rules),
        "nb_scopes": sum(len(rule.project_ids or [rule.organization_id]) for rule in rules),
        "nb_permission_sets": len({name for rule in rules for name in rule.permission_set_names}),
    }


POLICIES = Collection[Policy](
    records=lambda state: state.policies,
    name="policy",
    key="policies",
    scope=None,
    filters=("organization_id",),
    shown=lambda _, policy: _shown(policy),
)


def create(call: Call) -> Answer:
    """POST policies."""
    body = call.body(PolicyBody)
    principal = _principal(call, body)
    if not principal:
        raise errors.invalid("principal", f"one of {', '.join(PRINCIPALS)} is required", "required")
    policy = Policy(
        name=body.name,
        organization_id=body.organization_id,
        description=body.description,
        tags=body.tags or [],
        rules=_rules(body.rules or []),
        **principal,
    )
    POLICIES.add(call, policy)
    return 200, _shown(policy, counted=False)


def update(call: Call) -> Answer:
    """PATCH policies/{id}."""
    policy = POLICIES.find(call)
    body = call.body(PolicyChange)
    principal = _principal(call, body)
    if principal:
        for name in PRINCIPALS:
            setattr(policy, name, principal.get(name))
    for name, value in body.given().items():
        if name not in PRINCIPALS:
            setattr(policy, name, value)
    policy.touch()
    return POLICIES.answer(call, policy)


def _rule_shown(rule: PolicyRule) -> dict[str, Any]:
    return {name: value for name, value in rule.shown().items() if value is not None}


def list_rules(call: Call) -> Answer:
    """GET rules?policy_id=…."""
    policy = POLICIES.get(call, call.query.get("policy_id", ""))
    return call.page("rules", [_rule_shown(rule) for rule in policy.rules])


def set_rules(call: Call) -> Answer:
    """PUT rules: the whole list of a policy."""
    body = call.body(RulesBody)
    policy = POLICIES.get(call, body.policy_id)
    policy.rules = _rules(body.rules)
    policy.touch()
    return 200, {"rules": [_rule_shown(rule) for rule in policy.rules]}


def list_permission_sets(call: Call) -> Answer:
    """GET permission-sets: those of the emulated products; the real list is longer."""
    sets = [
        {"id": name, "name": name, "scope_type": scope_type(name), "description": "", "categories": []}
        for name in sorted((*PROJECT_SETS, *ORGANIZATION_SETS))
    ]
    return call.page("permission_sets", sets)
