"""Capacity against the timetable: what was promised, what is ready, what is used."""

from components.metrics.names import RECORDED_PEOPLE, RECORDED_TIMETABLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import BRIDGE_CAPACITY, BRIDGES_MAX, HEADROOM, MISSING, READY
from components.monitoring.watched import Watched


def capacity(watched: Watched) -> Dashboard:
    """Where no shard has a timetable the lines of promises are missing."""
    own = f'{{{watched.of_namespace},shard=~"$shard"}}'
    on = "on (namespace, shard)"
    promised = [Query(f"{RECORDED_TIMETABLE}{own}", "{{shard}} promised")] if watched.timed else []
    panels = [
        Panel(
            title="Bridges: promised, ready, at most",
            about="Promised includes the lead: it rises before a lesson, and ready has to follow before it begins.",
            queries=[
                *promised,
                Query(f"{READY}{own}", "{{shard}} ready"),
                Query(f"{BRIDGES_MAX}{own}", "{{shard}} at most"),
            ],
            width=24,
            height=10,
        ),
        Panel(
            title="People: there, carried well, carried at most",
            about="At most is what all bridges that may run carry well.",
            queries=[
                Query(f"{RECORDED_PEOPLE}{own}", "{{shard}} there"),
                Query(f"{READY}{own} * {on} {BRIDGE_CAPACITY}{own}", "{{shard}} carried well now"),
                Query(f"{BRIDGES_MAX}{own} * {on} {BRIDGE_CAPACITY}{own}", "{{shard}} at most"),
            ],
            width=24,
            height=10,
        ),
        Panel(
            title="Use of what is ready",
            about="Low for hours: the timetable promises too much, or scaleDownWindow is long.",
            queries=[
                Query(f"{RECORDED_PEOPLE}{own} / {on} ({READY}{own} * {on} {BRIDGE_CAPACITY}{own} > 0)", "{{shard}}")
            ],
            unit="percentunit",
            limits=(0.8, 1),
        ),
        Panel(
            title="Headroom in participants",
            about="Below 0 people suffer.",
            queries=[Query(f"{HEADROOM}{own}", "{{shard}}")],
            limits=(0, 50),
            least=True,
        ),
    ]
    if watched.timed:
        panels.append(
            Panel(
                title="Bridges promised and not ready",
                about="Above 0 when a lesson begins is an alert.",
                queries=[Query(f"{MISSING}{own}", "{{shard}}")],
                limits=(1,),
            )
        )
    return Dashboard(
        uid="jitsi-capacity",
        title="Jitsi: capacity against the timetable",
        about="What was promised, what is ready, what is used",
        version=1,
        by_shard=True,
        rows=[("Capacity", panels)],
    )
