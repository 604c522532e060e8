"""The shards beside each other: how full, how many rooms, what drains, what is near its end."""

from components.metrics.names import RECORDED_PEOPLE, RECORDED_ROOMS
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import GONE_SOON, HEADROOM, JOINS, LEFT_BEHIND, READY, SHARD_LIMIT, STRESS_MAX
from components.monitoring.watched import Watched


def shards(watched: Watched) -> Dashboard:
    """Also where a draining shard is seen to become empty."""
    own = f'{{{watched.of_namespace},shard=~"$shard"}}'
    jicofo = f'{{{watched.of_namespace},component="jicofo",shard=~"$shard"}}'

    def each(title: str, about: str, series: str, **more: object) -> Panel:
        return Panel(title=title, about=about, queries=[Query(f"{series}{own}", "{{shard}}")], **more)  # pyright: ignore[reportArgumentType]

    return Dashboard(
        uid="jitsi-shards",
        title="Jitsi: shards",
        about="How full each shard is, and when it is empty",
        version=1,
        by_shard=True,
        rows=[
            (
                "Load",
                [
                    each("Participants", "Everybody whom jicofo knows, on leaving bridges too.", RECORDED_PEOPLE),
                    each("Conferences", "Open rooms. A draining shard is empty when this is 0.", RECORDED_ROOMS),
                    Panel(
                        title="Share of what prosody carries",
                        about="Above 90 % an alert asks for the next shard.",
                        queries=[
                            Query(f"{RECORDED_PEOPLE}{own} / on (namespace, shard) {SHARD_LIMIT}{own}", "{{shard}}")
                        ],
                        unit="percentunit",
                        limits=(0.75, 0.9),
                        most=1,
                    ),
                    each("Joins per minute", "Over two minutes, by jicofo.", JOINS),
                    Panel(
                        title="Biggest conference",
                        about="Participants of the largest room.",
                        queries=[Query(f"max by (shard) (jitsi_jicofo_largest_conference{jicofo})", "{{shard}}")],
                    ),
                    each("Bridges ready", "Joined, and not leaving.", READY),
                ],
            ),
            (
                "Room left",
                [
                    each(
                        "Headroom in participants",
                        "What the ready bridges carry well, less who is on them.",
                        HEADROOM,
                        limits=(0, 50),
                        least=True,
                    ),
                    each(
                        "Highest stress",
                        "Of the bridges that do not leave.",
                        STRESS_MAX,
                        unit="percentunit",
                        limits=(0.75, 0.9),
                    ),
                ],
            ),
            (
                "Leaving",
                [
                    each("Bridges that leave", "They take nobody new.", GONE_SOON),
                    each("People on bridges that leave", "They finish, or are moved after migrateAfter.", LEFT_BEHIND),
                    Panel(
                        title="Participants moved",
                        about="By jicofo, away from bridges that left or failed, per minute.",
                        queries=[
                            Query(
                                f"60 * sum by (shard) (rate(jitsi_jicofo_participants_moved_total{jicofo}[{watched.window}]))",
                                "{{shard}}",
                            )
                        ],
                    ),
                    Panel(
                        title="Bridges lost",
                        about="That went without a farewell, in the last hour.",
                        queries=[
                            Query(
                                f"sum by (shard) (increase(jitsi_jicofo_bridge_selector_lost_bridges_total{jicofo}[1h]))",
                                "{{shard}}",
                            )
                        ],
                        limits=(1, 2),
                    ),
                ],
            ),
        ],
    )
