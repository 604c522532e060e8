"""Every rule about a stack, and what all of them find."""

from components.registry import registered
from config.model import natural
from plan.findings.rule import Finding, Rule, Subject, by_severity

RULES: tuple[Rule[Subject], ...] = registered("plan.findings", Rule, last=("visitors", "turn", "web"))
"""A function decorated with `@rule` in any module of this package needs no other registration."""


def check(subject: Subject) -> tuple[Finding, ...]:
    """All findings, errors first, then warnings, then infos; within these in the order of the rules."""
    findings = [
        finding
        for rule in RULES
        for finding in sorted(rule.findings(subject), key=lambda finding: natural(finding.where))
    ]
    return by_severity(findings)
