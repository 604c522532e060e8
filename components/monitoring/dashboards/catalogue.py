"""All dashboards."""

import json

from components.monitoring.dashboards.panels import Dashboard, DashboardTemplate
from components.monitoring.facts import MonitoringFacts
from components.registry import registered

TEMPLATES: tuple[DashboardTemplate, ...] = registered(
    "components.monitoring.dashboards",
    DashboardTemplate,
    first=("overview", "shards", "bridges", "signalling", "edge", "capacity", "recording", "cost"),
)
"""A function decorated with `@template` in any module of this package needs no other registration."""


def dashboards(facts: MonitoringFacts) -> list[Dashboard]:
    """Return the dashboards that apply to a stack."""
    return [template.fill(facts) for template in TEMPLATES if template.applies(facts)]


def dashboard_files(facts: MonitoringFacts) -> dict[str, str]:
    """Return the dashboards' JSON by file name."""
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard.document(facts.namespace), separators=(",", ":"))
        for dashboard in dashboards(facts)
    }
