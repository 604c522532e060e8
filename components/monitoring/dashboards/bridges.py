"""Bridges and scaling: the reason for the current size, and every bridge."""

from typing import Any

from components.metrics.names import RECORDED_EXPECTED, RECORDED_GROWTH, RECORDED_PARTICIPANTS, RECORDED_TIMETABLE
from components.monitoring.alerts.bridges import LOST, OVERLOADED
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import (
    ACTIVE,
    ALLOWED,
    BRIDGES_MAX,
    GONE_SOON,
    LEAVING,
    NODES,
    PENDING,
    PEOPLE,
    READY,
    STARTED,
    STRESS,
    STRESS_MEAN,
    WANTED,
)

_POD = "{{pod}}"


@template()
def bridges(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard. Its first row shows each autoscaler signal; the largest sets the size."""
    own = f'{{{facts.namespace_matcher},shard=~"$shard"}}'

    def bridge(title: str, description: str, expression: str, **options: Any) -> Panel:
        return Panel(title=title, description=description, queries=[Query(expression, _POD)], **options)

    def raw(title: str, description: str, series: str, **options: Any) -> Panel:
        return bridge(title, description, f"max by (shard, pod) (jitsi_jvb_{series}{own})", **options)

    def rate(title: str, description: str, series: str) -> Panel:
        return bridge(
            title, description, f"60 * sum by (shard, pod) (rate(jitsi_jvb_{series}_total{own}[{facts.window}]))"
        )

    return Dashboard(
        uid="jitsi-bridges",
        title="Jitsi: bridges and scaling",
        description="The reason for the current size; load, media and quality of every bridge",
        version=2,
        by_shard=True,
        rows=[
            ("Current size", _why(facts, own)),
            (
                "Each bridge",
                [
                    bridge(
                        "Participants",
                        "Local endpoints. Relayed endpoints count on their own bridge.",
                        f"{PEOPLE}{own}",
                    ),
                    bridge(
                        "Stress",
                        "1 is 90 % of the bridge's CPU limit; jicofo moves people away from 0.9.",
                        f"{STRESS}{own}",
                        unit="percentunit",
                        thresholds=(0.75, OVERLOADED),
                    ),
                    bridge(
                        "CPU, share of its limit",
                        "Stress is derived from this value.",
                        f"0.9 * {STRESS}{own}",
                        unit="percentunit",
                        axis_max=1,
                    ),
                    raw("Memory: heap in use", "Java heap.", "jvm_heap_used", unit="bytes"),
                    raw("Threads", "Java threads.", "thread_count"),
                    bridge(
                        "Leaving", "1 while the bridge drains or shuts down.", f"{LEAVING}{own}", kind="state-timeline"
                    ),
                ],
            ),
            (
                "Meetings and media",
                [
                    raw("Conferences", "Conferences with an endpoint on this bridge.", "conferences"),
                    raw(
                        "Biggest conference",
                        "Endpoints of the largest conference, relayed ones included.",
                        "largest_conference",
                    ),
                    rate("Created conferences", "Per minute.", "conferences_created"),
                    rate("Completed conferences", "Per minute.", "conferences_completed"),
                    raw("Bitrate, received", "From participants, without octo relays.", "incoming_bitrate", unit="bps"),
                    raw("Bitrate, sent", "To participants, without octo relays.", "outgoing_bitrate", unit="bps"),
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
                    raw("Senders of video", "Endpoints that send video.", "endpoints_sending_video"),
                    raw("Senders of audio", "Endpoints that send audio.", "endpoints_sending_audio"),
                    raw(
                        "Conferences over several bridges", "Conferences with an octo relay.", "conferences_with_relay"
                    ),
                    Panel(
                        title="Conferences by size",
                        description="Conferences with at most this many endpoints (cumulative).",
                        queries=[Query(f"sum by (le) (jitsi_jvb_conferences_by_size_bucket{own})", "≤ {{le}}")],
                    ),
                ],
            ),
            (
                "Quality",
                [
                    raw(
                        "Loss, sent",
                        "Share of RTP packets that participants did not receive.",
                        "outgoing_loss_fraction",
                        unit="percentunit",
                        thresholds=(0.02, LOST),
                    ),
                    raw(
                        "Loss, received",
                        "Share of RTP packets that did not reach the bridge.",
                        "incoming_loss_fraction",
                        unit="percentunit",
                        thresholds=(0.02, LOST),
                    ),
                    raw("Round trip", "Mean of the local endpoints.", "average_rtt", unit="ms", thresholds=(150, 300)),
                    raw(
                        "Endpoints with high loss",
                        "Endpoints that lose more than 10 % of the packets sent to them.",
                        "endpoints_with_high_outgoing_loss",
                    ),
                    rate("ICE failures", "Endpoints per minute that cannot reach this bridge.", "ice_failed"),
                    rate(
                        "DTLS failures",
                        "Endpoints per minute that reach it but fail to negotiate keys.",
                        "endpoints_dtls_failed",
                    ),
                    raw(
                        "CPU steal",
                        "Share of CPU that the hypervisor gives to other customers.",
                        "cpu_steal",
                        unit="percentunit",
                        thresholds=(0.05, 0.15),
                    ),
                    rate("XMPP disconnects", "Per minute.", "xmpp_disconnects"),
                ],
            ),
        ],
    )


def _why(facts: MonitoringFacts, own: str) -> list[Panel]:
    asks = [
        Query(f"{RECORDED_PARTICIPANTS}{own}", "{{shard}} participants (without draining bridges)"),
        Query(f"{RECORDED_EXPECTED}{own}", "{{shard}} expected soon"),
    ]
    panels = [
        Panel(
            title="Participants: now, and expected after scaling.lookAhead",
            description="Divided by scaling.participants, these are two of the autoscaler's signals.",
            queries=asks,
            may_be_empty=not facts.autoscaled,
        ),
        Panel(
            title="Mean stress",
            description="Divided by scaling.stress, this is the third signal.",
            queries=[Query(f"{STRESS_MEAN}{own}", "{{shard}}")],
            unit="percentunit",
        ),
        Panel(
            title="Growth, participants per minute",
            description="Extrapolated over scaling.lookAhead to get the expected participants.",
            queries=[Query(f"60 * {RECORDED_GROWTH}{own}", "{{shard}}")],
            may_be_empty=not facts.autoscaled,
        ),
    ]
    panels = [panel for panel in panels if not panel.may_be_empty]  # demand is recorded for autoscaled shards only
    sizes = [
        Query(f"{READY}{own}", "{{shard}} ready"),
        Query(f"{GONE_SOON}{own}", "{{shard}} leaving"),
        Query(f"{BRIDGES_MAX}{own}", "{{shard}} maximum"),
        Query(f"{NODES}{own}", "{{shard}} nodes"),
    ]
    if facts.scheduled:
        sizes.append(Query(f"{RECORDED_TIMETABLE}{own}", "{{shard}} scheduled"))
    if facts.kube_state and facts.autoscaled:
        sizes += [Query(f"{WANTED}{own}", "{{shard}} desired"), Query(f"{PENDING}{own}", "{{shard}} without a node")]
        panels.append(
            Panel(
                title="Autoscaler active",
                description="0 while the autoscaler cannot read its metrics; the size is then frozen.",
                queries=[
                    Query(f"{ACTIVE}{own}", "{{shard}}"),
                    Query(f"{WANTED}{own} < bool on (namespace, shard) {ALLOWED}{own}", "{{shard}} below its maximum"),
                ],
                kind="state-timeline",
            )
        )
        panels.append(
            Panel(
                title="Time until a new bridge is ready",
                description="The slowest of the last hour's, from the pod's creation: node, image and start. If it is above "
                "bridges.scaling.bootTime, raise that.",
                queries=[Query(f"{STARTED}{own}", "{{shard}}")],
                unit="s",
            )
        )
    return [
        Panel(
            title="Bridges: desired, ready, leaving, maximum",
            description="Desired above ready: bridges are booting or waiting for a node. Ready above desired: a scale-down has just begun.",
            queries=sizes,
            width=24,
            height=10,
        ),
        *panels,
    ]
