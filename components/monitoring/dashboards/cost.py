"""What the service costs now, and for each person and hour."""

from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import COST, COST_EACH, FIXED_PRICE, NODE_PRICE, NODES, TOTAL_PEOPLE
from components.monitoring.watched import Watched

HOURS = 730


def cost(watched: Watched) -> Dashboard:
    """By the price list of the plan, without tax; nodes that hold placeholders alone are not counted."""
    own = f"{{{watched.of_namespace}}}"
    big = {"kind": "stat", "width": 6, "height": 5}
    return Dashboard(
        uid="jitsi-cost",
        title="Jitsi: cost",
        about="EUR without tax, from the plan's price list",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="EUR per hour",
                        about="Nodes with a bridge, and what is always there.",
                        queries=[Query(f"{COST}{own}", "now")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR in a month like this minute",
                        about="730 hours.",
                        queries=[Query(f"{HOURS} * {COST}{own}", "month")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR in the last 24 hours",
                        about="The mean of what was recorded, times 24.",
                        queries=[Query(f"24 * avg_over_time({COST}{own}[24h])", "day")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR per person and hour",
                        about="While anybody is there.",
                        queries=[Query(f"{COST_EACH}{own}", "each")],
                        unit="currencyEUR",
                        empty_is_fine=True,
                        **big,
                    ),
                ],
            ),
            (
                "Over time",
                [
                    Panel(
                        title="EUR per hour",
                        about="Fixed is what runs however few bridges there are.",
                        queries=[
                            Query(
                                f"{NODES}{own} * on (namespace, shard) {NODE_PRICE}{own}", "bridge nodes of {{shard}}"
                            ),
                            Query(f"{FIXED_PRICE}{own}", "fixed"),
                        ],
                        unit="currencyEUR",
                        stacked=True,
                    ),
                    Panel(
                        title="EUR per person and hour",
                        about="Falls as bridges fill.",
                        queries=[Query(f"{COST_EACH}{own}", "each")],
                        unit="currencyEUR",
                        empty_is_fine=True,
                    ),
                    Panel(
                        title="Bridge nodes",
                        about="On which a bridge answers.",
                        queries=[Query(f"{NODES}{own}", "{{shard}}")],
                        stacked=True,
                    ),
                    Panel(title="People", about="For comparison.", queries=[Query(f"{TOTAL_PEOPLE}{own}", "people")]),
                ],
            ),
        ],
    )
