"""Rules about the edge's health checks, its connections, and what it logs."""

import re
from collections.abc import Iterator

from components.ingress.room_routing import NO_BRIDGE_LEFT
from config.quantities import mebibytes
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.resources.edge import Edge, edges
from plan.resources.haproxy_cfg import Section, seconds
from plan.resources.made import Resources
from sizing.addresses import XMPP_DOMAIN
from sizing.capacity import shard_capacity
from sizing.haproxy_size import CONNECTION_KIB, CONNECTIONS_PER_PARTICIPANT, PROCESSES_MIB
from sizing.parts import HAPROXY

LATEST_SECONDS = 15  # until a dead server is noticed; docs/edge.md: every 2 s, 3 failures
LEAST_FAILURES = 2  # one lost answer is no dead server
_PRIVATE = re.compile(
    r"%(?:HU|HQ|HPO|hr|hs|hrl|hsl|CC|CS|(?:\{[^}]*\})?r)\b|query|url|hdr|capture|cookie|authorization"
)
"""Fields of a log format with a query, a header or a cookie."""


def _checks(edge: Edge) -> dict[str, list[str]]:
    """Backend -> what its health check asks, step by step."""
    ok = "expect status 200"
    own = [f"connect addr 127.0.0.1 port {HAPROXY.port('shards')}", "send meth GET uri-lf /shards/%[srv_name]", ok]
    return {
        "signalling": ["connect", f"send meth GET uri /http-bind hdr Host {XMPP_DOMAIN}", ok, *own],
        "focus": ["send meth GET uri /about/health", ok],
        "bridges": [
            "send meth GET uri /about/health",
            "expect rstatus ^(200|500|503)$",
            f'expect ! string "{NO_BRIDGE_LEFT}"',
        ],
        "pulse": ["send meth GET uri-lf /pulse/%[srv_name]", ok],
        "web": [f"send meth GET uri / hdr Host {edge.stack.config.domain}", ok],
    }


@rule("edge-check-differs", "error")
def edge_check_differs(stack: Resources) -> Iterator[Hit]:
    """HAProxy checks a shard by another question, too seldom, or not at all."""
    for edge in edges(stack):
        faults = [
            f"backend {name} asks `{'; '.join(edge.section('backend', name).after('http-check'))}`, not `{'; '.join(steps)}`"
            for name, steps in _checks(edge).items()
            if edge.section("backend", name).after("http-check") != steps
            or not edge.section("backend", name).after("option httpchk")
        ]
        for name in (*_checks(edge), "coturn"):
            faults += [f"backend {name}: {fault}" for fault in _pace(edge, edge.section("backend", name))]
        coturn = edge.section("backend", "coturn").after("tcp-check")
        binding = re.compile(r"send-binary 00010000[0-9a-f]{32}")  # RFC 8489: a Binding request without attributes
        if edge.section("backend", "coturn").servers and (
            not any(binding.fullmatch(step) for step in coturn) or coturn[-1:] != ["expect rbinary ^0101"]
        ):
            faults.append(f"backend coturn asks `{'; '.join(coturn)}`, which is no STUN Binding with its answer")
        own = f"127.0.0.1:{HAPROXY.port('shards')}"
        pulses = {server.address for server in edge.section("backend", "pulse").servers}
        names = {server.name for server in edge.section("backend", "pulse").servers}
        if pulses != {own} or not names.issuperset({"all"}):
            faults.append(
                f"backend pulse asks {', '.join(sorted(pulses)) or 'nobody'}, not itself at {own} for all shards"
            )
        listens = [bind.address for bind in edge.section("frontend", "shards").binds]
        if listens != [own]:
            faults.append(f"frontend shards listens on {', '.join(listens) or 'nothing'}, not on {own}")
        for fault in faults:
            yield Hit(
                edge.where,
                f"{fault}: rooms go to a shard that is dead, or leave one that lives",
                "check as docs/edge.md says: prosody, jicofo's health, and itself once a second",
            )


@rule("edge-cuts-meetings", "error")
def edge_cuts_meetings(stack: Resources) -> Iterator[Hit]:
    """Open rooms of a shard depend on more than prosody, and a jicofo that knows a bridge, so HAProxy cuts meetings that go on."""
    for edge in edges(stack):
        frontend = edge.section("frontend", "shards")
        for server in edge.section("backend", "focus").servers:
            name, number = server.name, server.option("id")
            here = f"{{ path /shards/{name} }}"
            lives = {
                f"http-request return status 200 if {here} {{ srv_is_up(bridges/{name}) }}",
                f"http-request return status 200 if {here} {{ int({number}),in_table(staffed) }}",
            }
            says = {line for line in frontend.lines if here in line}
            noted = f"http-request track-sc2 int({number}) table staffed if {{ path /pulse/{name} }} {{ srv_is_up(bridges/{name}) }}"
            faults = [f"`{line}` is missing" for line in sorted(lives - says)]
            faults += [f"`{line}` decides, too" for line in sorted(says - lives)]
            if noted not in frontend.lines:
                faults.append(f"`{noted}` is missing")
            for fault in faults:
                yield Hit(
                    edge.where,
                    f"frontend shards: {fault}: meetings of {name} are cut while a bridge still serves them, or stay where none is left",
                    "let open rooms depend on prosody and on a jicofo that knows a bridge, and new rooms on jicofo's health",
                )


def _pace(edge: Edge, section: Section) -> Iterator[str]:
    """Faults of how often servers are checked; a server's own options win over the section's, and those over the defaults."""
    if not section.servers:
        return
    words = " ".join(
        [
            *edge.section("defaults").after("default-server"),
            *section.after("default-server"),
            *section.servers[0].options,
        ]
    )
    options = dict(re.findall(r"\b(inter|fastinter|downinter|fall|rise) (\w+)", words))
    inter, fall, rise = seconds(options.get("inter", "2s")), options.get("fall", "3"), options.get("rise", "2")
    if inter is None or not fall.isdigit() or int(fall) < LEAST_FAILURES or inter * int(fall) > LATEST_SECONDS:
        yield f"a dead server is noticed after {fall} checks every {options.get('inter')}, later than {LATEST_SECONDS} s or by one failure"
    if not rise.isdigit() or int(rise) * (seconds(options.get("downinter", "2s")) or 0) > LATEST_SECONDS:
        yield f"a server that is back is used only after {rise} checks every {options.get('downinter')}"


@rule("edge-connections-differ", "error")
def edge_connections_differ(stack: Resources) -> Iterator[Hit]:
    """HAProxy admits more connections than its memory holds, or fewer than the shards' participants need."""
    for edge in edges(stack):
        text = edge.section("global").last("maxconn") or ""
        limit = at(edge.container, "resources", "limits", "memory")
        replicas = at(edge.workload[0].properties, "spec", "replicas") if edge.workload else 1
        if not isinstance(limit, str) or limit.startswith("[") or not isinstance(replicas, int):
            continue
        holds = max(0, (mebibytes(limit) - PROCESSES_MIB) * 1024 // CONNECTION_KIB)
        counted = (
            2 if any(section.name == "tls" for section in edge.frontends) else 1
        )  # TURN: once more on an inner socket
        people = sum(shard_capacity(shard).participants for shard in stack.config.resolved)
        needs = people * CONNECTIONS_PER_PARTICIPANT // max(1, replicas - 1)
        if not text.isdigit() or not needs <= int(text) // counted <= holds:
            yield Hit(
                edge.where,
                f"maxconn is {text or 'not set'}, and must be from {needs * counted} (participants of all shards, with one HAProxy away) to "
                f"{holds * counted} ({limit} of memory): HAProxy is killed, or browsers wait",
                "let sizing/haproxy_size.py set memory and connections",
            )


@rule("edge-logs-rooms", "error")
def edge_logs_rooms(stack: Resources) -> Iterator[Hit]:
    """HAProxy logs query strings or headers, which carry names of rooms and tokens."""
    for edge in edges(stack):
        formats = [text for section in edge.sections for text in section.after("log-format")]
        loud = [
            f"{section.name}: option {text}"
            for section in edge.sections
            for text in section.after("option httplog", "option httpslog")
        ]
        named = [text for text in formats if _PRIVATE.search(text)]
        captures = [
            line for section in edge.sections for line in section.after("http-request capture", "capture request")
        ]
        if not formats or named or captures or loud:
            said = [*named, *captures, *loud] or ["no log-format, so HAProxy logs whole URLs"]
            yield Hit(
                edge.where,
                f"logs {said[0]}: names of rooms and tokens of participants stand in the logs",
                "log the path without its query",
            )
