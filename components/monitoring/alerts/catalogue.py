"""Every alert there is."""

from typing import Any

from components.monitoring.alerts.alert import Alert
from components.monitoring.alerts.bridges import bridge_alerts
from components.monitoring.alerts.edge import edge_alerts
from components.monitoring.alerts.outside import outside_alerts
from components.monitoring.alerts.recording import recording_alerts
from components.monitoring.alerts.scaling import scaling_alerts
from components.monitoring.alerts.signalling import signalling_alerts
from components.monitoring.alerts.watchers import watcher_alerts
from components.monitoring.watched import Watched

Document = dict[str, Any]

SUBJECTS = {
    "signalling": signalling_alerts,
    "bridges": bridge_alerts,
    "scaling": scaling_alerts,
    "edge": edge_alerts,
    "outside": outside_alerts,
    "recording": recording_alerts,
    "watchers": watcher_alerts,
}
"""Group -> its alerts; an alert in one of them needs no other registration."""


def alerts(watched: Watched) -> list[Alert]:
    """All of a stack's."""
    return [alert for subject in SUBJECTS.values() for alert in subject(watched)]


def alert_groups(watched: Watched) -> list[Document]:
    """As Prometheus takes them; a subject of which there is nothing to watch has no group."""
    return [
        {"name": f"alerts: {name}", "rules": [alert.rule(watched.runbooks) for alert in found]}
        for name, subject in SUBJECTS.items()
        if (found := list(subject(watched)))
    ]
