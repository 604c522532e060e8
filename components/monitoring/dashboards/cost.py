"""Cost now, and per participant hour."""

from typing import Any

from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import COST, COST_EACH, FIXED_PRICE, NODE_PRICE, NODES, TOTAL_PEOPLE

HOURS = 730


@template(lambda facts: bool(facts.node_prices))
def cost(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard. Prices come from the plan, without tax; nodes with only placeholders do not count."""
    own = f"{{{facts.namespace_matcher}}}"
    big: dict[str, Any] = {"kind": "stat", "width": 6, "height": 5}
    return Dashboard(
        uid="jitsi-cost",
        title="Jitsi: cost",
        description="EUR without tax, from the plan's price list",
        version=1,
        rows=[
            (
                "Now",
                [
                    Panel(
                        title="EUR per hour",
                        description="Nodes with a bridge, and fixed costs.",
                        queries=[Query(f"{COST}{own}", "now")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR per month at the current rate",
                        description="730 hours.",
                        queries=[Query(f"{HOURS} * {COST}{own}", "month")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR in the last 24 hours",
                        description="The recorded mean, times 24.",
                        queries=[Query(f"24 * avg_over_time({COST}{own}[24h])", "day")],
                        unit="currencyEUR",
                        **big,
                    ),
                    Panel(
                        title="EUR per participant hour",
                        description="No data while nobody is in a meeting.",
                        queries=[Query(f"{COST_EACH}{own}", "each")],
                        unit="currencyEUR",
                        may_be_empty=True,
                        **big,
                    ),
                ],
            ),
            (
                "Over time",
                [
                    Panel(
                        title="EUR per hour",
                        description="Fixed costs do not depend on the number of bridges.",
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
                        title="EUR per participant hour",
                        description="Falls as bridges fill.",
                        queries=[Query(f"{COST_EACH}{own}", "each")],
                        unit="currencyEUR",
                        may_be_empty=True,
                    ),
                    Panel(
                        title="Bridge nodes",
                        description="Nodes on which a bridge answers scrapes.",
                        queries=[Query(f"{NODES}{own}", "{{shard}}")],
                        stacked=True,
                    ),
                    Panel(
                        title="Participants",
                        description="For comparison.",
                        queries=[Query(f"{TOTAL_PEOPLE}{own}", "people")],
                    ),
                ],
            ),
        ],
    )
