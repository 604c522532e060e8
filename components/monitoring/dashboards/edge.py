"""The edge: requests, answers, shards as HAProxy sees them, tables."""

from components.monitoring.alerts.edge import FULL
from components.monitoring.dashboards.panels import Dashboard, Panel, Query
from components.monitoring.watched import Watched


def edge(watched: Watched) -> Dashboard:
    """Each HAProxy is a line of its own where they may differ."""
    own = watched.of_namespace
    over = f"[{watched.window}]"

    def raw(title: str, about: str, expression: str, legend: str, **more: object) -> Panel:
        return Panel(title=title, about=about, queries=[Query(expression, legend)], **more)  # pyright: ignore[reportArgumentType]

    return Dashboard(
        uid="jitsi-edge",
        title="Jitsi: edge",
        about="HAProxy: requests, answers, shards, tables",
        version=2,
        rows=[
            (
                "Browsers",
                [
                    raw(
                        "Connections",
                        "Open now, by HAProxy; a websocket is one for as long as a meeting lasts.",
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
                        "Answers by class",
                        "Per second. 4xx with 429: an address asked too often.",
                        f'sum by (code) (rate(haproxy_frontend_http_responses_total{{{own},proxy="public"}}{over}))',
                        "{{code}}",
                        unit="reqps",
                        stacked=True,
                    ),
                    raw(
                        "Refused",
                        "Per second, by the limits for each address.",
                        f'sum by (pod) (rate(haproxy_frontend_requests_denied_total{{{own},proxy="public"}}{over}))',
                        "{{pod}}",
                        unit="reqps",
                    ),
                    raw(
                        "Traffic out",
                        "Pages and signalling; media never comes this way.",
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
                        "1: this HAProxy sends rooms there.",
                        f'haproxy_server_status{{{own},proxy="signalling",state="UP"}}',
                        "{{server}} by {{pod}}",
                        kind="state-timeline",
                    ),
                    raw(
                        "Jicofo with bridges",
                        "1: the shard takes new rooms.",
                        f'haproxy_server_status{{{own},proxy="focus",state="UP"}}',
                        "{{server}} by {{pod}}",
                        kind="state-timeline",
                    ),
                    raw(
                        "Signalling sessions",
                        "BOSH requests and websockets, by shard.",
                        f'sum by (server) (haproxy_server_current_sessions{{{own},proxy="signalling"}})',
                        "{{server}}",
                        stacked=True,
                    ),
                    raw(
                        "Failed signalling requests",
                        "Per second: 5xx, by shard.",
                        f'sum by (server) (rate(haproxy_server_http_responses_total{{{own},proxy="signalling",code="5xx"}}{over}))',
                        "{{server}}",
                        unit="reqps",
                    ),
                    raw(
                        "Time to answer",
                        "Mean of the last 1024 requests.",
                        f'max by (server) (haproxy_server_response_time_average_seconds{{{own},proxy=~"signalling|web"}})',
                        "{{server}}",
                        unit="s",
                    ),
                    raw(
                        "Pages",
                        "Web pods per shard that answer: requests per second.",
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
                        "Open rooms it knows",
                        "The lines should lie on each other.",
                        f'haproxy_sticktable_used{{{own},name="rooms"}}',
                        "{{pod}}",
                    ),
                    raw(
                        "Table of rooms",
                        "Share in use.",
                        f'haproxy_sticktable_used{{{own},name="rooms"}} / haproxy_sticktable_size{{{own},name="rooms"}}',
                        "{{pod}}",
                        unit="percentunit",
                        limits=(0.5, FULL),
                        most=1,
                    ),
                    Panel(
                        title="Peers",
                        about="Connected should equal known.",
                        queries=[
                            Query(f"haproxy_process_connected_peers{{{own}}}", "{{pod}} connected"),
                            Query(f"haproxy_process_active_peers{{{own}}}", "{{pod}} known"),
                        ],
                    ),
                    raw(
                        "Idle",
                        "Share of time; near 0 HAProxy is the bottleneck.",
                        f"haproxy_process_idle_time_percent{{{own}}}",
                        "{{pod}}",
                        unit="percent",
                    ),
                    raw(
                        "Running since its last reload",
                        "Seconds.",
                        f"haproxy_process_uptime_seconds{{{own}}}",
                        "{{pod}}",
                        unit="s",
                    ),
                    raw(
                        "Failed name resolutions",
                        "Since the start.",
                        f"haproxy_process_failed_resolutions{{{own}}}",
                        "{{pod}}",
                    ),
                ],
            ),
        ],
    )
