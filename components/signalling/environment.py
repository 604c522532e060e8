"""Environment of web, prosody and jicofo: variables of release stable-11146. Secrets are not part of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.signalling import access
from config.access import Auth
from config.bridges import Bridges
from config.shard import Shard
from config.turn import TurnServer
from config.visitors import Visitors
from sizing.addresses import BRIDGE_ACCOUNT, HTTP_PORT, S2S_PORT, XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from sizing.bridge_crash import HIBERNATION_MODULE
from sizing.bridge_load import LEAVING_MODULE, LEAVING_STRESS
from sizing.parts import JVB
from sizing.signalling_sizes import NGINX_WORKERS, SignallingSize

Environment = Mapping[str, str | int | bool]

PRIVATE_RANGES = "127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"
"""Addresses of proxies in the cluster. Kapsule's pods are in 100.64.0.0/15, which the images' defaults omit."""
C2S_LIMIT = "512kb/s"  # the image's 10kb/s starves large rooms; meet.jit.si runs 512kb/s
LARGEST_STANZA = (
    512 * 1024
)  # bytes, as on meet.jit.si: jicofo's messages about large rooms exceed prosody's default of 256 KiB, which closes its stream
GLOBAL_CONFIG = ('http_health_allow_cidr = "0.0.0.0/0"', f"c2s_stanza_size_limit = {LARGEST_STANZA}")
"""Lines of prosody's configuration for which the image has no variables."""


@dataclass(frozen=True, slots=True)
class ClientTurn:
    """TURN servers that prosody offers to clients, with credentials valid for `seconds`."""

    servers: Sequence[TurnServer]
    seconds: int
    mark: Mapping[str, Any] = field(default_factory=dict)
    """Annotations that change with the secret of servers that are not this stack's."""

    @property
    def environment(self) -> Environment:
        """TURN with and without TLS, and STUN at the first server over UDP. The key is TURN_CREDENTIALS, from a Secret."""
        secured = [server for server in self.servers if server.transport == "tls"]
        plain = [server for server in self.servers if server.transport != "tls"]
        values: dict[str, str | int | bool] = {"TURN_TTL": self.seconds}
        if secured:
            values |= {"TURNS_HOST": _listed(server.host for server in secured), "TURNS_PORT": secured[0].number}
        if plain:
            values |= {
                "TURN_HOST": _listed(server.host for server in plain),
                "TURN_PORT": plain[0].number,
                "TURN_TRANSPORT": _listed(server.transport for server in plain),
            }
        if udp := next((server for server in plain if server.transport == "udp"), None):
            values |= {"STUN_HOST": udp.host, "STUN_PORT": udp.number}
        return values


def _listed(texts: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(texts))


def prosody(domain: str, auth: Auth, bridges: Bridges, turn: ClientTurn | None = None) -> Environment:
    """Environment of prosody: users and rooms in memory; a network policy guards its metrics.

    PROSODY_ENABLE_RATE_LIMITS stays off: three logins per second and address would delay a school behind one address.
    The garbage collector keeps the image's settings, which meet.jit.si uses; the memory limit allows for them.
    No list of modules is that of the bridges' host alone, so every host loads theirs, and only that one's does something.
    """
    of_bridges = (
        f'bridge_account = "{BRIDGE_ACCOUNT}"',
        f"bridge_port = {JVB.port('rest')}",
        f"bridge_hibernation_seconds = {bridges.silent_after}",
        f"bridge_leaving_stress = {LEAVING_STRESS}",
        f"bridge_warm_up = {str(bridges.warm_up).lower()}",
    )
    return {
        **_every_prosody(domain, auth),
        **access.on_prosody(auth),
        **(turn.environment if turn else {}),
        "GLOBAL_CONFIG": r"\n".join(GLOBAL_CONFIG + of_bridges),
        "GLOBAL_MODULES": f"{HIBERNATION_MODULE},{LEAVING_MODULE}",
    }


def _every_prosody(domain: str, auth: Auth) -> Environment:
    return {
        **access.on_all(auth),
        "PUBLIC_URL": f"https://{domain}",
        "ENABLE_XMPP_WEBSOCKET": True,
        "ENABLE_IPV6": False,
        "PROSODY_TRUSTED_PROXIES": PRIVATE_RANGES,
        "PROSODY_ENABLE_METRICS": True,
        "PROSODY_METRICS_ALLOWED_CIDR": "0.0.0.0/0",
        "PROSODY_C2S_LIMIT": C2S_LIMIT,
        "GLOBAL_CONFIG": r"\n".join(GLOBAL_CONFIG),
        "XMPP_DOMAIN": XMPP_DOMAIN,
        "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
    }


def visitors(
    domain: str, names: ShardNames, auth: Auth, visitors: Visitors, s2s_limit: str, *, turn: ClientTurn | None = None
) -> Environment:
    """Environment of a visitor prosody, to which jicofo sends visitors. It talks to the shard's prosody over s2s.

    Its index comes from the pod. Guests are set as on the main prosody, whose guest domain connects to it; it has no logins.
    """
    return {
        **_every_prosody(domain, auth),
        "PROSODY_MODE": "visitors",
        "ENABLE_VISITORS": True,
        "VISITORS_MAX_VISITORS_PER_NODE": visitors.visitors_per_node,
        "PROSODY_S2S_LIMIT": s2s_limit,
        "XMPP_SERVER": names.xmpp_server,
        "XMPP_SERVER_S2S_PORT": S2S_PORT,
        **(turn.environment if turn else {}),
    }


def jicofo(names: ShardNames, shard: Shard, auth: Auth, size: SignallingSize) -> Environment:
    """Environment of jicofo. It ignores the cap per bridge without a local region; octo relays match the bridges'.

    See jicofo_conf.py for the selection of bridges.
    """
    return {
        **access.on_all(auth),
        **access.on_jicofo(auth),
        "XMPP_SERVER": names.xmpp_server,
        "XMPP_DOMAIN": XMPP_DOMAIN,
        "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
        "JICOFO_ENABLE_REST": True,
        "JICOFO_ENABLE_HEALTH_CHECKS": True,  # /about/health, which the edge checks
        "JICOFO_OCTO_REGION": shard.zone,
        "ENABLE_OCTO": shard.bridges.relays,
        "OCTO_BRIDGE_SELECTION_STRATEGY": "RegionBasedBridgeSelectionStrategy"
        if shard.bridges.relays
        else "SingleBridgeSelectionStrategy",
        "JICOFO_MAX_MEMORY": f"{size.jicofo_heap_mib}m",
    }


def web(domain: str, names: ShardNames, auth: Auth, size: SignallingSize) -> Environment:
    """Environment of web. DEPLOYMENTINFO_SHARD stays unset, so any web pod can serve any room's page."""
    return {
        **access.on_all(auth),
        **access.on_web(auth),
        "PUBLIC_URL": f"https://{domain}",
        "DISABLE_HTTPS": 1,
        "ENABLE_LETSENCRYPT": False,
        "ENABLE_HTTP_REDIRECT": False,
        "ENABLE_IPV6": False,
        "ENABLE_XMPP_WEBSOCKET": True,
        "XMPP_BOSH_URL_BASE": f"http://{names.xmpp_server}:{HTTP_PORT}",
        "XMPP_DOMAIN": XMPP_DOMAIN,
        "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
        "NGINX_WORKER_PROCESSES": NGINX_WORKERS,
        "NGINX_WORKER_CONNECTIONS": size.nginx_connections,
    }
