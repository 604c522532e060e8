"""Sabotages of the edge: HAProxy's configuration, its load balancer, certificates and DNS."""

from typing import Any

from sabotages import Patch, Sabotage, container

CONFIG, SERVICE, HAPROXY = "jitsi-edge-config", "jitsi-edge-service", "jitsi-edge-haproxy"
SCALEWAY = "service.beta.kubernetes.io/scw-loadbalancer-"


def line(old: str, new: str = "") -> Patch:
    """Replace a text of haproxy.cfg; without `new` its whole line goes."""

    def patch(properties: dict[str, Any]) -> None:
        text = properties["data"]["haproxy.cfg"]
        assert old in text, old
        if not new:
            text = "\n".join(each for each in text.splitlines() if old not in each) + "\n"
        properties["data"]["haproxy.cfg"] = text.replace(old, new) if new else text

    return patch


def below(section: str, *lines: str) -> Patch:
    """Add lines at the beginning of a section of haproxy.cfg."""
    return line(f"{section}\n", "\n    ".join((section, *lines)) + "\n")


def note(name: str, value: str | None) -> Patch:
    """Set an annotation of the load balancer; None removes it."""

    def patch(properties: dict[str, Any]) -> None:
        notes = properties["metadata"]["annotations"]
        if value is None:
            del notes[SCALEWAY + name]
        else:
            notes[SCALEWAY + name] = value

    return patch


def variable(name: str, value: str) -> Patch:
    """Set a variable of the first container."""

    def patch(properties: dict[str, Any]) -> None:
        env = container(properties)["env"]
        env[:] = [each for each in env if each["name"] != name] + [{"name": name, "value": value}]

    return patch


def port(number: int, **keys: Any) -> Patch:
    """Change a port of the public Service."""
    return lambda p: next(each for each in p["spec"]["ports"] if each["port"] == number).update(keys)


TLS: list[Sabotage] = [
    Sabotage(
        "Browsers need TLS 1.2.", CONFIG, line("ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.0"), "edge-tls-weak", "TLSv1.0"
    ),
    Sabotage("Browsers need TLS 1.2.", CONFIG, line("ssl-min-ver TLSv1.2 "), "edge-tls-weak", "not set"),
    Sabotage(
        "Browsers need TLS 1.2.", CONFIG, line("alpn h2", "ssl-min-ver TLSv1.1 alpn h2"), "edge-tls-weak", "TLSv1.1"
    ),
    Sabotage(
        "TLS 1.3 is offered.", CONFIG, line("no-tls-tickets", "no-tls-tickets ssl-max-ver TLSv1.1"), "edge-tls-weak"
    ),
    Sabotage(
        "Ciphers have forward secrecy.", CONFIG, line("ECDHE+CHACHA20", "AES128-SHA"), "edge-tls-weak", "AES128-SHA"
    ),
    Sabotage("Ciphers have forward secrecy.", CONFIG, line("ssl-default-bind-ciphers"), "edge-tls-weak", "no ciphers"),
    Sabotage("No key decrypts recorded sessions.", CONFIG, line(" no-tls-tickets", " "), "edge-tls-weak", "tickets"),
    Sabotage("DH has 2048 bits.", CONFIG, line("dh-param 2048", "dh-param 1024"), "edge-tls-weak", "1024"),
    Sabotage("443 is TLS.", CONFIG, line(" ssl crt /tls/issued/ crt /tls/fallback/", " "), "edge-without-tls"),
    Sabotage("443 is TLS.", SERVICE, port(443, targetPort="http"), "edge-without-tls"),
    Sabotage(
        "TURN over TLS is TLS.",
        CONFIG,
        line(" ssl crt /tls/issued/ crt /tls/fallback/\n", "\n"),
        "edge-without-tls",
        stack="turn",
    ),
]
REQUESTS: list[Sabotage] = [
    Sabotage("HTTP is redirected.", CONFIG, line("redirect scheme https"), "edge-redirect-missing"),
    Sabotage("HTTP is redirected.", CONFIG, line("unless { ssl_fc }", "if { path / }"), "edge-redirect-missing"),
    Sabotage(
        "Only challenges stay HTTP.",
        CONFIG,
        line("path_beg /.well-known/acme-challenge/", "path_beg /"),
        "edge-redirect-missing",
        stack="dev",
    ),
    Sabotage(
        "HTTP is redirected.",
        CONFIG,
        below("frontend public", "http-request allow if { path_beg /room }"),
        "edge-redirect-missing",
    ),
    Sabotage(
        "HSTS lasts a year.",
        CONFIG,
        line("max-age=31536000", "max-age=3153600"),
        "edge-header-missing",
        "Strict-Transport",
    ),
    Sabotage("HSTS is sent.", CONFIG, line("Strict-Transport-Security"), "edge-header-missing", "not set"),
    Sabotage("Types are not guessed.", CONFIG, line("X-Content-Type-Options"), "edge-header-missing", "X-Content-Type"),
    Sabotage(
        "Links tell no room.", CONFIG, line("strict-origin-when-cross-origin", "unsafe-url"), "edge-header-missing"
    ),
    Sabotage("No version is shown.", CONFIG, line("del-header Server"), "edge-header-missing", "Server"),
    Sabotage(
        "HSTS is sent.",
        CONFIG,
        below("backend web", "http-after-response del-header Strict-Transport-Security"),
        "edge-header-missing",
    ),
    Sabotage("Clients choose no address.", CONFIG, line("set-header X-Forwarded-For"), "edge-client-header-trusted"),
    Sabotage(
        "Clients choose no address.",
        CONFIG,
        line("set-header X-Real-IP", "add-header X-Real-IP"),
        "edge-client-header-trusted",
    ),
    Sabotage(
        "Clients choose no address.",
        CONFIG,
        line("X-Real-IP %[src]", "X-Real-IP %[req.hdr(x-real-ip)]"),
        "edge-client-header-trusted",
    ),
    Sabotage(
        "Clients choose no address.", CONFIG, line("del-header Forwarded"), "edge-client-header-trusted", "Forwarded"
    ),
    Sabotage(
        "Clients choose no address.", CONFIG, below("defaults", "option forwardfor"), "edge-client-header-trusted"
    ),
    Sabotage(
        "Clients choose no address.",
        CONFIG,
        below("frontend public", "http-request set-src hdr(cf)"),
        "edge-client-header-trusted",
    ),
    Sabotage("Limits are the config's.", CONFIG, line("gt 20000", "gt 2000000"), "edge-limit-differs", "20000"),
    Sabotage("Limits are the config's.", CONFIG, line("gt 10000 }", "gt 10 }"), "edge-limit-differs", "10000"),
    Sabotage("A limit answers 429.", CONFIG, line("http-request deny deny_status 429"), "edge-limit-differs"),
    Sabotage("IPv6 counts by /64.", CONFIG, line("src,ipmask(32,64)", "src"), "edge-limit-differs", "track-sc0"),
    Sabotage(
        "Requests count over 10 s.", CONFIG, line("http_req_rate(10s)", "http_req_rate(10)"), "edge-limit-differs"
    ),
    Sabotage(
        "TURN has limits, too.",
        CONFIG,
        line("gt 10000 }\n    tcp-request inspect", "gt 1 }\n    tcp-request inspect"),
        "edge-limit-differs",
        stack="turn",
    ),
    Sabotage(
        "Prosody's other paths are private.",
        CONFIG,
        line("acl signalling path_reg ^(/[^/]+)?/", "acl signalling path_reg /"),
        "edge-opens-private-path",
    ),
    Sabotage(
        "Prosody's other paths are private.",
        CONFIG,
        line("xmpp-websocket)/?$\n    option", "xmpp-websocket|room-info)/?$\n    option"),
        "edge-opens-private-path",
        "/room-info",
    ),
    Sabotage(
        "Prosody's other paths are private.",
        CONFIG,
        line("default_backend web", "default_backend signalling"),
        "edge-opens-private-path",
    ),
    Sabotage(
        "Jicofo is private.",
        CONFIG,
        below("frontend public", "use_backend focus if { path_beg /about }"),
        "edge-opens-private-path",
        "jicofo",
    ),
    Sabotage(
        "Metrics are private.",
        CONFIG,
        below("frontend public", "http-request use-service prometheus-exporter if { path /metrics }"),
        "edge-opens-private-path",
    ),
    Sabotage(
        "Bridges are private.",
        CONFIG,
        line("server s1 web-s1.jitsi.svc.cluster.local:8000", "server s1 jvb-s1.jitsi.svc.cluster.local:8080"),
        "edge-opens-private-path",
    ),
]
SABOTAGES: list[Sabotage] = [*TLS, *REQUESTS]
