"""HAProxy's configuration: TLS, room affinity over shards, and pages from any shard's web pods.

Requests that carry a room (BOSH, websocket) go to the shard that consistent hashing of tenant + lower-case room names, so
two first joiners who come through two HAProxies at once still meet. A stick table, shared by peers under stable names,
remembers where a room is, for the time when the hash would no longer say so: a shard that drains, or one that came back.
"""

from dataclasses import dataclass

from components.signalling.addresses import HTTP_PORT, WEB_PORT, XMPP_DOMAIN, ShardNames

HTTP_BIND_PORT = 8080  # TCP in, Service port 80
HTTPS_BIND_PORT = 8443  # TCP in, Service port 443
STATS_PORT = 8404  # TCP in, cluster only: health and metrics
PEERS_PORT = 10000  # TCP in, between the HAProxies
ACME_SOLVER_PORT = 8089  # cert-manager's HTTP-01 solver pods
ADMIN_SOCKET = "/run/haproxy/admin.sock"
KEPT_AFTER_LAST_REQUEST = "4h"  # clients ask again every 60 to 120 s; the rest is for BOSH clients that went to sleep
TUNNEL_TIMEOUT = "4h"  # longest silence of a websocket; clients ping every 10 s


LOG_FORMAT = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq %HM %HP"
"""Upstream's httplog without the query string, which carries room names and tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeShard:
    """One shard as the edge sees it. `slot` makes its server id, so the hash ring does not move with the list."""

    name: str
    slot: int
    state: str
    weight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """All that the configuration is made from."""

    namespace: str
    domain: str
    shards: tuple[EdgeShard, ...]
    replicas: int
    room_table: int
    proxy_protocol: bool
    acme: bool = False


def peer_names(replicas: int) -> tuple[str, ...]:
    """Pod names of the StatefulSet, which are also the peers' names."""
    return tuple(f"haproxy-{number}" for number in range(replicas))


def _global() -> list[str]:
    return [
        "global",
        "    log stdout format raw local0 info",
        f"    stats socket {ADMIN_SOCKET} mode 600 level admin expose-fd listeners",
        "    stats timeout 30s",
        "    maxconn 20000",
        "    no strict-limits",  # a node with fewer file descriptors serves fewer connections, rather than none
        "    tune.ssl.default-dh-param 2048",
        "    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
        "    ssl-load-extra-del-ext",
        "    hard-stop-after 4h",
    ]


def _defaults() -> list[str]:
    return [
        "defaults",
        "    mode http",
        "    log global",
        f'    log-format "{LOG_FORMAT}"',
        "    option dontlognull",
        "    option redispatch",
        "    option forwardfor",
        "    retries 2",
        "    timeout connect 5s",
        "    timeout client 90s",
        "    timeout server 90s",
        "    timeout http-request 10s",
        "    timeout http-keep-alive 60s",
        "    timeout queue 10s",
        f"    timeout tunnel {TUNNEL_TIMEOUT}",
        "    default-server check inter 5s fall 3 rise 2 resolvers cluster init-addr last,libc,none",
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


def _peers(edge: Edge) -> list[str]:
    """Peers are resolved once, at start, so each has a Service of its own, whose address outlives the pod.

    HAProxy takes no address for the peer that it is itself; every pod reads the same file, hence the condition.
    """
    lines = ["peers haproxies", f"    bind :{PEERS_PORT}"]
    for name in peer_names(edge.replicas):
        lines += [
            f'.if streq("$POD_NAME",{name})',
            f"    server {name}",
            ".else",
            f"    server {name} {name}.{edge.namespace}.svc.cluster.local:{PEERS_PORT}",
            ".endif",
        ]
    return lines


def _frontend(edge: Edge) -> list[str]:
    proxied = " accept-proxy" if edge.proxy_protocol else ""
    lines = [
        "frontend public",
        f"    bind :{HTTP_BIND_PORT}{proxied}",
        f"    bind :{HTTPS_BIND_PORT}{proxied} ssl crt /tls/issued/ crt /tls/fallback/ alpn h2,http/1.1",
        "    acl signalling path_reg ^(/[^/]+)?/(http-bind|xmpp-websocket)/?$",
    ]
    if edge.acme:
        lines += ["    acl acme path_beg /.well-known/acme-challenge/"]
    lines += [
        "    http-request redirect scheme https code 301 unless { ssl_fc }" + (" or acme" if edge.acme else ""),
        "    http-request set-header X-Forwarded-Proto https if { ssl_fc }",
        '    http-response set-header Strict-Transport-Security "max-age=31536000" if { ssl_fc }',
        "    http-response set-header X-Content-Type-Options nosniff",
    ]
    if edge.acme:
        lines += ["    use_backend acme-solver if acme !{ ssl_fc }"]
    return [
        *lines,
        "    use_backend signalling if signalling",
        "    default_backend web",
    ]


def _signalling(edge: Edge) -> list[str]:
    return [
        "backend signalling",
        "    # The key is tenant + room; browsers may send capitals or percent-signs encoded twice.",
        "    acl tenanted path_reg ^/[^/]+/(http-bind|xmpp-websocket)/?$",
        "    http-request set-var(txn.tenant) str()",
        "    http-request set-var(txn.tenant) path,field(2,/),lower if tenanted",
        "    http-request set-var(txn.room) url_param(room),regsub(%25,%,gi),url_dec,lower",
        "    http-request set-header X-Room-Key %[var(txn.tenant)]/%[var(txn.room)]",
        "    http-request set-query prefix=%[path,field(2,/)]&%[query] if tenanted",
        "    http-request set-path /%[path,field(3,/)] if tenanted",
        f"    http-request set-header Host {XMPP_DOMAIN}",
        "    balance hdr(X-Room-Key)",
        "    hash-type consistent sdbm avalanche",
        f"    stick-table type binary len 20 size {edge.room_table} expire {KEPT_AFTER_LAST_REQUEST} peers haproxies",
        "    stick on hdr(X-Room-Key),sha1 if { url_param(room) -m found }",
        "    option httpchk",
        f"    http-check send meth GET uri /http-bind hdr Host {XMPP_DOMAIN}",
        "    http-check expect status 200",
        *(
            f"    server {shard.name} {ShardNames(shard.name, edge.namespace).host('prosody')}:{HTTP_PORT} "
            f"id {shard.slot + 1} weight {shard.weight if shard.state == 'active' else 0}"
            for shard in edge.shards
        ),
    ]


def _web(edge: Edge) -> list[str]:
    return [
        "backend web",
        "    balance leastconn",
        "    compression algo gzip",
        "    compression type text/html text/css application/javascript application/json image/svg+xml",
        "    option httpchk",
        f"    http-check send meth GET uri / hdr Host {edge.domain}",
        "    http-check expect status 200",
        *(
            f"    server {shard.name} {ShardNames(shard.name, edge.namespace).host('web')}:{WEB_PORT} id {shard.slot + 1}"
            for shard in edge.shards
        ),
    ]


def _acme(edge: Edge) -> list[str]:
    return [
        "backend acme-solver",
        f"    server solver acme-solver.{edge.namespace}.svc.cluster.local:{ACME_SOLVER_PORT} no-check",
    ]


def _stats() -> list[str]:
    return [
        "frontend stats",
        f"    bind :{STATS_PORT}",
        "    option dontlog-normal",
        "    monitor-uri /healthz",
        "    http-request use-service prometheus-exporter if { path /metrics }",
        "    http-request return status 404",
    ]


def render(edge: Edge) -> str:
    """The text of haproxy.cfg; every section once, in a fixed order."""
    sections = [_global(), _defaults(), _resolvers(), _peers(edge), _frontend(edge), _signalling(edge), _web(edge)]
    if edge.acme:
        sections.append(_acme(edge))
    sections.append(_stats())
    return "\n\n".join("\n".join(section) for section in sections) + "\n"
