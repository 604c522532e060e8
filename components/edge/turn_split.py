"""TURN over TLS beside HTTPS on one port: told apart by the server name in the first message, then ended apart.

The public port peeks and passes every connection on to a socket of the same process, with the client's address in front
(PROXY protocol). One socket serves HTTPS as it would without a relay, HTTP/2 included; the other ends TLS for coturn, which
so needs no certificate. Who sends no server name means HTTPS.
"""

from components.edge.places import HTTPS_BIND_PORT, Edge, Places

HTTPS = "https"
TURNS = "turns"

PEEK_SECONDS = 5  # a handshake that has not told its server by then goes to HTTPS
_BINDING_REQUEST = (
    "000100002112a442" + "6a697473692d65646765" + "0000"
)  # RFC 8489: type, no length, cookie, 12 bytes of our own


def inner(places: Places, name: str) -> str:
    """Where a part of the process listens for what the public port passes on."""
    return f"unix@{places.run}/{name}.sock mode 600"


def sections(edge: Edge, places: Places, certificates: str) -> list[list[str]]:
    """Nothing without a relay."""
    if not edge.turn_host:
        return []
    return [
        _public_port(edge, edge.turn_host, places),
        _passed_on(places, HTTPS),
        _passed_on(places, TURNS),
        _turn(edge, places, certificates),
        _coturn(places),
    ]


def _public_port(edge: Edge, host: str, places: Places) -> list[str]:
    proxied = " accept-proxy" if edge.proxy_protocol else ""
    return [
        "frontend tls",
        "    mode tcp",
        f"    bind {places.bind}:{HTTPS_BIND_PORT}{proxied}",
        "    option tcplog",
        "    option dontlog-normal",  # what it passes on is logged there
        "    option clitcpka",
        f"    tcp-request inspect-delay {PEEK_SECONDS}s",
        "    tcp-request content accept if { req.ssl_hello_type 1 }",
        f"    use_backend to-{TURNS} if {{ req.ssl_sni -i {host} }}",
        f"    default_backend to-{HTTPS}",
    ]


def _passed_on(places: Places, name: str) -> list[str]:
    return [
        f"backend to-{name}",
        "    mode tcp",
        f"    server self unix@{places.run}/{name}.sock send-proxy-v2",
    ]


def _turn(edge: Edge, places: Places, certificates: str) -> list[str]:
    """A session is as long as a meeting; browsers refresh it every few minutes."""
    return [
        f"frontend {TURNS}",
        "    mode tcp",
        f"    bind {inner(places, TURNS)} accept-proxy ssl {certificates}",
        "    option tcplog",
        "    tcp-request session track-sc0 src,ipmask(32,64) table addresses",
        f"    tcp-request session reject if {{ sc_conn_cur(0,addresses) gt {edge.connections_per_address} }}",
        "    default_backend coturn",
    ]


def _coturn(places: Places) -> list[str]:
    """Asked by a STUN Binding request whether it serves; the Service behind the name leaves out pods that drain."""
    return [
        "backend coturn",
        "    mode tcp",
        "    option srvtcpka",
        "    option tcp-check",
        "    tcp-check connect send-proxy",
        f"    tcp-check send-binary {_BINDING_REQUEST}",
        "    tcp-check expect rbinary ^0101",
        f"    server coturn {places.coturn} send-proxy-v2 check inter 5s fall 3 rise 1",
    ]
