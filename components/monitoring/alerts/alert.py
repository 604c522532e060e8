"""What an alert is."""

from dataclasses import dataclass
from typing import Any, Literal

Document = dict[str, Any]
Severity = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """critical: people cannot meet, or soon cannot: somebody is woken. warning: look at it on the same day.

    Its page in docs/runbooks is called like it.
    """

    name: str
    severity: Severity
    expression: str
    lasts: str
    """How long the expression must hold: longer than what passes by itself."""
    summary: str
    meaning: str
    """What users notice, or will."""
    action: str
    """The first thing to do."""

    def rule(self, runbooks: str) -> Document:
        """As Prometheus takes it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasts,
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.meaning,
                "action": self.action,
                "runbook_url": f"{runbooks.rstrip('/')}/{self.name}.md",
            },
        }
