"""HAProxy's sections that route a room to its shard.

A room is tenant + lower-case name. The table `rooms` holds every open room with its shard, is refreshed by websockets and
shared by peers; it decides as long as that shard lives. A room that is not in the table goes by rendezvous hashing over the
shards that accept rooms: each shard draws xxh32(room, slot), and the highest draw wins. The result depends only on the set of
shards, so two HAProxies agree before their tables do, a new shard takes 1/(N+1) of new rooms, and no room moves between
two other shards.

HAProxies must also agree on that set while a shard joins or leaves, or while one of them has a newer configuration. So each
publishes once a second, in the table `takers`, the shards that it would choose. HAProxies choose from the intersection; a
change reaches all within the milliseconds that replicating a table entry takes.
"""

from collections.abc import Iterator

from components.ingress.edge_settings import SHARDS_PORT, Edge, Endpoints
from probe.room_names import DRAW_STEP
from sizing.addresses import XMPP_DOMAIN
from sizing.edge_shards import EdgeShard, draws

ROOM_KEPT = "5m"
"""Lifetime of a room's entry after its last request, longer than a silent BOSH session's (bosh_max_inactivity). Clients ask
again every 60 to 120 s, and an open websocket holds its room; a longer lifetime would pin tomorrow's meeting of the same name
to a shard that drains today."""
SETS_KEPT = "10s"  # takers are published every second; peers need some seconds to reconnect after a restart
SEAT = 44  # characters: a room's key in hexadecimal, a colon and a shard's number
SEATED = "3m"
"""Lifetime of a room's entry on a shard after a client's last request, which each client repeats every 60 to 120 s."""
SPLIT_KEPT = "3m"
"""Lifetime of a split room's entry after the last request. When a failed shard returns, rooms that moved away look split for the sum
of both lifetimes, so an alert must wait longer."""
NO_BRIDGE_LEFT = "(total bridge count: 0)"
"""End of what jicofo's health check answers when it knows no bridge, not even one that leaves (JicofoHealthChecker.kt)."""
VOUCHED_SECONDS = 5  # without a successful check by any HAProxy, a shard then counts as dead
CHECK_SECONDS, RECHECK_SECONDS, FAILED_CHECKS = 2, 1, 3
"""Between two checks of a shard's prosody, while one failed, and failed ones until an HAProxy no longer vouches for it."""

_TIER = 1 << 32  # above every hash
ALL = (1 << 28) - 1  # slots 0 to 27

_CHECKS = f"check inter {CHECK_SECONDS}s fastinter {RECHECK_SECONDS}s downinter {RECHECK_SECONDS}s"


def dead_seconds() -> int:
    """Seconds until a shard whose nodes answer nothing counts as dead, at the latest, and its rooms open elsewhere.

    A check that does not connect fails after the time between two checks.
    """
    failing = FAILED_CHECKS * CHECK_SECONDS + (FAILED_CHECKS - 1) * RECHECK_SECONDS
    return CHECK_SECONDS + failing + VOUCHED_SECONDS


def _up(backend: str, shard: EdgeShard) -> str:
    return f"{{ srv_is_up({backend}/{shard.name}) }}"


def tables(edge: Edge) -> list[list[str]]:
    """Sections of the stick tables, which peers share."""
    kinds = {
        "rooms": f"type binary len 20 size {edge.room_table} expire {ROOM_KEPT} store gpt0",
        "counts": f"type string len 32 size 100 expire {SETS_KEPT} store gpt0",
        "takers": f"type string len 32 size 100 expire {SETS_KEPT} store gpt0",
        "alive": f"type integer size 100 expire {VOUCHED_SECONDS}s",
        "staffed": f"type integer size 100 expire {edge.unstaffed_seconds}s",
    }
    if len(edge.shards) > 1:
        kinds["seats"] = f"type string len {SEAT} size {2 * edge.room_table} expire {SEATED}"
        kinds["split"] = f"type binary len 20 size 10k expire {SPLIT_KEPT}"
    return [[f"backend {name}", f"    stick-table {kind} peers haproxies"] for name, kind in kinds.items()]


def signalling(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend of BOSH and websockets: room key, choice of the shard, tables, servers."""
    return [
        "backend signalling",
        *_key(),
        *_pin(edge),
        *_takers(endpoints),
        *_choice(edge),
        "    # Store the room before forwarding, so peers know it while the first participant still connects.",
        "    http-request track-sc1 var(txn.key) table rooms if named",
        "    http-request sc-set-gpt0(1) var(txn.shard) if named undecided { var(txn.shard) -m int gt 0 }",
        *_census(edge),
        *_forwarded(),
        *(["    http-response set-header X-Jitsi-Shard %[srv_name]"] if edge.tells_shard else []),
        "    # Another shard would be another room: never retry elsewhere, and never balance after the choice.",
        "    no option redispatch",
        "    balance roundrobin",
        "    option srvtcpka",
        "    timeout check 10s",
        "    option httpchk",
        "    http-check connect",
        f"    http-check send meth GET uri /http-bind hdr Host {XMPP_DOMAIN}",
        "    http-check expect status 200",
        f"    http-check connect addr {endpoints.loopback} port {SHARDS_PORT}",
        "    http-check send meth GET uri-lf /shards/%[srv_name]",
        "    http-check expect status 200",
        f"    default-server {_CHECKS} fall {FAILED_CHECKS} rise 2 weight 0 on-marked-down shutdown-sessions",
        *_servers(edge, endpoints),
    ]


def _key() -> list[str]:
    return [
        "    # Browsers send capitals, doubly encoded percent signs, and names that cannot be decoded.",
        "    acl tenanted path_reg ^/[^/]+/(http-bind|xmpp-websocket)/?$",
        "    acl named var(txn.room) -m len gt 0",
        "    http-request set-var(txn.tenant) str()",
        "    http-request set-var(txn.tenant) path,field(2,/),lower if tenanted",
        '    http-request set-var(txn.tenant) \'var(txn.tenant),regsub("%(25)+","%",g)\' if { var(txn.tenant) -m sub %25 }',
        "    http-request set-var(txn.tenant) var(txn.tenant),url_dec,lower if tenanted",
        "    http-request set-var(txn.room) url_param(room),lower",
        '    http-request set-var(txn.room) \'var(txn.room),regsub("%(25)+","%",g)\' if { var(txn.room) -m sub %25 }',
        "    http-request set-var(txn.room) var(txn.room),url_dec,lower",
        "    http-request set-var(txn.key) var(txn.tenant),concat(/,txn.room),sha1 if named",
        "    http-request set-var(txn.key) src,sha1 if !named",
    ]


def _pin(edge: Edge) -> Iterator[str]:
    yield "    # A process that has just started does not know all open rooms yet."
    yield "    http-request set-var(txn.pin) int(0)"
    yield "    http-request lua.settle if named { var(txn.key),table_gpt0(rooms) -m int 0 }"
    yield "    http-request set-var(txn.pin) var(txn.key),table_gpt0(rooms) if named"
    yield "    # An open room stays while any HAProxy reaches its shard; a HAProxy that alone cannot reach it answers 503."
    yield "    http-request set-var(txn.kept) int(0)"
    for shard in edge.by_slot:
        pinned = f"    http-request set-var(txn.kept) int({shard.number}) if {{ var(txn.pin) -m int {shard.number} }}"
        yield f"{pinned} {_up('signalling', shard)}"
        yield f"{pinned} {{ int({shard.number}),in_table(alive) }}"
    yield "    acl undecided var(txn.kept) -m int 0"
    yield "    http-request set-var(txn.shard) var(txn.kept)"


def _takers(endpoints: Endpoints) -> Iterator[str]:
    yield "    # Shards that every HAProxy would choose, or else those that at least one would."
    yield f"    http-request set-var(txn.takers) int({ALL}) if undecided"
    yield "    http-request set-var(txn.any) int(0) if undecided"
    for peer in endpoints.peers:
        published = f"undecided {{ str({peer}),in_table(takers) }}"
        yield f"    http-request set-var(txn.told) str({peer}),table_gpt0(takers) if {published}"
        yield f"    http-request set-var(txn.takers) var(txn.takers),and(txn.told) if {published}"
        yield f"    http-request set-var(txn.any) var(txn.any),or(txn.told) if {published}"
    yield "    http-request set-var(txn.takers) var(txn.any) if undecided { var(txn.takers) -m int 0 }"


def _choice(edge: Edge) -> Iterator[str]:
    yield "    # The highest score wins: takers first, then ready shards, then active ones; the hash decides among equals."
    yield "    http-request set-var(txn.best) int(0) if undecided"
    counts = draws(edge.by_slot)
    for shard in edge.by_slot:
        taker = f"{{ var(txn.takers),and({shard.bit}) -m int gt 0 }}"
        candidate = f"undecided {_up('signalling', shard)}" + (f" {taker}" if shard.state == "draining" else "")
        yield f"    http-request set-var(txn.score) var(txn.key),xxh32({shard.number}) if {candidate}"
        for draw in range(1, counts[shard.name]):
            yield f"    http-request set-var(txn.throw) var(txn.key),xxh32({shard.number + DRAW_STEP * draw}) if {candidate}"
            higher = "{ var(txn.throw),sub(txn.score) -m int gt 0 }"
            yield f"    http-request set-var(txn.score) var(txn.throw) if {candidate} {higher}"
        yield f"    http-request set-var(txn.score) var(txn.score),add({4 * _TIER}) if undecided {taker}"
        if shard.state != "draining":
            ready = f"{candidate} !{taker} {_up('focus', shard)}"
            yield f"    http-request set-var(txn.score) var(txn.score),add({2 * _TIER}) if {ready}"
        if shard.state == "active":
            yield f"    http-request set-var(txn.score) var(txn.score),add({_TIER}) if {candidate} !{taker}"
        wins = f"{candidate} {{ var(txn.score),sub(txn.best) -m int ge 0 }}"
        yield f"    http-request set-var(txn.shard) int({shard.number}) if {wins}"
        yield f"    http-request set-var(txn.best) var(txn.score) if {wins}"


def _census(edge: Edge) -> Iterator[str]:
    """Rules that record the shards on which a room has participants, and in the table `split` rooms that have them on two live shards."""
    if len(edge.shards) == 1:
        return
    yield "    # Store instead of track: an open websocket would keep its entry, so a room that was split once would stay split."
    yield "    http-request set-var(txn.seat) var(txn.key),hex,concat(:,txn.shard) if named"
    for shard in edge.by_slot:
        elsewhere = f"!{{ var(txn.shard) -m int {shard.number} }} {{ var(txn.key),hex,concat(:{shard.number}),in_table(seats) }}"
        yield f"    http-request set-var(txn.split) bool(true) if named {elsewhere} {_up('signalling', shard)}"
    yield "    stick store-request var(txn.seat) table seats if named"
    yield "    stick store-request var(txn.key) table split if named { var(txn.split) -m bool }"


def _forwarded() -> list[str]:
    return [
        "    # As the web image's nginx does: prosody reads the tenant from the parameter `prefix`.",
        "    http-request set-query prefix=%[path,field(2,/)]&%[query] if tenanted",
        "    http-request set-path /%[path,field(3,/)] if tenanted",
        f"    http-request set-header Host {XMPP_DOMAIN}",
    ]


def _servers(edge: Edge, endpoints: Endpoints) -> Iterator[str]:
    for shard in edge.by_slot:
        chosen = f"{{ var(txn.shard) -m int {shard.number} }}"
        for vnode in sorted(shard.visitors):
            yield f"    use-server {shard.name}-{vnode} if {chosen} {{ url_param(vnode) -m str {vnode} }}"
        yield f"    use-server {shard.name} if {chosen}"
    for shard in edge.by_slot:
        yield f"    server {shard.name} {endpoints.prosody[shard.name]} id {shard.number}"
        for number, vnode in enumerate(sorted(shard.visitors), start=1):
            yield (
                f"    server {shard.name}-{vnode} {shard.visitors[vnode]} id {1000 * shard.number + number} "
                f"no-check track signalling/{shard.name}"
            )


def focus(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend of each shard's jicofo, only for its health check: 500 while no bridge takes new meetings."""
    return _jicofo_checks("focus", ["expect status 200"], edge, endpoints)


def bridges(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend of each shard's jicofo, only for a check whether meetings can go on: jicofo answers and knows a bridge.

    `focus` decides where new rooms open: its check fails as soon as every bridge leaves. Meetings go on until the last one is gone.
    """
    return _jicofo_checks(
        "bridges", ["expect rstatus ^(200|500|503)$", f'expect ! string "{NO_BRIDGE_LEFT}"'], edge, endpoints
    )


def _jicofo_checks(name: str, expected: list[str], edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend that carries no requests: what it expects of each jicofo's health check decides which of its servers are up."""
    return [
        f"backend {name}",
        "    balance roundrobin",
        "    timeout check 5s",
        "    option httpchk",
        "    http-check send meth GET uri /about/health",
        *(f"    http-check {step}" for step in expected),
        f"    default-server {_CHECKS} fall 3 rise 2",
        *(f"    server {shard.name} {endpoints.jicofo[shard.name]} id {shard.number}" for shard in edge.by_slot),
    ]


def pulse(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Backend with which HAProxy checks itself every second; the answer writes its view of the shards to the tables."""
    own = f"{endpoints.loopback}:{SHARDS_PORT}"
    return [
        "backend pulse",
        "    option httpchk",
        "    http-check send meth GET uri-lf /pulse/%[srv_name]",
        "    http-check expect status 200",
        "    default-server check inter 1s fastinter 1s downinter 1s",
        f"    server all {own}",
        *(f"    server {shard.name} {own}" for shard in edge.by_slot),
    ]


def knowledge(edge: Edge, endpoints: Endpoints) -> list[str]:
    """Frontend on loopback that publishes the state of the shards to the peers and answers HAProxy's own checks."""
    lines = [
        "frontend shards",
        f"    bind {endpoints.loopback}:{SHARDS_PORT}",
        "    http-request set-log-level silent",
        "    acl all path /pulse/all",
        "    http-request set-var(txn.takers) int(0) if all",
    ]
    for shard in edge.by_slot:
        if shard.state == "active":
            lines.append(
                f"    http-request set-var(txn.takers) var(txn.takers),or({shard.bit}) if all "
                f"{_up('signalling', shard)} {_up('focus', shard)}"
            )
    lines += [
        '    http-request track-sc0 str("$POD_NAME") table takers if all',
        "    http-request sc-set-gpt0(0) var(txn.takers) if all",
        '    http-request track-sc1 str("$POD_NAME") table counts if all { lua.settled -m bool }',
        "    http-request set-var(txn.second) date,mod(64) if all",
        "    http-request sc-set-gpt0(1) table_cnt(rooms),mul(64),add(txn.second) if all { lua.settled -m bool }",
    ]
    for shard in edge.by_slot:
        this = f"{{ path /pulse/{shard.name} }}"
        lines += [
            f"    http-request track-sc1 int({shard.number}) table alive if {this} {_up('signalling', shard)}",
            f"    http-request track-sc2 int({shard.number}) table staffed if {this} {_up('bridges', shard)}",
            f"    http-request return status 200 if {{ path /shards/{shard.name} }} {_up('bridges', shard)}",
            f"    http-request return status 200 if {{ path /shards/{shard.name} }} {{ int({shard.number}),in_table(staffed) }}",
        ]
    return [
        *lines,
        "    http-request return status 200 if { path_beg /pulse/ }",
        "    http-request return status 503",
    ]
