"""coturn's configuration: TURN over TCP from the edge, or over UDP from clients, relayed to the bridges' pods, and to nothing else."""

import ipaddress
from collections.abc import Iterable

from components.pod import text_hash
from config.turn import UDP_PORT, Turn

PROXIED_PORT = (
    3480  # TCP in from HAProxy alone, which has ended TLS and tells the client's address (PROXY protocol, version 2)
)
CLIENT_PORT = UDP_PORT  # UDP in, in the pod, whatever its node's port is
METRICS_PORT = 9641  # TCP in, coturn's default for Prometheus
FIRST_RELAY_PORT = 49152  # RFC 8656: the dynamic range
LAST_RELAY_PORT = 65535
NONCE_SECONDS = 600
DENIED = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
RUN = "/run/coturn"


def render(turn: Turn, host: str, secret: str, *, udp: bool = False, run: str = RUN) -> str:
    """turnserver.conf. Its own addresses are arguments, because each pod has its own.

    Everything is denied, then the peers are allowed, since coturn asks what is allowed first. Loopback and multicast stay
    denied whatever is allowed. No TCP to peers, no TLS (the edge ends it), no command line. From clients either TCP behind
    the edge, or UDP and nothing else; then it also tells everybody their own address (STUN).
    """
    return _text(
        (
            *_listeners(udp=udp),
            f"realm={host}",
            "fingerprint",
            "use-auth-secret",
            f"static-auth-secret={secret}",
            f"stale-nonce={NONCE_SECONDS}",
            f"min-port={FIRST_RELAY_PORT}",
            f"max-port={LAST_RELAY_PORT}",
            "no-tcp-relay",
            "no-multicast-peers",
            *(f"denied-peer-ip={everything}" for everything in DENIED),
            *(f"allowed-peer-ip={span(peers)}" for peers in turn.allowed_peers),
            f"total-quota={turn.sessions}",
            f"max-bps={turn.session_kbps * 1000 // 8}",
            "no-cli",
            "no-rfc5780",
            "prometheus",
            f"prometheus-port={METRICS_PORT}",
            f"userdb={run}/turndb",
            f"pidfile={run}/turnserver.pid",
            "log-file=stdout",
            "simple-log",
        )
    )


def _listeners(*, udp: bool) -> tuple[str, ...]:
    way_in = (f"listening-port={CLIENT_PORT}", "no-tcp") if udp else (f"tcp-proxy-port={PROXIED_PORT}", "no-udp")
    return *way_in, "no-tls", "no-dtls"


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def mark(turn: Turn, host: str, *, udp: bool = False) -> str:
    """Changes with the configuration, the secret apart: as an annotation it rolls the pods."""
    return text_hash(render(turn, host, "", udp=udp))


def span(cidr: str) -> str:
    """A range as coturn writes it: first and last address, both included."""
    network = ipaddress.ip_network(cidr)
    return f"{network[0]}-{network[-1]}"


def arguments(address: str) -> list[str]:
    """Where coturn listens and relays from. Without its own address it would relay from the one in the PROXY header."""
    return [f"--listening-ip={address}", f"--relay-ip={address}"]
