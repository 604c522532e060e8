"""Capacity against the schedule: scheduled, ready and used."""

from components.metrics.names import RECORDED_PEOPLE, RECORDED_TIMETABLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import BRIDGE_CAPACITY, BRIDGES_MAX, HEADROOM, MISSING, READY


@template()
def capacity(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard; without scheduled series if no shard has a schedule."""
    own = f'{{{facts.namespace_matcher},shard=~"$shard"}}'
    on = "on (namespace, shard)"
    promised = [Query(f"{RECORDED_TIMETABLE}{own}", "{{shard}} scheduled")] if facts.scheduled else []
    panels = [
        Panel(
            title="Bridges: scheduled, ready, maximum",
            description="Scheduled includes the lead: it rises before an entry's start, and ready must follow before that start.",
            queries=[
                *promised,
                Query(f"{READY}{own}", "{{shard}} ready"),
                Query(f"{BRIDGES_MAX}{own}", "{{shard}} maximum"),
            ],
            width=24,
            height=10,
        ),
        Panel(
            title="Participants: current, capacity now, maximum capacity",
            description="Maximum capacity is what bridges.max bridges carry well.",
            queries=[
                Query(f"{RECORDED_PEOPLE}{own}", "{{shard}} current"),
                Query(f"{READY}{own} * {on} {BRIDGE_CAPACITY}{own}", "{{shard}} capacity now"),
                Query(f"{BRIDGES_MAX}{own} * {on} {BRIDGE_CAPACITY}{own}", "{{shard}} maximum"),
            ],
            width=24,
            height=10,
        ),
        Panel(
            title="Utilisation of ready bridges",
            description="Low for hours: the schedule asks for too much, or scaleDownWindow is too long.",
            queries=[
                Query(f"{RECORDED_PEOPLE}{own} / {on} ({READY}{own} * {on} {BRIDGE_CAPACITY}{own} > 0)", "{{shard}}")
            ],
            unit="percentunit",
            thresholds=(0.8, 1),
        ),
        Panel(
            title="Headroom in participants",
            description="Below 0, quality drops.",
            queries=[Query(f"{HEADROOM}{own}", "{{shard}}")],
            thresholds=(0, 50),
            lower_is_worse=True,
        ),
    ]
    if facts.scheduled:
        panels.append(
            Panel(
                title="Bridges scheduled but not ready",
                description="Above 0 after an entry's start, an alert fires.",
                queries=[Query(f"{MISSING}{own}", "{{shard}}")],
                thresholds=(1,),
            )
        )
    return Dashboard(
        uid="jitsi-capacity",
        title="Jitsi: capacity against the schedule",
        description="Scheduled, ready and used capacity",
        version=1,
        by_shard=True,
        rows=[("Capacity", panels)],
    )
