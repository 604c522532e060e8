"""HAProxy's configuration: TLS, limits and headers for browsers; pages from any shard's web pods; rooms to their shard."""

from components.ingress import room_routing, turn_split
from components.ingress.edge_settings import (
    HTTP_BIND_PORT,
    HTTPS_BIND_PORT,
    PEERS_PORT,
    STATS_PORT,
    Edge,
    Endpoints,
    cluster_endpoints,
)
from config.balancer import PROBE_ANSWER, PROBE_PATH

TUNNEL_TIMEOUT = "1h"  # idle timeout of a websocket; clients ping every 10 s
DRAINED_AFTER = "4h"  # for the websockets of a replaced process
OLD_PROCESSES = 8  # each holds the memory of its connections; a ninth terminates the oldest


LOG_FORMAT = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq %HM %HP"
"""Upstream's httplog without the query string, which carries room names and tokens."""

JSON_FORMAT = (
    r'{"client":"%ci","port":%cp,"began":"%tr","frontend":"%ft","backend":"%b","server":"%s","ms":{"request":%TR,"queue":%Tw,'
    r'"connect":%Tc,"response":%Tr,"total":%Ta},"status":%ST,"bytes":%B,"end":"%ts","connections":{"process":%ac,'
    r'"frontend":%fc,"backend":%bc,"server":%sc},"retries":%rc,"waiting":{"server":%sq,"backend":%bq},"method":"%HM",'
    r'"path":"%[var(txn.path)]"}'
)
"""The same as JSON. Only the path is client-controlled; `_CAPTURE_PATH` stores it with quotes escaped."""
_CAPTURE_PATH = "    http-request set-var(txn.path) path,json(utf8s)"

_SIGNALLING = "path_reg ^(/[^/]+)?/(http-bind|xmpp-websocket)/?$"


SETTLE_MS = 8000  # HAProxy requests a full sync from a peer 5 s after the replaced process sent its last entry
ALONE_SETTLE_MS = 1500


def _global(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Section `global`. A request with its token fits into the default tune.bufsize, less tune.maxrewrite."""
    return [
        "global",
        "    log stdout format raw local0 info",
        f"    stats socket {endpoints.run}/admin.sock mode 600 level admin expose-fd listeners",
        "    stats timeout 30s",
        f"    setenv SETTLE_MS {SETTLE_MS if edge.replicas > 1 else ALONE_SETTLE_MS}",
        f"    lua-load {endpoints.etc}/settle.lua",
        # With TURN every TLS connection counts twice: on the public port, and on the socket it is passed to.
        f"    maxconn {2 * edge.connections if edge.turn_host else edge.connections}",
        "    no strict-limits",  # with fewer file descriptors, serve fewer connections instead of not starting
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
        "    timeout server 90s",  # BOSH holds a request for 60 s, as clients ask: bosh_max_wait is longer
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


def _peers(endpoints: Endpoints) -> list[str]:
    """Section of the peers. HAProxy resolves peers only at start, so each has a Service whose address outlives the pod.

    HAProxy accepts no address for the local peer. All pods read the same file, hence the condition.
    """
    lines = ["peers haproxies", f"    bind {endpoints.bind}:{PEERS_PORT}"]
    for name, address in endpoints.peers.items():
        lines += [
            f'.if streq("$POD_NAME",{name})',
            f"    server {name}",
            ".else",
            f"    server {name} {address}",
            ".endif",
        ]
    return lines


def _addresses() -> list[str]:
    """Table of clients with their connections and requests: IPv4 by address, IPv6 by /64, the prefix of one site."""
    return ["backend addresses", "    stick-table type ipv6 size 100k expire 1m store conn_cur,http_req_rate(10s)"]


def _certificates(endpoints: Endpoints) -> str:
    return f"crt {endpoints.tls}/issued/ crt {endpoints.tls}/fallback/"


def _frontend(edge: Edge, endpoints: Endpoints) -> list[str]:
    https = f"{endpoints.bind}:{HTTPS_BIND_PORT}"
    if edge.turn_host:
        https = f"{turn_split.inner(endpoints, turn_split.HTTPS)} accept-proxy"
    lines = [
        "frontend public",
        f"    bind {endpoints.bind}:{HTTP_BIND_PORT}",
        f"    bind {https} ssl {_certificates(endpoints)} alpn h2,http/1.1",
        *edge.balanced,
        f"    acl signalling {_SIGNALLING}",
    ]
    if edge.acme:
        lines += ["    acl acme path_beg /.well-known/acme-challenge/"]
    lines += [
        "    option clitcpka",
        "    # A whole school may share one address.",
        "    tcp-request session track-sc0 src,ipmask(32,64) table addresses",
        f"    tcp-request session reject if {{ sc_conn_cur(0,addresses) gt {edge.connections_per_address} }}",
        *([_CAPTURE_PATH] if edge.json_logs else []),
        f"    http-request deny deny_status 429 if {{ sc_http_req_rate(0,addresses) gt {edge.requests_per_address} }}",
        *(
            [
                f'    http-request return status 200 content-type text/plain string "{PROBE_ANSWER}" if {{ path {PROBE_PATH} }}'
            ]
            * edge.probed
        ),
        *_led(edge),
        "    http-request redirect scheme https code 301 unless { ssl_fc }" + (" or acme" if edge.acme else ""),
        "    # Replace headers from clients, because prosody and nginx trust them.",
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
        exempt = "signalling or acme" if edge.acme else "signalling"
        lines += [f"    http-request return status 503 {_page(endpoints)} hdr Retry-After 120 unless {exempt}"]
    if edge.acme:
        lines += [
            f"    use_backend acme-{host} if acme !{{ ssl_fc }} {{ req.hdr(host),field(1,:) -i {host} }}"
            for host in endpoints.acme_solvers
        ]
    return [*lines, "    use_backend signalling if signalling", "    default_backend web"]


def _led(edge: Edge) -> list[str]:
    """Lead further host names to the domain, by 307: method and query stay, and no browser keeps it for ever, as it does 301."""
    if not edge.aliases:
        return []
    names = f"{{ req.hdr(host),field(1,:) -i {' '.join(edge.aliases)} }}"
    return [
        f"    http-request redirect prefix https://{edge.domain} code 307 if {names}" + (" !acme" if edge.acme else "")
    ]


def _page(endpoints: Endpoints) -> str:
    return f'content-type "text/html; charset=utf-8" file {endpoints.etc}/maintenance.html'


def _web(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend for pages and files: active shards, or the others while no active shard's web pod answers.

    A page must load files of its own release: while active shards run several, each client address stays on one shard.
    """
    releases = {shard.release for shard in edge.shards if shard.state == "active"}
    balance = ["balance source", "hash-type consistent sdbm avalanche"] if len(releases) > 1 else ["balance leastconn"]
    return [
        "backend web",
        *(f"    {line}" for line in balance),
        "    option allbackups",
        "    compression algo gzip",
        "    compression type text/html text/css application/javascript text/javascript application/json image/svg+xml",
        f"    http-error status 503 {_page(endpoints)}",
        "    option httpchk",
        f"    http-check send meth GET uri / hdr Host {edge.domain}",
        "    http-check expect status 200",
        "    default-server check fastinter 1s downinter 2s",
        *(
            f"    server {shard.name} {endpoints.web[shard.name]} id {shard.number}"
            + ("" if shard.state == "active" else " backup")
            for shard in edge.by_slot
        ),
    ]


def _acme(endpoints: Endpoints) -> list[list[str]]:
    return [[f"backend acme-{host}", f"    server solver {solver}"] for host, solver in endpoints.acme_solvers.items()]


def _stats(endpoints: Endpoints) -> list[str]:
    return [
        "frontend stats",
        f"    bind {endpoints.bind}:{STATS_PORT}",
        "    option dontlog-normal",
        "    monitor-uri /healthz",
        "    http-request return status 200 if { path /settled } { lua.settled -m bool }",
        "    http-request use-service prometheus-exporter if { path /metrics }",
        "    http-request return status 404",
    ]


def render(edge: Edge, endpoints: Endpoints | None = None) -> str:
    """Text of haproxy.cfg, in a fixed order. Addresses are those of the cluster unless `endpoints` is given."""
    endpoints = endpoints or cluster_endpoints(edge)
    sections = [
        _global(edge, endpoints),
        _defaults(edge),
        _resolvers(),
        _peers(endpoints),
        *room_routing.tables(edge),
        _addresses(),
        _frontend(edge, endpoints),
        room_routing.signalling(edge, endpoints),
        room_routing.focus(edge, endpoints),
        room_routing.bridges(edge, endpoints),
        room_routing.pulse(edge, endpoints),
        room_routing.knowledge(edge, endpoints),
        _web(edge, endpoints),
    ]
    if edge.acme:
        sections += _acme(endpoints)
    sections += turn_split.sections(edge, endpoints, _certificates(endpoints))
    sections.append(_stats(endpoints))
    return "\n\n".join("\n".join(section) for section in sections) + "\n"
