"""Bridges and scaling: why is it this size now, and how is every single bridge."""

from components.metrics.names import RECORDED_EXPECTED, RECORDED_GROWTH, RECORDED_PARTICIPANTS, RECORDED_TIMETABLE
from components.monitoring.alerts.bridges import LOST, OVERLOADED
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.questions import (
    ACTIVE,
    ALLOWED,
    BRIDGES_MAX,
    GONE_SOON,
    LEAVING,
    NODES,
    PENDING,
    PEOPLE,
    READY,
    STRESS,
    STRESS_MEAN,
    WANTED,
)
from components.monitoring.watched import Watched

_POD = "{{pod}}"


def bridges(watched: Watched) -> Dashboard:
    """The first row answers by itself: the largest of what the signals ask for is what is wanted."""
    own = f'{{{watched.of_namespace},shard=~"$shard"}}'

    def bridge(title: str, about: str, expression: str, **more: object) -> Panel:
        return Panel(title=title, about=about, queries=[Query(expression, _POD)], **more)  # pyright: ignore[reportArgumentType]

    def raw(title: str, about: str, series: str, **more: object) -> Panel:
        return bridge(title, about, f"max by (shard, pod) (jitsi_jvb_{series}{own})", **more)

    def rate(title: str, about: str, series: str) -> Panel:
        return bridge(title, about, f"60 * sum by (shard, pod) (rate(jitsi_jvb_{series}_total{own}[{watched.window}]))")

    return Dashboard(
        uid="jitsi-bridges",
        title="Jitsi: bridges and scaling",
        about="Why is it this size now, and how is every bridge",
        version=2,
        by_shard=True,
        rows=[
            ("Why is it this size now?", _why(watched, own)),
            (
                "Each bridge",
                [
                    bridge("Participants", "Local endpoints; relayed ones count where they are.", f"{PEOPLE}{own}"),
                    bridge(
                        "Stress",
                        "1 is 90 % of the bridge's CPU limit; jicofo moves people away from 0.9.",
                        f"{STRESS}{own}",
                        unit="percentunit",
                        limits=(0.75, OVERLOADED),
                    ),
                    bridge(
                        "CPU, share of its limit",
                        "What stress is made from.",
                        f"0.9 * {STRESS}{own}",
                        unit="percentunit",
                        most=1,
                    ),
                    raw("Memory: heap in use", "Of the Java heap.", "jvm_heap_used", unit="bytes"),
                    raw("Threads", "Of the Java process.", "thread_count"),
                    bridge("Leaving", "1 while it drains or shuts down.", f"{LEAVING}{own}", kind="state-timeline"),
                ],
            ),
            (
                "Meetings and media",
                [
                    raw("Conferences", "With an endpoint on this bridge.", "conferences"),
                    raw("Biggest conference", "Endpoints, relayed ones included.", "largest_conference"),
                    rate("Created conferences", "Per minute.", "conferences_created"),
                    rate("Completed conferences", "Per minute.", "conferences_completed"),
                    raw("Bitrate, received", "From people, relays not counted.", "incoming_bitrate", unit="bps"),
                    raw("Bitrate, sent", "To people, relays not counted.", "outgoing_bitrate", unit="bps"),
                    raw("Packets received", "Per second.", "incoming_packet_rate", unit="pps"),
                    raw("Packets sent", "Per second.", "outgoing_packet_rate", unit="pps"),
                    raw(
                        "Bitrate between bridges, received",
                        "Of meetings that span several bridges.",
                        "relay_incoming_bitrate",
                        unit="bps",
                    ),
                    raw(
                        "Bitrate between bridges, sent",
                        "Of meetings that span several bridges.",
                        "relay_outgoing_bitrate",
                        unit="bps",
                    ),
                    raw("Senders of video", "Endpoints that send a picture.", "endpoints_sending_video"),
                    raw("Senders of audio", "Endpoints that send sound.", "endpoints_sending_audio"),
                    raw("Conferences over several bridges", "With a relay.", "conferences_with_relay"),
                    Panel(
                        title="Conferences by size",
                        about="How many have at most as many endpoints.",
                        queries=[Query(f"sum by (le) (jitsi_jvb_conferences_by_size_bucket{own})", "≤ {{le}}")],
                    ),
                ],
            ),
            (
                "Quality",
                [
                    raw(
                        "Loss, sent",
                        "Share of RTP packets that people did not get.",
                        "outgoing_loss_fraction",
                        unit="percentunit",
                        limits=(0.02, LOST),
                    ),
                    raw(
                        "Loss, received",
                        "Share of RTP packets that did not arrive.",
                        "incoming_loss_fraction",
                        unit="percentunit",
                        limits=(0.02, LOST),
                    ),
                    raw("Round trip", "Mean over local endpoints.", "average_rtt", unit="ms", limits=(150, 300)),
                    raw(
                        "Endpoints with high loss",
                        "More than a tenth of what they are sent.",
                        "endpoints_with_high_outgoing_loss",
                    ),
                    rate("ICE failures", "Endpoints per minute that could not reach this bridge.", "ice_failed"),
                    rate(
                        "DTLS failures",
                        "Endpoints per minute that reached it and could not agree on keys.",
                        "endpoints_dtls_failed",
                    ),
                    raw(
                        "CPU steal",
                        "Share that the hypervisor gives to others.",
                        "cpu_steal",
                        unit="percentunit",
                        limits=(0.05, 0.15),
                    ),
                    rate("XMPP disconnects", "Per minute.", "xmpp_disconnects"),
                ],
            ),
        ],
    )


def _why(watched: Watched, own: str) -> list[Panel]:
    asks = [
        Query(f"{RECORDED_PARTICIPANTS}{own}", "{{shard}} people on bridges that stay"),
        Query(f"{RECORDED_EXPECTED}{own}", "{{shard}} expected soon"),
    ]
    panels = [
        Panel(
            title="People: now, and expected when a node ordered now is there",
            about="Divided by scaling.participants these are what two of the signals ask for.",
            queries=asks,
            empty_is_fine=not watched.grown,
        ),
        Panel(
            title="Mean stress",
            about="The third signal, divided by scaling.stress.",
            queries=[Query(f"{STRESS_MEAN}{own}", "{{shard}}")],
            unit="percentunit",
        ),
        Panel(
            title="Growth, people per minute",
            about="What is carried on for scaling.lookAhead.",
            queries=[Query(f"60 * {RECORDED_GROWTH}{own}", "{{shard}}")],
            empty_is_fine=not watched.grown,
        ),
    ]
    sizes = [
        Query(f"{READY}{own}", "{{shard}} ready"),
        Query(f"{GONE_SOON}{own}", "{{shard}} leaving"),
        Query(f"{BRIDGES_MAX}{own}", "{{shard}} at most"),
        Query(f"{NODES}{own}", "{{shard}} nodes"),
    ]
    if watched.timed:
        sizes.append(Query(f"{RECORDED_TIMETABLE}{own}", "{{shard}} announced by the timetable"))
    if watched.kube_state and watched.grown:
        sizes += [Query(f"{WANTED}{own}", "{{shard}} wanted"), Query(f"{PENDING}{own}", "{{shard}} without a node")]
        panels.append(
            Panel(
                title="The autoscaler works",
                about="0 while it cannot read its metrics; the size is then frozen.",
                queries=[
                    Query(f"{ACTIVE}{own}", "{{shard}}"),
                    Query(f"{WANTED}{own} < bool on (namespace, shard) {ALLOWED}{own}", "{{shard}} below its maximum"),
                ],
                kind="state-timeline",
            )
        )
    return [
        Panel(
            title="Bridges: wanted, ready, leaving, at most",
            about="Wanted above ready: they boot, or wait for a node. Ready above wanted: they have just been asked to leave.",
            queries=sizes,
            width=24,
            height=10,
        ),
        *panels,
    ]
