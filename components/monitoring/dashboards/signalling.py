"""Signalling: prosody and jicofo of each shard."""

from typing import Any

from components.metrics.names import RECORDED_PEOPLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import SHARD_LIMIT


@template()
def signalling(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard. Prosody's single thread limits a shard."""
    own = f'{{{facts.namespace_matcher},shard=~"$shard"}}'
    jicofo = f'{{{facts.namespace_matcher},component="jicofo",shard=~"$shard"}}'
    core = f'{{{facts.namespace_matcher},component=~"prosody|jicofo",shard=~"$shard"}}'

    def raw(title: str, description: str, expression: str, **options: Any) -> Panel:
        return Panel(title=title, description=description, queries=[Query(expression, "{{shard}}")], **options)

    def rate(title: str, description: str, series: str) -> Panel:
        return raw(title, description, f"60 * sum by (shard) (rate({series}{jicofo}[{facts.window}]))")

    return Dashboard(
        uid="jitsi-signalling",
        title="Jitsi: signalling",
        description="Prosody and jicofo of each shard",
        version=2,
        by_shard=True,
        rows=[
            (
                "Prosody",
                [
                    Panel(
                        title="Connections, participants in rooms, and the limit",
                        description="Connections far above participants: many wait, reconnect, or are bots.",
                        queries=[
                            Query(f"sum by (shard) (prosody_mod_c2s__connections{own})", "{{shard}} connections"),
                            Query(
                                f"sum by (shard) (prosody_mod_bosh__active_sessions{own})", "{{shard}} BOSH sessions"
                            ),
                            Query(f"{RECORDED_PEOPLE}{own}", "{{shard}} participants"),
                            Query(f"{SHARD_LIMIT}{own}", "{{shard}} limit"),
                        ],
                        width=24,
                    ),
                    raw(
                        "Rooms in prosody",
                        "Rooms of all MUC components, including lobbies, breakout rooms and the brewery.",
                        f"sum by (shard) (prosody_mod_muc__live_room{own})",
                    ),
                    raw(
                        "Metrics collection time",
                        "Seconds per collection. It grows when prosody's single thread is busy.",
                        f"sum by (shard) (rate(prosody_stats_collection_seconds_sum{own}[{facts.window}])) / sum by (shard) (rate(prosody_stats_collection_seconds_count{own}[{facts.window}]))",
                        unit="s",
                    ),
                    raw(
                        "Expired streams",
                        "Interrupted connections per minute that were not resumed.",
                        f"60 * sum by (shard) (rate(prosody_mod_smacks__sessions_expired_total{own}[{facts.window}]))",
                    ),
                    Panel(
                        title="Answers scrapes",
                        description="Prosody and jicofo of each shard. 0: no answer.",
                        queries=[Query(f"max by (shard, component) (up{core})", "{{shard}} {{component}}")],
                        kind="state-timeline",
                    ),
                ],
            ),
            (
                "Jicofo",
                [
                    raw(
                        "Known bridges",
                        "Bridges in the shard's brewery.",
                        f"max by (shard) (jitsi_jicofo_bridge_selector_bridge_count{jicofo})",
                    ),
                    raw(
                        "Working bridges",
                        "Bridges that passed their last health check and do not leave.",
                        "max by (shard) (jitsi_jicofo_bridge_selector_bridge_count_operational"
                        f"{jicofo} - jitsi_jicofo_bridge_selector_bridge_count_in_shutdown{jicofo})",
                        thresholds=(1,),
                        lower_is_worse=True,
                    ),
                    raw(
                        "Bridge versions",
                        "More than one only during a rollout.",
                        f"max by (shard) (jitsi_jicofo_bridge_selector_bridge_version_count{jicofo})",
                        thresholds=(2,),
                    ),
                    rate("Joins", "Participants per minute.", "jitsi_jicofo_participants_total"),
                    rate("Conferences created", "Per minute.", "jitsi_jicofo_conferences_created_total"),
                    rate(
                        "ICE failures",
                        "Participants per minute who cannot reach their bridge.",
                        "jitsi_jicofo_participants_ice_failed_total",
                    ),
                    rate(
                        "Session restarts requested",
                        "Participants per minute whose session had to be set up again.",
                        "jitsi_jicofo_participants_restart_requested_total",
                    ),
                ],
            ),
        ],
    )
