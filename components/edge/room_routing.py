"""HAProxy's sections that bring a room to its shard.

A room is tenant + lower-case name. Where it is open, the table `rooms` says, and nothing else counts while that shard
lives: every open room is in it, held by its websockets, shared by peers. A room that is not in it is decided by
rendezvous hashing over the shards that take rooms: each shard throws xxh32(room, slot), the highest wins. The answer
depends on nothing but the set of shards, so two HAProxies that are asked at once agree before their tables do, a new
shard takes 1/(N+1) of new rooms, and no room moves between two others.

Two HAProxies must also agree on that set while a shard comes or goes, or while one of them has a newer configuration.
So each tells the others, once a second and through a table of its own, which shards it would choose now. What all of
them name is chosen from; a change so reaches all within the milliseconds that a table entry travels.
"""

from collections.abc import Iterator

from components.edge.places import SHARDS_PORT, Edge, EdgeShard, Places, draws
from components.signalling.addresses import XMPP_DOMAIN

ROOM_KEPT = "5m"
"""After its last request. Clients ask again every 60 to 120 s, and a websocket holds its room for as long as it is open;
longer would pin tomorrow's lesson of the same name to a shard that drains today."""
SETS_KEPT = "10s"  # a set of takers is told every second; peers need some seconds to find each other after a restart
SEAT = 44  # characters: a room's key as hex digits, and a shard's number
SEATED = "3m"
"""A room has people on a shard for this long after one of them asked there: each does every 60 to 120 s, by websocket, too."""
SPLIT_KEPT = "3m"
"""After the last request for a room that has people on another shard, too. A room that its shard's failure has moved looks split for
as long as both times together, once the shard is back; whoever is told must wait for longer."""
VOUCHED = "5s"  # a shard that no HAProxy has reached for this long is dead for all of them

_TIER = 1 << 32  # above every hash
ALL = (1 << 28) - 1  # slots 0 to 27

_CHECKS = "check inter 2s fastinter 1s downinter 1s"


def _up(backend: str, shard: EdgeShard) -> str:
    return f"{{ srv_is_up({backend}/{shard.name}) }}"


def tables(edge: Edge) -> list[list[str]]:
    """Sections that are nothing but tables, each shared by the peers."""
    kinds = {
        "rooms": f"type binary len 20 size {edge.room_table} expire {ROOM_KEPT} store gpt0",
        "counts": f"type string len 32 size 100 expire {SETS_KEPT} store gpt0",
        "takers": f"type string len 32 size 100 expire {SETS_KEPT} store gpt0",
        "alive": f"type integer size 100 expire {VOUCHED}",
        "staffed": f"type integer size 100 expire {edge.unstaffed_seconds}s",
    }
    if len(edge.shards) > 1:
        kinds["seats"] = f"type string len {SEAT} size {2 * edge.room_table} expire {SEATED}"
        kinds["split"] = f"type binary len 20 size 10k expire {SPLIT_KEPT}"
    return [[f"backend {name}", f"    stick-table {kind} peers haproxies"] for name, kind in kinds.items()]


def signalling(edge: Edge, places: Places) -> list[str]:
    """BOSH and websockets: key, decision, memory, servers."""
    return [
        "backend signalling",
        *_key(),
        *_pin(edge),
        *_takers(places),
        *_choice(edge),
        "    # Remembered before the request goes on, so that a peer knows while the first joiner still connects.",
        "    http-request track-sc1 var(txn.key) table rooms if named",
        "    http-request sc-set-gpt0(1) var(txn.shard) if named undecided { var(txn.shard) -m int gt 0 }",
        *_census(edge),
        *_forwarded(),
        *(["    http-response set-header X-Jitsi-Shard %[srv_name]"] if edge.tells_shard else []),
        "    # Another shard would be another room: no second try elsewhere, and no balancing behind the choice.",
        "    no option redispatch",
        "    balance roundrobin",
        "    option srvtcpka",
        "    timeout check 10s",
        "    option httpchk",
        "    http-check connect",
        f"    http-check send meth GET uri /http-bind hdr Host {XMPP_DOMAIN}",
        "    http-check expect status 200",
        f"    http-check connect addr {places.loopback} port {SHARDS_PORT}",
        "    http-check send meth GET uri-lf /shards/%[srv_name]",
        "    http-check expect status 200",
        f"    default-server {_CHECKS} fall 5 rise 2 weight 0 on-marked-down shutdown-sessions",
        *_servers(edge, places),
    ]


def _key() -> list[str]:
    return [
        "    # Browsers send capitals, percent-signs encoded twice, and names that cannot be decoded at all.",
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
    yield "    # A process that has just started does not know every open room yet."
    yield "    http-request set-var(txn.pin) int(0)"
    yield "    http-request lua.settle if named { var(txn.key),table_gpt0(rooms) -m int 0 }"
    yield "    http-request set-var(txn.pin) var(txn.key),table_gpt0(rooms) if named"
    yield "    # An open room stays while any HAProxy reaches its shard; where only this one does not, it answers 503."
    yield "    http-request set-var(txn.kept) int(0)"
    for shard in edge.by_slot:
        pinned = f"    http-request set-var(txn.kept) int({shard.number}) if {{ var(txn.pin) -m int {shard.number} }}"
        yield f"{pinned} {_up('signalling', shard)}"
        yield f"{pinned} {{ int({shard.number}),in_table(alive) }}"
    yield "    acl undecided var(txn.kept) -m int 0"
    yield "    http-request set-var(txn.shard) var(txn.kept)"


def _takers(places: Places) -> Iterator[str]:
    yield "    # Shards that every HAProxy would choose; if there is none, those that any would."
    yield f"    http-request set-var(txn.takers) int({ALL}) if undecided"
    yield "    http-request set-var(txn.any) int(0) if undecided"
    for peer in places.peers:
        told = f"undecided {{ str({peer}),in_table(takers) }}"
        yield f"    http-request set-var(txn.told) str({peer}),table_gpt0(takers) if {told}"
        yield f"    http-request set-var(txn.takers) var(txn.takers),and(txn.told) if {told}"
        yield f"    http-request set-var(txn.any) var(txn.any),or(txn.told) if {told}"
    yield "    http-request set-var(txn.takers) var(txn.any) if undecided { var(txn.takers) -m int 0 }"


def _choice(edge: Edge) -> Iterator[str]:
    yield "    # The highest score wins: a taker before one that is ready, that before an active one, else by hash."
    yield "    http-request set-var(txn.best) int(0) if undecided"
    throws = draws(edge.by_slot)
    for shard in edge.by_slot:
        taker = f"{{ var(txn.takers),and({shard.bit}) -m int gt 0 }}"
        candidate = f"undecided {_up('signalling', shard)}" + (f" {taker}" if shard.state == "draining" else "")
        yield f"    http-request set-var(txn.score) var(txn.key),xxh32({shard.number}) if {candidate}"
        for throw in range(1, throws[shard.name]):
            yield f"    http-request set-var(txn.throw) var(txn.key),xxh32({shard.number + 100 * throw}) if {candidate}"
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
    """Where each room has people, and which rooms have them on two shards that both live: the size of the table `split`."""
    if len(edge.shards) == 1:
        return
    yield "    # Stored, not tracked: an open websocket would hold an entry, and with it the word of a room that was split once."
    yield "    http-request set-var(txn.seat) var(txn.key),hex,concat(:,txn.shard) if named"
    for shard in edge.by_slot:
        elsewhere = f"!{{ var(txn.shard) -m int {shard.number} }} {{ var(txn.key),hex,concat(:{shard.number}),in_table(seats) }}"
        yield f"    http-request set-var(txn.split) bool(true) if named {elsewhere} {_up('signalling', shard)}"
    yield "    stick store-request var(txn.seat) table seats if named"
    yield "    stick store-request var(txn.key) table split if named { var(txn.split) -m bool }"


def _forwarded() -> list[str]:
    return [
        "    # What the web image's nginx would send: prosody reads the tenant from the parameter `prefix`.",
        "    http-request set-query prefix=%[path,field(2,/)]&%[query] if tenanted",
        "    http-request set-path /%[path,field(3,/)] if tenanted",
        f"    http-request set-header Host {XMPP_DOMAIN}",
    ]


def _servers(edge: Edge, places: Places) -> Iterator[str]:
    for shard in edge.by_slot:
        chosen = f"{{ var(txn.shard) -m int {shard.number} }}"
        for vnode in sorted(shard.visitors):
            yield f"    use-server {shard.name}-{vnode} if {chosen} {{ url_param(vnode) -m str {vnode} }}"
        yield f"    use-server {shard.name} if {chosen}"
    for shard in edge.by_slot:
        yield f"    server {shard.name} {places.prosody[shard.name]} id {shard.number}"
        for number, vnode in enumerate(sorted(shard.visitors), start=1):
            yield (
                f"    server {shard.name}-{vnode} {shard.visitors[vnode]} id {1000 * shard.number + number} "
                f"no-check track signalling/{shard.name}"
            )


def focus(edge: Edge, places: Places) -> list[str]:
    """Jicofo of every shard, for its health alone: 500 while no bridge is operational."""
    return [
        "backend focus",
        "    balance roundrobin",
        "    timeout check 5s",
        "    option httpchk",
        "    http-check send meth GET uri /about/health",
        "    http-check expect status 200",
        f"    default-server {_CHECKS} fall 3 rise 2",
        *(f"    server {shard.name} {places.jicofo[shard.name]} id {shard.number}" for shard in edge.by_slot),
    ]


def pulse(edge: Edge, places: Places) -> list[str]:
    """Once a second HAProxy asks itself; answering is what writes its view of the shards into the tables."""
    own = f"{places.loopback}:{SHARDS_PORT}"
    return [
        "backend pulse",
        "    option httpchk",
        "    http-check send meth GET uri-lf /pulse/%[srv_name]",
        "    http-check expect status 200",
        "    default-server check inter 1s fastinter 1s downinter 1s",
        f"    server all {own}",
        *(f"    server {shard.name} {own}" for shard in edge.by_slot),
    ]


def knowledge(edge: Edge, places: Places) -> list[str]:
    """What this HAProxy knows of the shards, on loopback: asked by its own checks, told to its peers."""
    lines = [
        "frontend shards",
        f"    bind {places.loopback}:{SHARDS_PORT}",
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
            f"    http-request track-sc2 int({shard.number}) table staffed if {this} {_up('focus', shard)}",
            f"    http-request return status 200 if {{ path /shards/{shard.name} }} {_up('focus', shard)}",
            f"    http-request return status 200 if {{ path /shards/{shard.name} }} {{ int({shard.number}),in_table(staffed) }}",
        ]
    return [
        *lines,
        "    http-request return status 200 if { path_beg /pulse/ }",
        "    http-request return status 503",
    ]
