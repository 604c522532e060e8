"""Alerts, and the groups that Prometheus evaluates them in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.document import Document
from components.monitoring.facts import MonitoringFacts

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """An alerting rule. critical: meetings are or will soon be impossible, so it pages. warning: handle it the same day.

    Its runbook page in docs/runbooks has the same name.
    """

    name: str
    severity: Severity
    expression: str
    duration: str
    """How long the expression must hold; longer than transient states last."""
    summary: str
    description: str
    """The effect on users."""
    action: str
    """The first step."""

    def rule(self, runbooks: str) -> Document:
        """Return the rule in Prometheus' format."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.duration,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "action": self.action,
                "runbook_url": f"{runbooks.rstrip('/')}/{self.name}.md",
            },
        }


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """A group of alerting rules; `alerts` returns those of a stack."""

    name: str
    alerts: Callable[[MonitoringFacts], Iterable[Alert]]


def alert_group(name: str) -> Callable[[Callable[[MonitoringFacts], Iterable[Alert]]], AlertGroup]:
    """Make an `AlertGroup` of the decorated function; the catalogue picks it up."""

    def decorate(alerts: Callable[[MonitoringFacts], Iterable[Alert]]) -> AlertGroup:
        return AlertGroup(name, alerts)

    return decorate
