"""HAProxy's configuration: what browsers meet (TLS, limits, headers), pages from any shard's web pods, rooms to theirs."""

from components.edge import room_routing, turn_split
from components.edge.places import (
    HTTP_BIND_PORT,
    HTTPS_BIND_PORT,
    PEERS_PORT,
    STATS_PORT,
    Edge,
    EdgeShard,
    Places,
    cluster_places,
)

TUNNEL_TIMEOUT = "1h"  # longest silence of a websocket; clients ping every 10 s
DRAINED_AFTER = "4h"  # a replaced process keeps its websockets this long
OLD_PROCESSES = 8  # each costs the memory of its connections; the oldest goes when a ninth would stay


LOG_FORMAT = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq %HM %HP"
"""Upstream's httplog without the query string, which carries room names and tokens."""

JSON_FORMAT = (
    r'{"client":"%ci","port":%cp,"began":"%tr","frontend":"%ft","backend":"%b","server":"%s","ms":{"request":%TR,"queue":%Tw,'
    r'"connect":%Tc,"response":%Tr,"total":%Ta},"status":%ST,"bytes":%B,"end":"%ts","connections":{"process":%ac,'
    r'"frontend":%fc,"backend":%bc,"server":%sc},"retries":%rc,"waiting":{"server":%sq,"backend":%bq},"method":"%HM",'
    r'"path":"%[var(txn.path)]"}'
)
"""The same, as JSON. Only the path is a client's own text; `_KEPT_PATH` keeps it, with its quotes escaped."""
_KEPT_PATH = "    http-request set-var(txn.path) path,json(utf8s)"

_SIGNALLING = "path_reg ^(/[^/]+)?/(http-bind|xmpp-websocket)/?$"


SETTLE_MS = 8000  # HAProxy asks a peer for all it knows when the process that it replaces has told it nothing for 5 s
ALONE_SETTLE_MS = 1500


def _global(edge: Edge, places: Places) -> list[str]:
    return [
        "global",
        "    log stdout format raw local0 info",
        f"    stats socket {places.run}/admin.sock mode 600 level admin expose-fd listeners",
        "    stats timeout 30s",
        f"    setenv SETTLE_MS {SETTLE_MS if edge.replicas > 1 else ALONE_SETTLE_MS}",
        f"    lua-load {places.etc}/settle.lua",
        # Beside a TURN relay every TLS connection counts twice, before and after it is told what it is for.
        f"    maxconn {2 * edge.connections if edge.turn_host else edge.connections}",
        "    no strict-limits",  # a node with fewer file descriptors serves fewer connections, rather than none
        "    spread-checks 5",
        "    tune.ssl.default-dh-param 2048",
        "    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
        "    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
        "    ssl-load-extra-del-ext",
        f"    hard-stop-after {DRAINED_AFTER}",
        f"    mworker-max-reloads {OLD_PROCESSES}",
    ]


def _defaults(edge: Edge) -> list[str]:
    return [
        "defaults",
        "    mode http",
        "    log global",
        f"    log-format '{JSON_FORMAT}'" if edge.json_logs else f'    log-format "{LOG_FORMAT}"',
        "    option dontlognull",
        "    option redispatch",
        "    retries 2",
        "    timeout connect 5s",
        "    timeout client 90s",
        "    timeout client-fin 30s",
        "    timeout server 90s",  # BOSH holds a request for 60 s
        "    timeout http-request 10s",
        "    timeout http-keep-alive 60s",
        "    timeout queue 10s",
        f"    timeout tunnel {TUNNEL_TIMEOUT}",
        "    default-server inter 5s fall 3 rise 2 resolvers cluster init-addr last,libc,none",
    ]


def _resolvers() -> list[str]:
    return [
        "resolvers cluster",
        "    parse-resolv-conf",
        "    accepted_payload_size 8192",
        "    hold valid 10s",
        "    resolve_retries 3",
        "    timeout resolve 1s",
        "    timeout retry 1s",
    ]


def _peers(places: Places) -> list[str]:
    """Peers are resolved once, at start, so each has a Service of its own, whose address outlives the pod.

    HAProxy takes no address for the peer that it is itself; every pod reads the same file, hence the condition.
    """
    lines = ["peers haproxies", f"    bind {places.bind}:{PEERS_PORT}"]
    for name, address in places.peers.items():
        lines += [
            f'.if streq("$POD_NAME",{name})',
            f"    server {name}",
            ".else",
            f"    server {name} {address}",
            ".endif",
        ]
    return lines


def _addresses() -> list[str]:
    """Who asks, and how often: IPv4 by address, IPv6 by the /64 that a household or school has."""
    return ["backend addresses", "    stick-table type ipv6 size 100k expire 1m store conn_cur,http_req_rate(10s)"]


def _certificates(places: Places) -> str:
    return f"crt {places.tls}/issued/ crt {places.tls}/fallback/"


def _frontend(edge: Edge, places: Places) -> list[str]:
    proxied = " accept-proxy" if edge.proxy_protocol else ""
    https = f"{places.bind}:{HTTPS_BIND_PORT}{proxied}"
    if edge.turn_host:
        https = f"{turn_split.inner(places, turn_split.HTTPS)} accept-proxy"
    lines = [
        "frontend public",
        f"    bind {places.bind}:{HTTP_BIND_PORT}{proxied}",
        f"    bind {https} ssl {_certificates(places)} alpn h2,http/1.1",
        f"    acl signalling {_SIGNALLING}",
    ]
    if edge.acme:
        lines += ["    acl acme path_beg /.well-known/acme-challenge/"]
    lines += [
        "    option clitcpka",
        "    # A whole school may stand behind one address.",
        "    tcp-request session track-sc0 src,ipmask(32,64) table addresses",
        f"    tcp-request session reject if {{ sc_conn_cur(0,addresses) gt {edge.connections_per_address} }}",
        *([_KEPT_PATH] if edge.json_logs else []),
        f"    http-request deny deny_status 429 if {{ sc_http_req_rate(0,addresses) gt {edge.requests_per_address} }}",
        "    http-request redirect scheme https code 301 unless { ssl_fc }" + (" or acme" if edge.acme else ""),
        "    # Only what HAProxy itself saw: prosody and nginx believe these headers.",
        "    http-request del-header Forwarded",
        "    http-request set-header X-Forwarded-For %[src]",
        "    http-request set-header X-Real-IP %[src]",
        "    http-request set-header X-Forwarded-Proto https if { ssl_fc }",
        '    http-after-response set-header Strict-Transport-Security "max-age=31536000" if { ssl_fc }',
        "    http-after-response set-header X-Content-Type-Options nosniff",
        "    http-after-response set-header Referrer-Policy strict-origin-when-cross-origin",
        "    http-after-response del-header Server",
    ]
    if edge.maintenance:
        beside = "signalling or acme" if edge.acme else "signalling"
        lines += [f"    http-request return status 503 {_page(places)} hdr Retry-After 120 unless {beside}"]
    if edge.acme:
        lines += [
            f"    use_backend acme-{host} if acme !{{ ssl_fc }} {{ req.hdr(host),field(1,:) -i {host} }}"
            for host in places.acme_solvers
        ]
    return [*lines, "    use_backend signalling if signalling", "    default_backend web"]


def _page(places: Places) -> str:
    return f'content-type "text/html; charset=utf-8" file {places.etc}/maintenance.html'


def _web(edge: Edge, places: Places) -> list[str]:
    """Pages and files, from the active shards while any of their web pods answers.

    Pages and the files that they load belong to one release: while active shards run several, an address keeps to one.
    """
    releases = {shard.release for shard in edge.shards if shard.state == "active"}
    balance = ["balance source", "hash-type consistent sdbm avalanche"] if len(releases) > 1 else ["balance leastconn"]
    return [
        "backend web",
        *(f"    {line}" for line in balance),
        "    option allbackups",
        "    compression algo gzip",
        "    compression type text/html text/css application/javascript text/javascript application/json image/svg+xml",
        f"    http-error status 503 {_page(places)}",
        "    option httpchk",
        f"    http-check send meth GET uri / hdr Host {edge.domain}",
        "    http-check expect status 200",
        "    default-server check fastinter 1s downinter 2s",
        *(
            f"    server {shard.name} {places.web[shard.name]} id {shard.number}"
            + ("" if shard.state == "active" else " backup")
            for shard in edge.by_slot
        ),
    ]


def _acme(places: Places) -> list[list[str]]:
    return [[f"backend acme-{host}", f"    server solver {solver}"] for host, solver in places.acme_solvers.items()]


def _stats(places: Places) -> list[str]:
    return [
        "frontend stats",
        f"    bind {places.bind}:{STATS_PORT}",
        "    option dontlog-normal",
        "    monitor-uri /healthz",
        "    http-request return status 200 if { path /settled } { lua.settled -m bool }",
        "    http-request use-service prometheus-exporter if { path /metrics }",
        "    http-request return status 404",
    ]


def render(edge: Edge, places: Places | None = None) -> str:
    """The text of haproxy.cfg; every section once, in a fixed order. Addresses are the cluster's unless `places` says others."""
    places = places or cluster_places(edge)
    sections = [
        _global(edge, places),
        _defaults(edge),
        _resolvers(),
        _peers(places),
        *room_routing.tables(edge),
        _addresses(),
        _frontend(edge, places),
        room_routing.signalling(edge, places),
        room_routing.focus(edge, places),
        room_routing.pulse(edge, places),
        room_routing.knowledge(edge, places),
        _web(edge, places),
    ]
    if edge.acme:
        sections += _acme(places)
    sections += turn_split.sections(edge, places, _certificates(places))
    sections.append(_stats(places))
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


__all__ = ["Edge", "EdgeShard", "Places", "render"]
