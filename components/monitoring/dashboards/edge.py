"""The edge: requests, responses, shards as HAProxy sees them, tables."""

from typing import Any

from components.monitoring.alerts.edge import FULL
from components.monitoring.dashboards.panels import Dashboard, Panel, Query, template
from components.monitoring.facts import MonitoringFacts


@template()
def edge(facts: MonitoringFacts) -> Dashboard:
    """Return the dashboard, with one line per HAProxy where they may differ."""
    own = facts.namespace_matcher
    over = f"[{facts.window}]"

    def raw(title: str, description: str, expression: str, legend: str, **options: Any) -> Panel:
        return Panel(title=title, description=description, queries=[Query(expression, legend)], **options)

    return Dashboard(
        uid="jitsi-edge",
        title="Jitsi: edge",
        description="HAProxy: requests, responses, shards, tables",
        version=2,
        rows=[
            (
                "Browsers",
                [
                    raw(
                        "Connections",
                        "Open connections per HAProxy. A websocket stays open for the whole meeting.",
                        f'haproxy_frontend_current_sessions{{{own},proxy="public"}}',
                        "{{pod}}",
                    ),
                    raw(
                        "Requests",
                        "Per second.",
                        f'sum by (pod) (rate(haproxy_frontend_http_requests_total{{{own},proxy="public"}}{over}))',
                        "{{pod}}",
                        unit="reqps",
                    ),
                    raw(
                        "Responses by class",
                        "Per second. 4xx includes 429: an address exceeded its request limit.",
                        f'sum by (code) (rate(haproxy_frontend_http_responses_total{{{own},proxy="public"}}{over}))',
                        "{{code}}",
                        unit="reqps",
                        stacked=True,
                    ),
                    raw(
                        "Refused",
                        "Requests per second refused by the per-address limits.",
                        f'sum by (pod) (rate(haproxy_frontend_requests_denied_total{{{own},proxy="public"}}{over}))',
                        "{{pod}}",
                        unit="reqps",
                    ),
                    raw(
                        "Traffic out",
                        "Pages and signalling. Media does not pass through HAProxy.",
                        f'8 * sum by (pod) (rate(haproxy_frontend_bytes_out_total{{{own},proxy="public"}}{over}))',
                        "{{pod}}",
                        unit="bps",
                    ),
                    raw("TLS handshakes", "Per second.", f"haproxy_process_current_ssl_rate{{{own}}}", "{{pod}}"),
                ],
            ),
            (
                "Shards, as HAProxy sees them",
                [
                    raw(
                        "Prosody reachable",
                        "1: this HAProxy routes rooms to the shard.",
                        f'haproxy_server_status{{{own},proxy="signalling",state="UP"}}',
                        "{{server}} by {{pod}}",
                        kind="state-timeline",
                    ),
                    raw(
                        "Jicofo with bridges",
                        "1: the shard accepts new rooms.",
                        f'haproxy_server_status{{{own},proxy="focus",state="UP"}}',
                        "{{server}} by {{pod}}",
                        kind="state-timeline",
                    ),
                    raw(
                        "Signalling sessions",
                        "BOSH requests and websockets per shard.",
                        f'sum by (server) (haproxy_server_current_sessions{{{own},proxy="signalling"}})',
                        "{{server}}",
                        stacked=True,
                    ),
                    raw(
                        "Failed signalling requests",
                        "5xx responses per second and shard.",
                        f'sum by (server) (rate(haproxy_server_http_responses_total{{{own},proxy="signalling",code="5xx"}}{over}))',
                        "{{server}}",
                        unit="reqps",
                    ),
                    raw(
                        "Response time",
                        "Mean of the last 1024 requests.",
                        f'max by (server) (haproxy_server_response_time_average_seconds{{{own},proxy=~"signalling|web"}})',
                        "{{server}}",
                        unit="s",
                    ),
                    raw(
                        "Pages",
                        "Requests per second to the web pods of each shard.",
                        f'sum by (server) (rate(haproxy_server_sessions_total{{{own},proxy="web"}}{over}))',
                        "{{server}}",
                        unit="reqps",
                    ),
                ],
            ),
            (
                "HAProxy itself",
                [
                    raw(
                        "Open rooms known",
                        "All HAProxies should report the same number.",
                        f'haproxy_sticktable_used{{{own},name="rooms"}}',
                        "{{pod}}",
                    ),
                    raw(
                        "Room table",
                        "Share of entries in use.",
                        f'haproxy_sticktable_used{{{own},name="rooms"}} / haproxy_sticktable_size{{{own},name="rooms"}}',
                        "{{pod}}",
                        unit="percentunit",
                        thresholds=(0.5, FULL),
                        axis_max=1,
                    ),
                    Panel(
                        title="Peers",
                        description="Connected peers should equal known peers.",
                        queries=[
                            Query(f"haproxy_process_connected_peers{{{own}}}", "{{pod}} connected"),
                            Query(f"haproxy_process_active_peers{{{own}}}", "{{pod}} known"),
                        ],
                    ),
                    raw(
                        "Idle",
                        "Share of time. Near 0, HAProxy is the bottleneck.",
                        f"haproxy_process_idle_time_percent{{{own}}}",
                        "{{pod}}",
                        unit="percent",
                    ),
                    raw(
                        "Time since the last reload",
                        "Seconds.",
                        f"haproxy_process_uptime_seconds{{{own}}}",
                        "{{pod}}",
                        unit="s",
                    ),
                    raw(
                        "Failed name resolutions",
                        "Since HAProxy started.",
                        f"haproxy_process_failed_resolutions{{{own}}}",
                        "{{pod}}",
                    ),
                ],
            ),
        ],
    )
