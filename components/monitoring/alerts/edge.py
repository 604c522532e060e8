"""Alerts about the edge: HAProxy, its peers, its view of the shards."""

from collections.abc import Iterator

from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts

APART = 0.1  # share by which the room tables may differ while entries replicate and expire
APART_ROOMS = 20
FULL = 0.8  # of the table of rooms
FAILING = 0.05  # of signalling requests
SPLIT_FOR = "7m"
"""Longer than a room appears split after its shard failed and returned (components/ingress/room_routing.py: SEATED and SPLIT_KEPT)."""


@alert_group("edge")
def edge_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """In the order in which they matter."""
    own = facts.namespace_matcher
    shards = "|".join(shard.name for shard in facts.shards)
    peers = f"kubectl -n {facts.namespace} get pod -l app.kubernetes.io/name=haproxy -o wide"
    yield Alert(
        name="EdgeDown",
        severity="critical",
        expression=f'absent(up{{{own},component="haproxy"}} == 1)',
        duration="1m",
        summary="No HAProxy answers scrapes",
        description="Nobody can open a page or join, and participants whose connection drops cannot return.",
        action=peers,
    )
    yield Alert(
        name="ShardUnreachable",
        severity="critical",
        # HAProxy knows a shard that a new release has replaced until the next update.
        expression=f'max by (namespace, server) (haproxy_server_status{{{own},proxy="signalling",state="UP",server=~"{shards}"}}) == 0',
        duration="2m",
        summary="No HAProxy can reach shard {{ $labels.server }}",
        description="Participants in its rooms are disconnected. Each room opens again on another shard, if there is one.",
        action=f"kubectl -n {facts.namespace} get pod,svc -l app.kubernetes.io/instance={{{{ $labels.server }}}}",
    )
    used = f'haproxy_sticktable_used{{{own},name="rooms"}}'
    if facts.haproxies > 1:
        yield Alert(
            name="HaproxiesDisagree",
            severity="warning",
            expression=(
                f"max by (namespace) ({used}) - min by (namespace) ({used}) > {APART} * max by (namespace) ({used}) + {APART_ROOMS} "
                f"or max by (namespace) (haproxy_process_active_peers{{{own}}} - haproxy_process_connected_peers{{{own}}}) > 0"
            ),
            duration="5m",
            summary="The HAProxies do not agree on which rooms are open",
            description="Two participants of the same room may land on different shards and not find each other.",
            action=peers,
        )
    if len(facts.shards) > 1:  # HAProxy has the table of split rooms only then
        yield Alert(
            name="RoomSplit",
            severity="critical",
            expression=f'max by (namespace) (haproxy_sticktable_used{{{own},name="split"}}) > 0',
            duration=SPLIT_FOR,
            summary="{{ $value }} rooms have participants on two shards at once",
            description="Participants wait alone in a room that others have joined, or meet only some of them.",
            action=f"kubectl -n {facts.namespace} exec haproxy-0 -c haproxy -- md5sum /etc/haproxy/haproxy.cfg; compare with the other HAProxies",
        )
    yield Alert(
        name="SignallingErrors",
        severity="critical",
        expression=(
            f'sum by (namespace) (rate(haproxy_backend_http_responses_total{{{own},proxy="signalling",code="5xx"}}[{facts.over(300)}])) '
            f'/ (sum by (namespace) (rate(haproxy_backend_http_responses_total{{{own},proxy="signalling"}}[{facts.over(300)}])) > 0.2) > {FAILING}'
        ),
        duration="5m",
        summary="{{ $value | humanizePercentage }} of signalling requests fail",
        description="Users cannot join, or are disconnected and reconnect repeatedly.",
        action=f"kubectl -n {facts.namespace} logs -l app.kubernetes.io/name=haproxy -c haproxy --tail=200 | grep ' 50[0-9] '",
    )
    yield Alert(
        name="RoomTableNearFull",
        severity="warning",
        expression=f'max by (namespace) ({used} / haproxy_sticktable_size{{{own},name="rooms"}}) > {FULL}',
        duration="5m",
        summary="The table of open rooms is {{ $value | humanizePercentage }} full",
        description="Once it is full, HAProxy evicts rooms without a websocket first. Such a room may then be split across shards.",
        action="Raise ingress.roomTable and run pulumi up. HAProxy reloads without dropping a connection.",
    )
