"""The overview, for people who are not engineers: is it well, who is there, will it be enough, what does it cost."""

from components.metrics.names import RECORDED_PEOPLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import (
    BRIDGES_MAX,
    COST,
    HEADROOM,
    JOINS,
    READY,
    STRESS_MAX,
    TOTAL_PEOPLE,
    TOTAL_ROOMS,
)
from components.monitoring.watched import Watched

_BIG = {"kind": "stat", "width": 4, "height": 5}


def overview(watched: Watched) -> Dashboard:
    """One page that a head teacher can read."""
    own = f"{{{watched.of_namespace}}}"
    serious = f'ALERTS{{alertstate="firing",severity="critical",{watched.of_namespace}}}'
    cost = [
        Panel(
            title="Cost per hour",
            about="Nodes that run now and what is always there, without tax, from the price list of the plan.",
            queries=[Query(f"{COST}{own}", "EUR")],
            unit="currencyEUR",
            **_BIG,
        )
    ]
    return Dashboard(
        uid="jitsi-overview",
        title="Jitsi: overview",
        about="Is it well, who is there, will it be enough",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="Serious troubles",
                        about="Alerts that keep people from meeting. 0 is well; otherwise see the list below.",
                        queries=[Query(f"count({serious}) or vector(0)", "alerts")],
                        limits=(1,),
                        **_BIG,
                    ),
                    Panel(
                        title="People in meetings",
                        about="As the service counts them, now.",
                        queries=[Query(f"{TOTAL_PEOPLE}{own}", "people")],
                        **_BIG,
                    ),
                    Panel(
                        title="Meetings",
                        about="Open rooms, now.",
                        queries=[Query(f"{TOTAL_ROOMS}{own}", "meetings")],
                        **_BIG,
                    ),
                    Panel(
                        title="Room for more people",
                        about="How many more people the bridges that run now carry well. More bridges come by themselves.",
                        queries=[Query(f"sum(clamp_min({HEADROOM}{own}, 0))", "people")],
                        limits=(1, 50),
                        least=True,
                        **_BIG,
                    ),
                    Panel(
                        title="Picture and sound",
                        about="How hard the busiest bridge works. Above 90 % pictures get coarse for the people on it.",
                        queries=[Query(f"max({STRESS_MAX}{own})", "busiest bridge")],
                        unit="percentunit",
                        limits=(0.75, 0.9),
                        **_BIG,
                    ),
                    *(cost if watched.node_prices else ()),
                ],
            ),
            (
                "Today",
                [
                    Panel(
                        title="People in meetings, by shard",
                        about="A shard is one of the parts of the service that work side by side; a meeting is on one of them.",
                        queries=[Query(f"{RECORDED_PEOPLE}{own}", "{{shard}}")],
                        stacked=True,
                    ),
                    Panel(
                        title="People, and for how many there is room",
                        about="The upper line is what the running bridges carry well; it should stay above the lower one.",
                        queries=[
                            Query(f"{TOTAL_PEOPLE}{own}", "people"),
                            Query(
                                f"{TOTAL_PEOPLE}{own} + on (namespace) sum by (namespace) (clamp_min({HEADROOM}{own}, 0))",
                                "room for",
                            ),
                        ],
                    ),
                    Panel(
                        title="Joins per minute",
                        about="Lessons begin where it rises steeply.",
                        queries=[Query(f"sum({JOINS}{own})", "people per minute")],
                    ),
                    Panel(
                        title="Bridges: running and allowed",
                        about="Bridges carry picture and sound. When as many run as are allowed, no more come.",
                        queries=[Query(f"sum({READY}{own})", "running"), Query(f"sum({BRIDGES_MAX}{own})", "allowed")],
                    ),
                    Panel(
                        title="What is wrong",
                        about="Alerts that fire now; each name is a page in docs/runbooks that says what to do.",
                        queries=[Query(f'ALERTS{{alertstate="firing",{watched.of_namespace}}}')],
                        kind="table",
                        width=24,
                        empty_is_fine=True,
                    ),
                ],
            ),
        ],
    )
