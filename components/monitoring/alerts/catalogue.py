"""All alerts."""

from components.kubernetes.document import Document
from components.monitoring.alerts.alert import Alert, AlertGroup
from components.monitoring.facts import MonitoringFacts
from components.registry import registered

GROUPS: tuple[AlertGroup, ...] = registered(
    "components.monitoring.alerts",
    AlertGroup,
    first=("signalling", "bridges", "scaling", "edge", "outside", "recording", "watchers"),
)
"""A function decorated with `@alert_group` in any module of this package needs no other registration."""


def alerts(facts: MonitoringFacts) -> list[Alert]:
    """Return all alerts of a stack."""
    return [alert for group in GROUPS for alert in group.alerts(facts)]


def alert_groups(facts: MonitoringFacts) -> list[Document]:
    """Return the groups as Prometheus reads them, without those that are empty for this stack."""
    groups = [(group.name, [alert.rule(facts.runbooks) for alert in group.alerts(facts)]) for group in GROUPS]
    return [{"name": f"alerts: {name}", "rules": rules} for name, rules in groups if rules]
