"""The shards compared: load, rooms, headroom and draining."""

from typing import Any

from components.metrics.names import RECORDED_PEOPLE, RECORDED_ROOMS
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import (
    GONE_SOON,
    HEADROOM,
    JOINS,
    LEFT_BEHIND,
    READY,
    SHARD_LIMIT,
    STRESS_MAX,
)


@template()
def shards(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard; it also shows when a draining shard is empty."""
    own = f'{{{facts.namespace_matcher},shard=~"$shard"}}'
    jicofo = f'{{{facts.namespace_matcher},component="jicofo",shard=~"$shard"}}'

    def each(title: str, description: str, series: str, **options: Any) -> Panel:
        return Panel(title=title, description=description, queries=[Query(f"{series}{own}", "{{shard}}")], **options)

    return Dashboard(
        uid="jitsi-shards",
        title="Jitsi: shards",
        description="How full each shard is, and when a draining one is empty",
        version=1,
        by_shard=True,
        rows=[
            (
                "Load",
                [
                    each(
                        "Participants",
                        "Participants known to jicofo, including those on leaving bridges.",
                        RECORDED_PEOPLE,
                    ),
                    each("Conferences", "Open rooms. A draining shard is empty when this is 0.", RECORDED_ROOMS),
                    Panel(
                        title="Share of prosody's limit",
                        description="Above 90 %, an alert recommends another shard.",
                        queries=[
                            Query(f"{RECORDED_PEOPLE}{own} / on (namespace, shard) {SHARD_LIMIT}{own}", "{{shard}}")
                        ],
                        unit="percentunit",
                        thresholds=(0.75, 0.9),
                        axis_max=1,
                    ),
                    each("Joins per minute", "Mean of two minutes, from jicofo.", JOINS),
                    Panel(
                        title="Biggest conference",
                        description="Participants of the largest room.",
                        queries=[Query(f"max by (shard) (jitsi_jicofo_largest_conference{jicofo})", "{{shard}}")],
                    ),
                    each("Bridges ready", "Bridges that have joined their shard and are not leaving.", READY),
                ],
            ),
            (
                "Headroom",
                [
                    each(
                        "Headroom in participants",
                        "Participants that the ready bridges carry well, minus those on them.",
                        HEADROOM,
                        thresholds=(0, 50),
                        lower_is_worse=True,
                    ),
                    each(
                        "Highest stress",
                        "Without leaving bridges.",
                        STRESS_MAX,
                        unit="percentunit",
                        thresholds=(0.75, 0.9),
                    ),
                ],
            ),
            (
                "Leaving",
                [
                    each("Leaving bridges", "They accept no new participants.", GONE_SOON),
                    each(
                        "Participants on leaving bridges",
                        "They finish their meetings, or are moved after migrateAfter.",
                        LEFT_BEHIND,
                    ),
                    Panel(
                        title="Participants moved",
                        description="Per minute, by jicofo, away from leaving or failed bridges.",
                        queries=[
                            Query(
                                f"60 * sum by (shard) (rate(jitsi_jicofo_participants_moved_total{jicofo}[{facts.window}]))",
                                "{{shard}}",
                            )
                        ],
                    ),
                    Panel(
                        title="Bridges lost",
                        description="Bridges that disappeared without announcing a shutdown in the last hour.",
                        queries=[
                            Query(
                                f"sum by (shard) (increase(jitsi_jicofo_bridge_selector_lost_bridges_total{jicofo}[1h]))",
                                "{{shard}}",
                            )
                        ],
                        thresholds=(1, 2),
                    ),
                ],
            ),
        ],
    )
