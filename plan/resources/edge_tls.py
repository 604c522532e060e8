"""Rules about TLS at the edge."""

import re
from collections.abc import Iterator

from plan.findings.rule import Hit, rule
from plan.resources.edge import HTTPS, Edge, edges
from plan.resources.haproxy_cfg import Bind
from plan.resources.made import Resources

FLOOR = "TLSv1.2"
"""The oldest version for browsers; RFC 8996 deprecates those before."""
_VERSIONS = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_OLD = {"no-sslv3", "no-tlsv10", "no-tlsv11"}
_CIPHER = re.compile(r"(?:EC)?DHE[-+].*(?:GCM|CHACHA20)")  # forward secrecy and authenticated encryption (RFC 9325)
_SUITE = re.compile(r"TLS_(?:AES|CHACHA20)_\w+")
DH_BITS = 2048


@rule("edge-tls-weak", "error")
def edge_tls_weak(stack: Resources) -> Iterator[Hit]:
    """HAProxy accepts an old TLS version, a weak cipher or session tickets."""
    for edge in edges(stack):
        for bind in _terminals(edge):
            for fault in _faults(edge, bind):
                yield Hit(
                    edge.where,
                    f"{bind.section.kind} {bind.section.name}: {fault}",
                    f"set ssl-min-ver {FLOOR} no-tls-tickets and ciphers with ECDHE and AES-GCM or ChaCha20 for every bind",
                )


@rule("edge-without-tls", "error")
def edge_without_tls(stack: Resources) -> Iterator[Hit]:
    """Port 443 reaches a listener without TLS or without certificate."""
    for edge in edges(stack):
        if edge.service is None:
            continue
        terminals = _terminals(edge)
        if not terminals:
            yield Hit(
                f"{edge.service.name}.spec.ports",
                f"TCP {HTTPS} reaches no listener of HAProxy: browsers cannot open the page",
                f"publish {HTTPS} and send it to the listener with TLS",
            )
        for bind in terminals:
            certificates = [word for word in bind.options if word in ("crt", "crt-list")]
            if "ssl" not in bind.options or not certificates:
                yield Hit(
                    edge.where,
                    f"{bind.section.kind} {bind.section.name} listens on {bind.address} without "
                    f"{'ssl' if 'ssl' not in bind.options else 'a certificate'}, and TCP {HTTPS} reaches it",
                    "add ssl and crt to the bind line",
                )


def _terminals(edge: Edge) -> list[Bind]:
    """Listeners behind port 443 that forward to no other listener."""
    reached = edge.binds_behind(HTTPS)
    inner = {bind.address for bind in reached}

    def forwards(bind: Bind) -> bool:
        names = [name for name, _ in bind.section.backends]
        return any(server.address in inner for name in names for server in edge.section("backend", name).servers)

    return [bind for bind in reached if not forwards(bind)]


def _faults(edge: Edge, bind: Bind) -> Iterator[str]:
    shared = edge.section("global")
    options = [*(shared.last("ssl-default-bind-options") or "").split(), *bind.options]
    floor = _after(options, "ssl-min-ver")
    if _rank(floor) < _rank(FLOOR) and not set(options) >= _OLD:
        yield f"ssl-min-ver is {floor or 'not set'}, below {FLOOR}"
    ceiling = _after(options, "ssl-max-ver")
    if ceiling and _rank(ceiling) < _rank(FLOOR):
        yield f"ssl-max-ver is {ceiling}, below {FLOOR}"
    for word in options:
        if word in ("force-sslv3", "force-tlsv10", "force-tlsv11", "no-tlsv12"):
            yield f"{word} excludes {FLOOR} and later"
    if "no-tls-tickets" not in options or "tls-tickets" in options:
        yield "session tickets are on: whoever reads the ticket key decrypts recorded sessions"
    yield from _weak_ciphers(bind.option("ciphers") or shared.last("ssl-default-bind-ciphers"), _CIPHER)
    if suites := bind.option("ciphersuites") or shared.last("ssl-default-bind-ciphersuites"):
        yield from _weak_ciphers(suites, _SUITE)
    bits = shared.last("tune.ssl.default-dh-param")
    if bits is not None and (not bits.isdigit() or int(bits) < DH_BITS):
        yield f"tune.ssl.default-dh-param is {bits}, below {DH_BITS}"


def _weak_ciphers(text: str | None, strong: re.Pattern[str]) -> Iterator[str]:
    if not text:
        yield "no ciphers are set"
        return
    weak = [name for name in text.split(":") if not name.startswith("!") and not strong.match(name)]
    if weak:
        yield f"cipher {', '.join(weak)} has no forward secrecy or no authenticated encryption"


def _after(options: list[str], name: str) -> str | None:
    """The argument of an option's last use."""
    return next((options[n + 1] for n in reversed(range(len(options) - 1)) if options[n] == name), None)


def _rank(version: str | None) -> int:
    return _VERSIONS.index(version) if version in _VERSIONS else -1
