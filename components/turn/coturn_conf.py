"""coturn's configuration: TURN over TCP from ingress or UDP from clients, with the bridges' pods as the only peers."""

import ipaddress
from collections.abc import Iterable

from components.kubernetes.pod import text_hash
from config.turn import Turn
from sizing.parts import COTURN, COTURN_UDP

PROXIED_PORT = COTURN.port("turn")  # HAProxy has ended TLS and tells the client's address (PROXY protocol, version 2)
CLIENT_PORT = COTURN_UDP.port("turn")  # in the pod, whatever its node's port is
METRICS_PORT = COTURN.port("metrics")
FIRST_RELAY_PORT, LAST_RELAY_PORT = COTURN.span("relay")
NONCE_SECONDS = 600
DENIED = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
RUN = "/run/coturn"


def render(turn: Turn, host: str, secret: str, *, udp: bool = False, run: str = RUN) -> str:
    """Return turnserver.conf. Its own addresses are arguments, because they differ between pods.

    All peers are denied and the bridges allowed; coturn checks allowed peers first. Loopback and multicast are always
    denied. Lifetimes of allocations, channels and permissions are coturn's own (max-allocate-lifetime, channel-lifetime,
    permission-lifetime). No TCP to peers, no TLS (terminated at ingress), no command line. Clients use either TCP behind ingress, or UDP
    only, which also serves STUN.
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
    """Return a hash of the configuration without the secret; as an annotation it restarts the pods."""
    return text_hash(render(turn, host, "", udp=udp))


def span(cidr: str) -> str:
    """Return a range in coturn's notation: first and last address, inclusive."""
    network = ipaddress.ip_network(cidr)
    return f"{network[0]}-{network[-1]}"


def arguments(address: str) -> list[str]:
    """Return listening and relay addresses. Without them coturn would relay from the address in the PROXY header."""
    return [f"--listening-ip={address}", f"--relay-ip={address}"]
