"""Rules about requests at the edge: redirect, headers, limits, and the paths that stay private."""

import re
from collections.abc import Iterator, Sequence

from plan.diff.fleet import component_of
from plan.diff.paths import mapping
from plan.findings.rule import Hit, rule
from plan.resources.edge import HTTP, Edge, edges
from plan.resources.haproxy_cfg import Section, seconds
from plan.resources.made import Resources
from sizing.parts import COTURN, HAPROXY, PROSODY, VISITORS, WEB

YEAR_SECONDS = 31_536_000  # what browsers' preload lists require of HSTS
CHALLENGE = "/.well-known/acme-challenge/"  # RFC 8555, section 8.3
LIMIT_WINDOW_SECONDS = 10
PRIVATE_PATHS = (
    *(
        "/",
        "/room",
        "/room-info",
        "/rooms",
        "/health",
        "/metrics",
        "/admin",
        "/admin_api",
        "/colibri/stats",
        "/colibri",
    ),
    *(
        "/about/health",
        "/conference-request/v1",
        "/stats",
        "/upload",
        "/http-bind/../metrics",
        "/a/metrics",
        "/http-bindx",
    ),
    *("/a/b/http-bind", "/metrics/http-bind/metrics", "/bosh", "/file_share", "/haproxy?stats"),
)
"""Paths that prosody, jicofo or the bridges may answer, which the edge must never send to them."""
CLIENT_PATHS = ("/http-bind", "/xmpp-websocket", "/tenant/http-bind", "/tenant/xmpp-websocket")
_SECURITY_HEADERS = {
    "X-Content-Type-Options": re.compile(r"nosniff"),
    "Referrer-Policy": re.compile(r"no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin"),
}
_WRITTEN = re.compile(r"http-(?:after-response|response) (set|add|del|replace)-header (\S+)\s*(.*)")
_ASKED = re.compile(r"http-request (set|add|del|replace)-header (\S+)\s*(.*)")
_SOURCE = re.compile(r"option forwardfor|(?:http-request|tcp-request \w+) set-src\b")
_CLIENT = {"x-forwarded-for": "%[src]", "x-real-ip": "%[src]", "x-forwarded-proto": "https if { ssl_fc }"}
"""Header -> what HAProxy writes into it; prosody and nginx trust all of them."""


@rule("edge-redirect-missing", "error")
def edge_redirect_missing(stack: Resources) -> Iterator[Hit]:
    """Plain HTTP is not redirected to HTTPS."""
    for edge in edges(stack):
        plain = {bind.section for bind in edge.binds_behind(HTTP) if "ssl" not in bind.options}
        for section in plain:
            challenge = section.last("acl acme")
            allowed = {"unless { ssl_fc }", "if !{ ssl_fc }"}
            if challenge == f"path_beg {CHALLENGE}":
                allowed |= {"unless { ssl_fc } or acme", "if !{ ssl_fc } !acme"}
            redirects = [
                re.sub(r"code 30[1278] ", "", line) for line in section.after("http-request redirect scheme https")
            ]
            if not allowed.intersection(redirects) or section.after("http-request allow"):
                yield Hit(
                    edge.where,
                    f"frontend {section.name} serves requests over plain HTTP: names of rooms and tokens travel unencrypted",
                    "add `http-request redirect scheme https code 301 unless { ssl_fc }`, with no exception but ACME challenges",
                )


@rule("edge-header-missing", "error")
def edge_header_missing(stack: Resources) -> Iterator[Hit]:
    """A security header is missing in answers, or HAProxy's backends reveal their version."""
    for edge in edges(stack):
        for section in edge.public_frontends:
            lines = [match.groups() for line in section.lines if (match := _WRITTEN.fullmatch(line))]
            removed = [
                match.groups() for other in edge.sections for line in other.lines if (match := _WRITTEN.fullmatch(line))
            ]
            for fault in (*_answers(lines), *_removed(removed)):
                yield Hit(
                    edge.where, f"frontend {section.name}: {fault}", "set it with http-after-response in the frontend"
                )


def _answers(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    final = {name.lower(): (verb, value) for verb, name, value in lines}
    verb, value = final.get("strict-transport-security", ("", ""))
    age = re.match(r'"?max-age=(\d+)', value)
    condition = value.rpartition('"')[2].strip()
    if verb != "set" or age is None or int(age[1]) < YEAR_SECONDS or condition not in ("", "if { ssl_fc }"):
        yield f"Strict-Transport-Security is {value or 'not set'}; browsers need max-age={YEAR_SECONDS} in every HTTPS answer"
    for name, right in _SECURITY_HEADERS.items():
        verb, value = final.get(name.lower(), ("", ""))
        if verb != "set" or not right.fullmatch(value.strip('"')):
            yield f"{name} is {value or 'not set'}"
    if final.get("server", ("", ""))[0] != "del":
        yield "Server, with nginx's or prosody's version, is not removed"


def _removed(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    kept = {"strict-transport-security", *(name.lower() for name in _SECURITY_HEADERS)}
    for verb, name, _ in lines:
        if verb == "del" and name.lower() in kept:
            yield f"{name} is removed again"


@rule("edge-client-header-trusted", "error")
def edge_client_header_trusted(stack: Resources) -> Iterator[Hit]:
    """A client can choose the address or scheme that prosody and nginx see."""
    for edge in edges(stack):
        for section in edge.public_frontends:
            lines = [match.groups() for line in section.lines if (match := _ASKED.fullmatch(line))]
            final = {name.lower(): (verb, value) for verb, name, value in lines}
            faults = [
                f"{name} is {' '.join(final.get(name, ('not', 'set')))}, not set-header {value}"
                for name, value in _CLIENT.items()
                if final.get(name) != ("set", value)
            ]
            if final.get("forwarded", ("", ""))[0] != "del" or final["forwarded"][1]:
                faults.append("Forwarded is not removed")
            faults += [f"{section.kind} {section.name}: {line}" for line in _address_lines(edge, section)]
            for fault in faults:
                yield Hit(
                    edge.where,
                    f"frontend {section.name}: {fault}: a client passes for any address, and escapes limits and bans",
                    "replace these headers in the frontend, without a condition",
                )


def _address_lines(edge: Edge, public: Section) -> Iterator[str]:
    """Lines that change the client's address, or that add to a header instead of replacing it."""
    for section in edge.sections:
        for line in section.lines:
            asked = _ASKED.fullmatch(line)
            is_address = asked is not None and asked[2].lower() in (*_CLIENT, "forwarded")
            if (asked and is_address and (section is not public or asked[1] == "add")) or _SOURCE.match(line):
                yield line


@rule("edge-limit-differs", "error")
def edge_limit_differs(stack: Resources) -> Iterator[Hit]:
    """A limit per client address is missing, or is not the one of `ingress.limits`."""
    limits = stack.config.ingress.limits
    asked = f"http-request deny deny_status 429 if {{ sc_http_req_rate(0,addresses) gt {limits.requests} }}"
    opened = f"tcp-request session reject if {{ sc_conn_cur(0,addresses) gt {limits.connections} }}"
    tracked = "tcp-request session track-sc0 src,ipmask(32,64) table addresses"
    for edge in edges(stack):
        counted = edge.section("backend", "addresses").last("stick-table") or ""
        kept, window = re.search(r"expire (\w+)", counted), re.search(r"http_req_rate\((\w+)\)", counted)
        terminal = {bind.section for bind in edge.public_binds if not _forwards(edge, bind.section)}
        for section in sorted(terminal, key=lambda section: section.name):
            needed = [tracked, opened] if section.is_tcp else [tracked, opened, asked]
            for line in needed:
                if line not in section.lines:
                    yield Hit(
                        edge.where,
                        f"frontend {section.name} lacks `{line}`, which follows from ingress.limits",
                        "count each client address (IPv6: each /64), and apply both limits",
                    )
        if (
            not counted.startswith("type ipv6 ")
            or "conn_cur" not in counted
            or window is None
            or seconds(window[1]) != LIMIT_WINDOW_SECONDS
            or kept is None
            or (seconds(kept[1]) or 0) < LIMIT_WINDOW_SECONDS
        ):
            yield Hit(
                edge.where,
                f"backend addresses counts `{counted}`: ingress.limits are per address, over {LIMIT_WINDOW_SECONDS} s",
                f"store conn_cur and http_req_rate({LIMIT_WINDOW_SECONDS}s) by ipv6, and keep them longer than that",
            )


def _forwards(edge: Edge, section: Section) -> bool:
    names = [name for name, _ in section.backends]
    return any(server.address.startswith("unix@") for name in names for server in edge.section("backend", name).servers)


@rule("edge-opens-private-path", "error")
def edge_opens_private_path(stack: Resources) -> Iterator[Hit]:
    """A private path of prosody, jicofo, the bridges or HAProxy itself is public."""
    for edge in edges(stack):
        for section in {bind.section for bind in edge.public_binds}:
            for name, condition in section.backends:
                for fault in _reached(edge, section, name, condition):
                    yield Hit(
                        edge.where,
                        f"frontend {section.name}: {fault}",
                        "send only /http-bind and /xmpp-websocket (also below one tenant) to prosody, and all else to web",
                    )
        for section in edge.public_frontends:
            for line in section.lines:
                if re.match(
                    r"(?:http-request use-service|stats |monitor-uri|http-request (?:set|replace)-(?:path|uri))", line
                ):
                    yield Hit(
                        edge.where,
                        f"frontend {section.name} has `{line}`, and everyone reaches this frontend",
                        "keep metrics, health and the admin page on the stats port",
                    )


def _reached(edge: Edge, section: Section, name: str, condition: str) -> Iterator[str]:
    """Faults of one rule that chooses a backend."""
    for server in edge.section("backend", name).servers:
        if server.address.startswith("unix@"):
            continue
        service = edge.service_at(server.host)
        component = component_of(service) if service else "an unknown address"
        selects = mapping(service.properties, "spec", "selector") if service else {}
        if component == WEB.name or (component == COTURN.name and section.is_tcp):
            continue
        if component in (PROSODY.name, VISITORS.name):
            yield from _opened(section, condition.removeprefix("if "), component)
        elif not (
            component == HAPROXY.name
            and "acme.cert-manager.io/http01-solver" in selects
            and "acme" in condition.split()
        ):
            yield f"{server.address} ({component}) is public through backend {name}"


def _opened(section: Section, acl: str, component: str) -> Iterator[str]:
    """Private paths that a condition sends to a component, and clients' paths that it does not."""
    tests = section.after(f"acl {acl}") if acl else []
    if len(tests) != 1 or not tests[0].startswith("path_reg "):
        yield f"{component} answers under the condition `{acl or 'none'}`, which is not one path_reg"
        return
    expression = tests[0].removeprefix("path_reg ")
    try:
        pattern = re.compile(expression)
    except re.error:
        yield f"path_reg {expression} is no regular expression"
        return
    opened = [path for path in PRIVATE_PATHS if pattern.search(path)]
    if opened:
        yield f"{', '.join(opened)} of {component} is public by path_reg {expression}"
    closed = [path for path in CLIENT_PATHS if not pattern.search(path)]
    if closed:
        yield f"{', '.join(closed)} does not reach {component}: browsers cannot join"
