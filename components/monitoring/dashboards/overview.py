"""The overview, for non-engineers: health, participants, capacity, cost."""

from typing import Any

from components.metrics.names import RECORDED_PEOPLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import (
    BRIDGES_MAX,
    COST,
    HEADROOM,
    JOINS,
    READY,
    STRESS_MAX,
    TOTAL_PEOPLE,
    TOTAL_ROOMS,
)

_BIG: dict[str, Any] = {"kind": "stat", "width": 4, "height": 5}


@template()
def overview(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard."""
    own = f"{{{facts.namespace_matcher}}}"
    serious = f'ALERTS{{alertstate="firing",severity="critical",{facts.namespace_matcher}}}'
    cost = [
        Panel(
            title="Cost per hour",
            description="Running nodes and fixed costs, without tax, from the plan's price list.",
            queries=[Query(f"{COST}{own}", "EUR")],
            unit="currencyEUR",
            **_BIG,
        )
    ]
    return Dashboard(
        uid="jitsi-overview",
        title="Jitsi: overview",
        description="Is the service healthy, how many participants are there, is there enough capacity",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="Critical alerts",
                        description="Problems that keep people from meeting. 0 is healthy; otherwise see the list below.",
                        queries=[Query(f"count({serious}) or vector(0)", "alerts")],
                        thresholds=(1,),
                        **_BIG,
                    ),
                    Panel(
                        title="People in meetings",
                        description="People in meetings now.",
                        queries=[Query(f"{TOTAL_PEOPLE}{own}", "people")],
                        **_BIG,
                    ),
                    Panel(
                        title="Meetings",
                        description="Meetings that are open now.",
                        queries=[Query(f"{TOTAL_ROOMS}{own}", "meetings")],
                        **_BIG,
                    ),
                    Panel(
                        title="Room for more people",
                        description="How many more people the running bridges carry well. More bridges start automatically.",
                        queries=[Query(f"sum(clamp_min({HEADROOM}{own}, 0))", "people")],
                        thresholds=(1, 50),
                        lower_is_worse=True,
                        **_BIG,
                    ),
                    Panel(
                        title="Audio and video load",
                        description="Load of the busiest bridge. Above 90 %, video gets coarse for the people on it.",
                        queries=[Query(f"max({STRESS_MAX}{own})", "busiest bridge")],
                        unit="percentunit",
                        thresholds=(0.75, 0.9),
                        **_BIG,
                    ),
                    *(cost if facts.node_prices else ()),
                ],
            ),
            (
                "Today",
                [
                    Panel(
                        title="People in meetings, by shard",
                        description="The service consists of independent shards, and each meeting runs on one of them.",
                        queries=[Query(f"{RECORDED_PEOPLE}{own}", "{{shard}}")],
                        stacked=True,
                    ),
                    Panel(
                        title="People in meetings and capacity",
                        description="Capacity is the number of people that the running bridges carry well. It should stay above the number in meetings.",
                        queries=[
                            Query(f"{TOTAL_PEOPLE}{own}", "people"),
                            Query(
                                f"{TOTAL_PEOPLE}{own} + on (namespace) sum by (namespace) (clamp_min({HEADROOM}{own}, 0))",
                                "capacity",
                            ),
                        ],
                    ),
                    Panel(
                        title="Joins per minute",
                        description="It rises steeply when many meetings begin at once.",
                        queries=[Query(f"sum({JOINS}{own})", "people per minute")],
                    ),
                    Panel(
                        title="Bridges: running and allowed",
                        description="Bridges carry audio and video. Once the allowed number is running, no more start.",
                        queries=[Query(f"sum({READY}{own})", "running"), Query(f"sum({BRIDGES_MAX}{own})", "allowed")],
                    ),
                    Panel(
                        title="Active alerts",
                        description="Alerts that are firing now. Each has a page in docs/runbooks that says what to do.",
                        queries=[Query(f'ALERTS{{alertstate="firing",{facts.namespace_matcher}}}')],
                        kind="table",
                        width=24,
                        may_be_empty=True,
                    ),
                ],
            ),
        ],
    )
