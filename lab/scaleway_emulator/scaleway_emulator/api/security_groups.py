"""Security groups of Instances (`/instance/v1`, zonal); answers are wrapped in `security_group`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from scaleway_emulator import errors
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.resource import new_id
from scaleway_emulator.state import Rule, SecurityGroup

if TYPE_CHECKING:
    from scaleway_emulator.state import State

MOST_RULES = 500
DEFAULT_NAME = "Kapsule default security group"
Policy = Literal["accept", "drop"]


class SecurityGroupBody(Body):
    """Create or update a group."""

    name: str | None = None
    description: str | None = None
    project: str | None = None
    tags: list[str] | None = None
    stateful: bool | None = None
    inbound_default_policy: Policy | None = None
    outbound_default_policy: Policy | None = None
    enable_default_security: bool | None = None
    project_default: bool | None = None


class RuleBody(Body):
    """One rule of the list that replaces all rules."""

    id: str | None = None
    action: Literal["accept", "drop"]
    protocol: Literal["TCP", "UDP", "ICMP", "ANY"]
    direction: Literal["inbound", "outbound"]
    ip_range: str
    dest_port_from: int | None = Field(default=None, ge=1, le=65535)
    dest_port_to: int | None = Field(default=None, ge=1, le=65535)
    editable: bool | None = None


class RulesBody(Body):
    """PUT rules."""

    rules: list[RuleBody] = []


def kapsule_default(state: State, zone: str, project: str) -> SecurityGroup:
    """The group of pools that name none, one for each zone and project: no rules, all inbound traffic is dropped."""
    for group in state.security_groups.values():
        if group.name == DEFAULT_NAME and group.zone == zone and group.project == project:
            return group
    group = SecurityGroup(name=DEFAULT_NAME, zone=zone, project=project, organization=project)
    group.inbound_default_policy = "drop"
    state.security_groups[group.id] = group
    return group


def _shown(call: Call, group: SecurityGroup) -> dict[str, Any]:
    pools = {pool.id for pool in call.state.pools.values() if pool.security_group_id == group.id}
    servers = [{"id": n.id, "name": n.name} for n in call.state.nodes.values() if n.pool_id in pools]
    shown = group.model_dump(mode="json", exclude={"rules"})
    return {**shown, "description": group.description or None, "servers": servers}


def fit_for_nodes(group: SecurityGroup) -> None:
    """Refuse a group that drops the replies to connections that nodes open."""
    if group.inbound_default_policy == "drop" and not group.stateful:
        raise errors.invalid(
            "security_group_id", f"security group {group.id} drops inbound traffic and must be stateful"
        )


def _unused(call: Call, group: SecurityGroup) -> None:
    pools = [pool.name for pool in call.state.pools.values() if pool.security_group_id == group.id]
    if pools:
        raise errors.in_use("security_group", group.id, f"group is in use by pool {', '.join(pools)}")


GROUPS = Collection[SecurityGroup](
    records=lambda state: state.security_groups,
    name="instance_security_group",
    key="security_groups",
    scope="zone",
    filters=("name", "project"),
    shown=_shown,
    wrapper="security_group",
    release=_unused,
)


def create(call: Call) -> Answer:
    """POST security_groups."""
    given: dict[str, Any] = call.body(SecurityGroupBody).given()
    if not given.get("name"):
        raise errors.invalid("name", "must not be empty", "required")
    given.setdefault("stateful", False)  # the SDK leaves `false` out of the body (omitempty)
    group = SecurityGroup(zone=call.zone, organization=given.get("project", ""), **given)
    return GROUPS.add(call, group, status=201)


def update(call: Call) -> Answer:
    """PATCH security_groups/{id}; a group that a pool uses must stay fit for it."""
    group = GROUPS.find(call)
    changed = group.model_copy(update=call.body(SecurityGroupBody).given())
    if any(pool.security_group_id == group.id for pool in call.state.pools.values()):
        fit_for_nodes(changed)
    changed.touch()
    return GROUPS.add(call, changed)


def _rule_shown(rule: Rule) -> dict[str, Any]:
    return {**rule.model_dump(mode="json"), "dest_ip_range": None}


def list_rules(call: Call) -> Answer:
    """GET security_groups/{id}/rules."""
    return call.page("rules", [_rule_shown(rule) for rule in GROUPS.find(call).rules])


def set_rules(call: Call) -> Answer:
    """PUT security_groups/{id}/rules: the whole list."""
    group = GROUPS.find(call)
    rules = call.body(RulesBody).rules
    if len(rules) > MOST_RULES:
        raise errors.invalid("rules", f"a security group has at most {MOST_RULES} rules, got {len(rules)}")
    group.rules = [_rule(rule, position, group.zone) for position, rule in enumerate(rules, start=1)]
    group.touch()
    return 200, {"rules": [_rule_shown(rule) for rule in group.rules]}


def _rule(body: RuleBody, position: int, zone: str) -> Rule:
    try:
        ip_range = str(ipaddress.ip_network(body.ip_range, strict=False))
    except ValueError as error:
        raise errors.invalid("ip_range", str(error), "format") from None
    first, last = body.dest_port_from, body.dest_port_to
    if first is None and last is not None:
        raise errors.invalid("dest_port_from", "is required with dest_port_to", "required")
    if first is not None and last is not None and last < first:
        raise errors.invalid("dest_port_to", f"port range {first}-{last} is empty")
    if first is not None and body.protocol in ("ICMP", "ANY"):
        raise errors.invalid("dest_port_from", f"{body.protocol} has no ports")
    return Rule(
        id=body.id or new_id(),
        protocol=body.protocol,
        direction=body.direction,
        action=body.action,
        ip_range=ip_range,
        dest_port_from=first,
        # A single port has no end: the API answers null for a range of one.
        dest_port_to=None if last == first else last,
        position=position,
        zone=zone,
    )
