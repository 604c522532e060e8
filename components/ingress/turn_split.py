"""TURN over TLS and HTTPS on one port, distinguished by the server name (SNI) of the TLS ClientHello.

The public port forwards each connection to a Unix socket of the same process, with the client's address (PROXY protocol).
One socket serves HTTPS, including HTTP/2; the other terminates TLS for coturn, which therefore needs no certificate. A client
that sends no server name gets HTTPS.
"""

from components.ingress.edge_settings import HTTPS_BIND_PORT, Edge, Endpoints

HTTPS = "https"
TURNS = "turns"

HEAD_START_MS = 300
"""A browser checks its direct paths 48 ms apart while it still asks for a relay (WebRTC, weak ping interval), and the bridge keeps the
first that answers. So the relay answers later than a direct path needs: a handful of checks and one round trip."""
PEEK_SECONDS = 5  # a connection without a ClientHello by then goes to HTTPS
_BINDING_REQUEST = (
    "000100002112a442" + "6a697473692d65646765" + "0000"
)  # RFC 8489: type, length 0, magic cookie, 12-byte transaction ID


def inner(endpoints: Endpoints, name: str) -> str:
    """Bind address of the socket to which the public port forwards."""
    return f"unix@{endpoints.run}/{name}.sock mode 600"


def sections(edge: Edge, endpoints: Endpoints, certificates: str) -> list[list[str]]:
    """Sections that split TURN from HTTPS. Empty without TURN."""
    if not edge.turn_host:
        return []
    return [
        _public_port(edge, edge.turn_host, endpoints),
        _forward(endpoints, HTTPS),
        _forward(endpoints, TURNS),
        _turn(edge, endpoints, certificates),
        _coturn(endpoints),
    ]


def _public_port(edge: Edge, host: str, endpoints: Endpoints) -> list[str]:
    return [
        "frontend tls",
        "    mode tcp",
        f"    bind {endpoints.bind}:{HTTPS_BIND_PORT}",
        *edge.balanced,
        "    option tcplog",
        "    option dontlog-normal",  # the inner frontends log
        "    option clitcpka",
        f"    tcp-request inspect-delay {PEEK_SECONDS}s",
        "    tcp-request content accept if { req.ssl_hello_type 1 }",
        f"    use_backend to-{TURNS} if {{ req.ssl_sni -i {host} }}",
        f"    default_backend to-{HTTPS}",
    ]


def _forward(endpoints: Endpoints, name: str) -> list[str]:
    return [
        f"backend to-{name}",
        "    mode tcp",
        f"    server self unix@{endpoints.run}/{name}.sock send-proxy-v2",
    ]


def _turn(edge: Edge, endpoints: Endpoints, certificates: str) -> list[str]:
    """Frontend that terminates TLS for TURN, and gives direct paths a head start. A session lasts as long as a meeting."""
    return [
        f"frontend {TURNS}",
        "    mode tcp",
        f"    bind {inner(endpoints, TURNS)} accept-proxy ssl {certificates}",
        "    option tcplog",
        "    tcp-request session track-sc0 src,ipmask(32,64) table addresses",
        f"    tcp-request session reject if {{ sc_conn_cur(0,addresses) gt {edge.connections_per_address} }}",
        f"    tcp-request inspect-delay {HEAD_START_MS}ms",
        "    tcp-request content accept if WAIT_END",
        "    default_backend coturn",
    ]


def _coturn(endpoints: Endpoints) -> list[str]:
    """Backend of coturn, checked with a STUN Binding request. Its Service omits pods that drain."""
    return [
        "backend coturn",
        "    mode tcp",
        "    option srvtcpka",
        "    option tcp-check",
        "    tcp-check connect send-proxy",
        f"    tcp-check send-binary {_BINDING_REQUEST}",
        "    tcp-check expect rbinary ^0101",
        f"    server coturn {endpoints.coturn} send-proxy-v2 check inter 5s fall 3 rise 1",
    ]
