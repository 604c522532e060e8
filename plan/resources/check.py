"""Every rule about resources, and what all of them find."""

from types import ModuleType

from plan.findings.rule import SEVERITIES, Finding, Rule
from plan.resources import firewalls, pods, protection, secrecy, services
from plan.resources.made import Made

MODULES: tuple[ModuleType, ...] = (firewalls, services, pods, secrecy, protection)
"""Modules whose `@rule` functions count; a rule in one of them needs no other registration."""

RULES: tuple[Rule[Made], ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)
)


def check(made: Made) -> tuple[Finding, ...]:
    """All findings, errors first; within a severity in the order of the rules."""
    found = [finding for one in RULES for finding in one.findings(made)]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
