"""Rules about HAProxy's routing as a whole: every step of docs/edge.md is there, and nothing refers to what is missing."""

import re
from collections.abc import Iterator

from plan.diff.fleet import object_name
from plan.diff.paths import at, mapping
from plan.findings.rule import Hit, rule
from plan.resources.edge import Edge, edges
from plan.resources.haproxy_cfg import Section, seconds
from plan.resources.made import Resources
from sizing.addresses import XMPP_DOMAIN

_DECODED = r"""'var(txn.{0}),regsub("%(25)+","%",g)' if {{ var(txn.{0}) -m sub %25 }}"""
STEPS = (
    "acl tenanted path_reg ^/[^/]+/(http-bind|xmpp-websocket)/?$",
    "acl named var(txn.room) -m len gt 0",
    "http-request set-var(txn.tenant) str()",
    "http-request set-var(txn.tenant) path,field(2,/),lower if tenanted",
    f"http-request set-var(txn.tenant) {_DECODED.format('tenant')}",
    "http-request set-var(txn.tenant) var(txn.tenant),url_dec,lower if tenanted",
    "http-request set-var(txn.room) url_param(room),lower",
    f"http-request set-var(txn.room) {_DECODED.format('room')}",
    "http-request set-var(txn.room) var(txn.room),url_dec,lower",
    "http-request set-var(txn.key) var(txn.tenant),concat(/,txn.room),sha1 if named",
    "http-request set-var(txn.key) src,sha1 if !named",
    "http-request set-var(txn.pin) int(0)",
    "http-request lua.settle if named { var(txn.key),table_gpt0(rooms) -m int 0 }",
    "http-request set-var(txn.pin) var(txn.key),table_gpt0(rooms) if named",
    "http-request set-var(txn.kept) int(0)",
    "acl undecided var(txn.kept) -m int 0",
    "http-request set-var(txn.shard) var(txn.kept)",
    "http-request set-var(txn.takers) int(268435455) if undecided",
    "http-request set-var(txn.any) int(0) if undecided",
    "http-request set-var(txn.takers) var(txn.any) if undecided { var(txn.takers) -m int 0 }",
    "http-request set-var(txn.best) int(0) if undecided",
    "http-request track-sc1 var(txn.key) table rooms if named",
    "http-request sc-set-gpt0(1) var(txn.shard) if named undecided { var(txn.shard) -m int gt 0 }",
    "http-request set-query prefix=%[path,field(2,/)]&%[query] if tenanted",
    "http-request set-path /%[path,field(3,/)] if tenanted",
    f"http-request set-header Host {XMPP_DOMAIN}",
    "no option redispatch",
)
"""Steps of backend signalling in their order: the room's key, its entry in the table, the choice, what prosody gets."""
CENSUS = (
    "http-request set-var(txn.seat) var(txn.key),hex,concat(:,txn.shard) if named",
    "stick store-request var(txn.seat) table seats if named",
    "stick store-request var(txn.key) table split if named { var(txn.split) -m bool }",
)
"""With several shards: where participants of a room are, from which the metrics and the alert of split rooms follow."""
HELLO = "tcp-request content accept if { req.ssl_hello_type 1 }"
"""The ClientHello has come, which carries the server name (SNI)."""
LONGEST_HELLO_SECONDS = 10
PUBLISHED = (
    "acl all path /pulse/all",
    "http-request set-var(txn.takers) int(0) if all",
    'http-request track-sc0 str("$POD_NAME") table takers if all',
    "http-request sc-set-gpt0(0) var(txn.takers) if all",
    'http-request track-sc1 str("$POD_NAME") table counts if all { lua.settled -m bool }',
    "http-request set-var(txn.second) date,mod(64) if all",
    "http-request sc-set-gpt0(1) table_cnt(rooms),mul(64),add(txn.second) if all { lua.settled -m bool }",
    "http-request return status 200 if { path_beg /pulse/ }",
    "http-request return status 503",
)
"""Steps of frontend shards: what each HAProxy tells its peers once a second."""


@rule("edge-routing-incomplete", "error")
def edge_routing_incomplete(stack: Resources) -> Iterator[Hit]:
    """A step of HAProxy's routing of rooms is missing or in another order."""
    for edge in edges(stack):
        several = len(stack.config.resolved) > 1
        expected = {
            edge.section("backend", "signalling"): [*STEPS, *(CENSUS if several else ()), *_agreement(edge)],
            edge.section("frontend", "shards"): [*PUBLISHED],
        }
        for section, steps in expected.items():
            for step in steps:
                if step not in section.lines:
                    yield _broken(edge, f"{section.kind} {section.name} lacks `{step}`")
            order = [
                section.lines.index(step) for step in steps if step in section.lines and step in (*STEPS, *PUBLISHED)
            ]
            if order != sorted(order):
                yield _broken(edge, f"the steps of {section.kind} {section.name} are in another order")


def _agreement(edge: Edge) -> Iterator[str]:
    """Steps by which an HAProxy asks each peer, which are its pods."""
    if edge.workload is None:
        return
    replicas = at(edge.workload[0].properties, "spec", "replicas")
    for number in range(replicas if isinstance(replicas, int) else 1):
        peer = f"{object_name(edge.workload[0])}-{number}"
        known = f"undecided {{ str({peer}),in_table(takers) }}"
        yield f"http-request set-var(txn.told) str({peer}),table_gpt0(takers) if {known}"
        yield f"http-request set-var(txn.takers) var(txn.takers),and(txn.told) if {known}"
        yield f"http-request set-var(txn.any) var(txn.any),or(txn.told) if {known}"


@rule("edge-config-broken", "error")
def edge_config_broken(stack: Resources) -> Iterator[Hit]:
    """HAProxy's configuration refers to something that it does not declare, so a reload is refused or routes nowhere."""
    for edge in edges(stack):
        for section in edge.sections:
            for fault in (*_missing(edge, section), *_conditions(section)):
                yield _broken(edge, f"{section.kind} {section.name}: {fault}")
        if edge.section("defaults").last("mode") != "http":
            yield _broken(edge, "defaults: the mode is not http, so nothing is routed by path")
        for path in edge.section("global").after("lua-load"):
            if path.rpartition("/")[2] not in mapping(edge.config_map.properties, "data"):
                yield _broken(edge, f"global: {path} is no file of the ConfigMap")
        if any("lua." in line for section in edge.sections for line in section.lines) and not edge.section(
            "global"
        ).after("lua-load"):
            yield _broken(edge, "global: Lua is used and not loaded")
        for section in edge.frontends:
            for name, _ in section.backends:
                if edge.section("backend", name).is_tcp != section.is_tcp:
                    yield _broken(edge, f"frontend {section.name} and backend {name} have different modes")
            if section.is_tcp and len(section.after("default_backend")) != 1:
                yield _broken(edge, f"frontend {section.name} has no default_backend")
            waits = seconds(section.last("tcp-request inspect-delay") or "") or 0
            if any("req.ssl_sni" in condition for _, condition in section.backends) and (
                HELLO not in section.lines or not 1 <= waits <= LONGEST_HELLO_SECONDS
            ):
                yield _broken(edge, f"frontend {section.name} does not wait for the name in the TLS handshake")
        for section in edge.public_frontends:
            if [name for name, condition in section.backends if not condition] != ["web"]:
                yield _broken(edge, f"frontend {section.name}: pages have no backend")
            if "signalling" not in {name for name, _ in section.backends}:
                yield _broken(edge, f"frontend {section.name}: browsers do not reach prosody")
        for port, number in edge.public_ports.items():
            if number is not None and not edge.binds_behind(port):
                yield _broken(edge, f"nothing listens on TCP {number}, behind {port} of the load balancer")


def _missing(edge: Edge, section: Section) -> Iterator[str]:
    """Backends, servers, tables and resolvers that do not exist."""
    declared = {each.name for each in edge.sections if each.kind in ("backend", "listen")}
    servers = {
        f"{each.name}/{server.name}" for each in edge.sections if each.kind == "backend" for server in each.servers
    }
    for name, _ in section.backends if section.kind == "frontend" else ():
        if name not in declared:
            yield f"there is no backend {name}"
    if section.kind == "frontend" and not section.binds:
        yield "listens nowhere"
    if section.kind == "backend" and not section.servers and not section.after("stick-table"):
        yield "has no server"
    text = "\n".join(section.lines)
    for name in sorted(set(re.findall(r"srv_is_up\(([\w./-]+)\)|track ([\w.-]+/[\w.-]+)", text))):
        if (full := name[0] or name[1]) not in servers:
            yield f"there is no server {full}"
    for name in sorted(set(re.findall(r"(?:table_gpt0|in_table|table_cnt)\((\w+)\)|(?<!-)\btable (\w+)", text))):
        if not edge.section("backend", name[0] or name[1]).after("stick-table"):
            yield f"there is no table {name[0] or name[1]}"
    for name in sorted(set(re.findall(r"\bresolvers (\w+)", text))):
        resolvers = edge.section("resolvers", name).lines
        if "parse-resolv-conf" not in resolvers and not any(line.startswith("nameserver") for line in resolvers):
            yield f"resolvers {name} has no name server"
    if section.kind == "defaults" and "resolvers" not in text:
        yield "addresses of Services are looked up only once, without resolvers"
    if text.count(".if ") != text.count(".endif") or section.lines.count(".else") > text.count(".if "):
        yield "an .if has no .endif"


def _conditions(section: Section) -> Iterator[str]:
    """Names in conditions that no acl of the section declares, and acls that nothing uses."""
    declared = {line.split()[0] for line in section.after("acl")}
    used: set[str] = set()
    for line in section.lines:
        condition = re.search(r" (?:if|unless) (.+)$", line)
        if condition and not line.startswith((".", "acl ")):
            used |= set(re.findall(r"(?<![\w.])[a-z]\w*", re.sub(r"\{[^}]*\}", " ", condition[1]))) - {"or"}
    yield from (f"the condition {name} is not declared" for name in sorted(used - declared))
    yield from (f"the condition {name} is not used" for name in sorted(declared - used))


def _broken(edge: Edge, fault: str) -> Hit:
    return Hit(
        edge.where,
        f"{fault}: rooms are split, or browsers get an error page",
        "render the routing of docs/edge.md, and run haproxy -c on the file",
    )
