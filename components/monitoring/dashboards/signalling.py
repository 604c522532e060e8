"""Signalling: prosody and jicofo of each shard."""

from components.metrics.names import RECORDED_PEOPLE
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import SHARD_LIMIT
from components.monitoring.watched import Watched


def signalling(watched: Watched) -> Dashboard:
    """One thread of prosody is the limit of a shard."""
    own = f'{{{watched.of_namespace},shard=~"$shard"}}'
    jicofo = f'{{{watched.of_namespace},component="jicofo",shard=~"$shard"}}'
    core = f'{{{watched.of_namespace},component=~"prosody|jicofo",shard=~"$shard"}}'

    def raw(title: str, about: str, expression: str, **more: object) -> Panel:
        return Panel(title=title, about=about, queries=[Query(expression, "{{shard}}")], **more)  # pyright: ignore[reportArgumentType]

    def rate(title: str, about: str, series: str) -> Panel:
        return raw(title, about, f"60 * sum by (shard) (rate({series}{jicofo}[{watched.window}]))")

    return Dashboard(
        uid="jitsi-signalling",
        title="Jitsi: signalling",
        about="Prosody and jicofo of each shard",
        version=2,
        by_shard=True,
        rows=[
            (
                "Prosody",
                [
                    Panel(
                        title="Connections, people in rooms, and the size it was made for",
                        about="Connections far above people: many wait, reconnect, or are robots.",
                        queries=[
                            Query(f"sum by (shard) (prosody_mod_c2s__connections{own})", "{{shard}} connections"),
                            Query(
                                f"sum by (shard) (prosody_mod_bosh__active_sessions{own})", "{{shard}} BOSH sessions"
                            ),
                            Query(f"{RECORDED_PEOPLE}{own}", "{{shard}} people"),
                            Query(f"{SHARD_LIMIT}{own}", "{{shard}} made for"),
                        ],
                        width=24,
                    ),
                    raw(
                        "Rooms in prosody",
                        "Of all its MUC components: lobbies, breakout rooms and the bridges' own.",
                        f"sum by (shard) (prosody_mod_muc__live_room{own})",
                    ),
                    raw(
                        "Time to collect figures",
                        "Seconds at each collection; it grows when the one thread is busy.",
                        f"sum by (shard) (rate(prosody_stats_collection_seconds_sum{own}[{watched.window}])) / sum by (shard) (rate(prosody_stats_collection_seconds_count{own}[{watched.window}]))",
                        unit="s",
                    ),
                    raw(
                        "Interrupted streams that expired",
                        "Connections per minute that were lost and not resumed.",
                        f"60 * sum by (shard) (rate(prosody_mod_smacks__sessions_expired_total{own}[{watched.window}]))",
                    ),
                    Panel(
                        title="Answers the scrape",
                        about="prosody and jicofo of each shard; 0 is silence.",
                        queries=[Query(f"max by (shard, component) (up{core})", "{{shard}} {{component}}")],
                        kind="state-timeline",
                    ),
                ],
            ),
            (
                "Jicofo",
                [
                    raw(
                        "Bridges it knows",
                        "In the shard's brewery.",
                        f"max by (shard) (jitsi_jicofo_bridge_selector_bridge_count{jicofo})",
                    ),
                    raw(
                        "Bridges that work",
                        "Passed their last health check.",
                        f"max by (shard) (jitsi_jicofo_bridge_selector_bridge_count_operational{jicofo})",
                        limits=(1,),
                        least=True,
                    ),
                    raw(
                        "Versions of bridges",
                        "More than one only while a rollout lasts.",
                        f"max by (shard) (jitsi_jicofo_bridge_selector_bridge_version_count{jicofo})",
                        limits=(2,),
                    ),
                    rate("Joins", "Participants per minute.", "jitsi_jicofo_participants_total"),
                    rate("Conferences created", "Per minute.", "jitsi_jicofo_conferences_created_total"),
                    rate(
                        "ICE failures",
                        "Participants per minute who could not reach their bridge.",
                        "jitsi_jicofo_participants_ice_failed_total",
                    ),
                    rate(
                        "Restarts asked for",
                        "Participants per minute whose session had to be set up again.",
                        "jitsi_jicofo_participants_restart_requested_total",
                    ),
                ],
            ),
        ],
    )
