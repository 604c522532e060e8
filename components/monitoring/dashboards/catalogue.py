"""Every dashboard there is."""

import json

from components.monitoring.dashboards.bridges import bridges
from components.monitoring.dashboards.capacity import capacity
from components.monitoring.dashboards.cost import cost
from components.monitoring.dashboards.edge import edge
from components.monitoring.dashboards.overview import overview
from components.monitoring.dashboards.panels import Dashboard
from components.monitoring.dashboards.recording import recording
from components.monitoring.dashboards.shards import shards
from components.monitoring.dashboards.signalling import signalling
from components.monitoring.watched import Watched


def dashboards(watched: Watched) -> list[Dashboard]:
    """Those that a stack can fill: recording only where something is recorded, cost only where nodes are billed to it."""
    made = [overview(watched), shards(watched), bridges(watched), signalling(watched), edge(watched), capacity(watched)]
    if watched.recorders:
        made.append(recording(watched))
    return [*made, cost(watched)] if watched.node_prices else made


def dashboard_files(watched: Watched) -> dict[str, str]:
    """File name -> the dashboard's JSON."""
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard.document(watched.namespace), separators=(",", ":"))
        for dashboard in dashboards(watched)
    }
