"""Every rule about resources, and what all of them find."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import TracebackType
from typing import Any

import yaml

from components.registry import registered
from config.model import natural
from plan.findings.rule import Finding, Rule, by_severity
from plan.promql.nodes import PromqlError
from plan.recorder import Resource
from plan.resources.made import Resources

RULES: tuple[Rule[Resources], ...] = registered(
    "plan.resources", Rule, first=("firewalls", "services", "pods", "secrecy")
)
"""A function decorated with `@rule` in any module of this package needs no other registration."""
MISSHAPEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, PromqlError, yaml.YAMLError)
"""What a rule raises where a field has another type than Kubernetes gives it, as in a file that a person wrote."""


def check(stack: Resources) -> tuple[Finding, ...]:
    """All findings, errors first; within a severity in the order of the rules."""
    findings = [
        finding for rule in RULES for finding in sorted(judged(rule, stack), key=lambda one: natural(one.where))
    ]
    return by_severity(findings)


def judged(rule: Rule[Resources], stack: Resources) -> Iterator[Finding]:
    """Findings of a rule; one more if it stops at a field that is of another type than it must be."""
    try:
        yield from rule.findings(stack)
    except MISSHAPEN as error:
        yield Finding(
            "error",
            rule.name,
            _place(stack, error.__traceback__),
            f"cannot be judged: a field has another type than Kubernetes gives it, or holds no valid text ({error})",
            "compare the object with `make render` of an unchanged stack; the API server refuses such a field",
        )


def _place(stack: Resources, traceback: TracebackType | None) -> str:
    """Name of the resource that the rule looked at when it stopped: that of the innermost object among its variables."""
    owners = {id(value): resource for resource in stack.resources for value in _containers(resource.properties)}
    names = {resource.name for resource in stack.resources}
    place = stack.resources[0].name
    while traceback is not None:
        for value in traceback.tb_frame.f_locals.values():
            owner = _owner(value, owners)
            place = owner.name if owner and owner.name in names else place
        traceback = traceback.tb_next
    return place


def _containers(value: Any) -> Iterator[Any]:
    """Yield every mapping and list of a document."""
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _containers(item)


def _owner(value: Any, owners: Mapping[int, Resource]) -> Resource | None:
    """Return the resource that a variable is, is a part of, or holds in a field, such as a Template or an Edge."""
    if isinstance(value, Resource) or id(value) in owners:
        return value if isinstance(value, Resource) else owners[id(value)]
    if not is_dataclass(value) or isinstance(value, Resources | type):
        return None
    held = (_owner(getattr(value, field.name), owners) for field in fields(value))
    return next((owner for owner in held if owner), None)
