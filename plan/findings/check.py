"""Every rule there is, and what all of them find in a stack."""

from types import ModuleType

from plan.findings import (
    access,
    bridges,
    cluster,
    collaboration,
    edge,
    existing,
    gateways,
    leaving,
    monitoring,
    nodes,
    recording,
    scaling,
    secrets,
    shards,
    signalling,
    timetable,
    turn,
    visitors,
    web,
)
from plan.findings.rule import SEVERITIES, Finding, Rule, Subject

MODULES: tuple[ModuleType, ...] = (
    access,
    bridges,
    cluster,
    collaboration,
    edge,
    existing,
    gateways,
    leaving,
    monitoring,
    nodes,
    recording,
    scaling,
    secrets,
    shards,
    signalling,
    timetable,
    visitors,
    turn,
    web,
)
"""Modules whose `@rule` functions count; a rule in one of them needs no other registration."""

RULES: tuple[Rule[Subject], ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Rule)
)


def check(subject: Subject) -> tuple[Finding, ...]:
    """All findings, errors first, then warnings, then infos; within these in the order of the rules."""
    found = [finding for one in RULES for finding in one.findings(subject)]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
