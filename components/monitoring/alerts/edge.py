"""Alerts about the way in: HAProxy, its peers, its view of the shards."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert
from components.monitoring.watched import Watched

APART = 0.1  # share by which the tables of open rooms may differ while entries travel and expire
APART_ROOMS = 20
FULL = 0.8  # of the table of rooms
FAILING = 0.05  # of signalling requests
SPLIT_FOR = "7m"
"""Longer than a room looks split whose shard went and came back (components/edge/room_routing.py: SEATED and SPLIT_KEPT)."""


def edge_alerts(watched: Watched) -> Iterator[Alert]:
    """In the order in which they matter."""
    own = watched.of_namespace
    peers = f"kubectl -n {watched.namespace} get pod -l app.kubernetes.io/name=haproxy -o wide"
    yield Alert(
        name="EdgeDown",
        severity="critical",
        expression=f'absent(up{{{own},component="haproxy"}} == 1)',
        lasts="1m",
        summary="No HAProxy answers",
        meaning="The service is gone for everybody who is not in a meeting yet, and for those whose connection drops.",
        action=peers,
    )
    yield Alert(
        name="ShardUnreachable",
        severity="critical",
        expression=f'max by (namespace, server) (haproxy_server_status{{{own},proxy="signalling",state="UP"}}) == 0',
        lasts="2m",
        summary="No HAProxy reaches shard {{ $labels.server }}",
        meaning="Its rooms are cut; each forms again on another shard if there is one.",
        action=f"kubectl -n {watched.namespace} get pod,svc -l app.kubernetes.io/instance={{{{ $labels.server }}}}",
    )
    used = f'haproxy_sticktable_used{{{own},name="rooms"}}'
    yield Alert(
        name="HaproxiesDisagree",
        severity="warning",
        expression=(
            f"max by (namespace) ({used}) - min by (namespace) ({used}) > {APART} * max by (namespace) ({used}) + {APART_ROOMS} "
            f"or max by (namespace) (haproxy_process_active_peers{{{own}}} - haproxy_process_connected_peers{{{own}}}) > 0"
        ),
        lasts="5m",
        summary="The HAProxies do not tell each other which rooms are open",
        meaning="Two people of one room may be sent to different shards and wait for each other.",
        action=peers,
    )
    yield Alert(
        name="RoomSplit",
        severity="critical",
        expression=f'max by (namespace) (haproxy_sticktable_used{{{own},name="split"}}) > 0',
        lasts=SPLIT_FOR,
        summary="{{ $value }} rooms have people on two shards at once",
        meaning="People of one room wait for each other, each alone or with a part of the others.",
        action=f"kubectl -n {watched.namespace} exec haproxy-0 -c haproxy -- md5sum /etc/haproxy/haproxy.cfg; the same for each HAProxy",
    )
    yield Alert(
        name="SignallingErrors",
        severity="critical",
        expression=(
            f'sum by (namespace) (rate(haproxy_backend_http_responses_total{{{own},proxy="signalling",code="5xx"}}[5m])) '
            f'/ (sum by (namespace) (rate(haproxy_backend_http_responses_total{{{own},proxy="signalling"}}[5m])) > 0.2) > {FAILING}'
        ),
        lasts="5m",
        summary="{{ $value | humanizePercentage }} of signalling requests fail",
        meaning="People cannot join, or are thrown out and come back again and again.",
        action=f"kubectl -n {watched.namespace} logs -l app.kubernetes.io/name=haproxy -c haproxy --tail=200 | grep ' 50[0-9] '",
    )
    yield Alert(
        name="RoomTableNearFull",
        severity="warning",
        expression=f'max by (namespace) ({used} / haproxy_sticktable_size{{{own},name="rooms"}}) > {FULL}',
        lasts="5m",
        summary="The table of open rooms is {{ $value | humanizePercentage }} full",
        meaning="When it is full, rooms without a websocket are forgotten first and may be split over shards.",
        action="Raise ingress.roomTable and run pulumi up; HAProxy takes it over without dropping a connection.",
    )
