"""Every rule about resources, and what all of them find."""

from collections.abc import Iterator
from types import TracebackType

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
        finding for rule in RULES for finding in sorted(_judged(rule, stack), key=lambda one: natural(one.where))
    ]
    return by_severity(findings)


def _judged(rule: Rule[Resources], stack: Resources) -> Iterator[Finding]:
    """Findings of a rule; one more if it stops at a field that is of another type than it must be."""
    try:
        yield from rule.findings(stack)
    except MISSHAPEN as error:
        yield Finding(
            "error",
            rule.name,
            _place(error.__traceback__),
            f"cannot be judged: a field has another type than Kubernetes gives it, or holds no valid text ({error})",
            "compare the object with `make render` of an unchanged stack; the API server refuses such a field",
        )


def _place(traceback: TracebackType | None) -> str:
    """Name of the resource that the rule looked at when it stopped."""
    place = "resources"
    while traceback is not None:
        for value in traceback.tb_frame.f_locals.values():
            owner = getattr(value, "workload", value)  # of Pods, a Template or a Server
            place = owner.name if isinstance(owner, Resource) else place
        traceback = traceback.tb_next
    return place
