"""Address ranges that may reach a cluster's API server (`/k8s/v1/.../acls`); all of them until rules are set."""

from __future__ import annotations

import ipaddress
from typing import Any

from pydantic import field_validator

from scaleway_emulator import errors
from scaleway_emulator.api import clusters
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.resource import new_id


class AclRule(Body):
    """One allowed range, or Scaleway's own ranges."""

    ip: str | None = None
    scaleway_ranges: bool | None = None
    description: str = ""

    @field_validator("ip")
    @classmethod
    def _is_a_range(cls, value: str | None) -> str | None:
        return None if value is None else str(ipaddress.ip_network(value, strict=False))


class AclBody(Body):
    """Rules to add or set."""

    acls: list[AclRule] = []


def _rules(call: Call) -> list[dict[str, Any]]:
    rules = call.body(AclBody).acls
    for rule in rules:
        if (rule.ip is None) == (not rule.scaleway_ranges):
            raise errors.invalid("acls", "a rule names either an ip or scaleway_ranges")
    return [{"id": new_id(), "region": call.region, **rule.model_dump(exclude_none=True)} for rule in rules]


def list_rules(call: Call) -> Answer:
    """GET clusters/{id}/acls."""
    return call.page("rules", clusters.CLUSTERS.find(call).acls)


def set_rules(call: Call) -> Answer:
    """PUT clusters/{id}/acls: the whole list."""
    cluster = clusters.settled(call)
    cluster.acls = _rules(call)
    return 200, {"rules": cluster.acls}


def add_rules(call: Call) -> Answer:
    """POST clusters/{id}/acls."""
    cluster = clusters.settled(call)
    added = _rules(call)
    cluster.acls = [*cluster.acls, *added]
    return 200, {"rules": added}


def delete_rule(call: Call) -> Answer:
    """DELETE acls/{id}."""
    for cluster in call.state.clusters.values():
        kept = [rule for rule in cluster.acls if rule["id"] != call.path["id"]]
        if cluster.region == call.region and len(kept) < len(cluster.acls):
            cluster.acls = kept
            return 204, None
    raise errors.not_found("acl", call.path["id"])
