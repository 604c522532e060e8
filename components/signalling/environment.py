"""Environment of web, prosody and jicofo: the settings of release 11146 that a shard needs. Secrets come from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.signalling import access
from components.signalling.addresses import HTTP_PORT, HTTPS_PORT, S2S_PORT, XMPP_AUTH_DOMAIN, XMPP_DOMAIN, ShardNames
from config.access import Auth
from config.shard import Shard
from config.turn import UDP_PORT
from config.visitors import Visitors
from plan.signalling import NGINX_WORKERS, SignallingSize

Environment = Mapping[str, str | int | bool]

PRIVATE_RANGES = "127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"
"""Where a proxy in the cluster may sit: Kapsule's pods are in 100.64.0.0/15, which no default of the images covers."""
C2S_LIMIT = "512kb/s"  # the image's 10kb/s starves large rooms; meet.jit.si runs 512kb/s
LARGEST_STANZA = (
    512 * 1024
)  # bytes; meet.jit.si's: jicofo's messages about large rooms pass prosody's 256 KiB, which ends its stream
GLOBAL_CONFIG = ('http_health_allow_cidr = "0.0.0.0/0"', f"c2s_stanza_size_limit = {LARGEST_STANZA}")
"""Lines of prosody's own configuration, for which the image has no variables."""


@dataclass(frozen=True, slots=True)
class ClientTurn:
    """The TURN relay as prosody tells it to browsers, with credentials that it signs for `seconds`."""

    host: str
    seconds: int
    udp_host: str | None = None
    """Name of the nodes that are reached over UDP."""
    udp_port: int = UDP_PORT

    @property
    def environment(self) -> Environment:
        """TURN over TLS on the edge's port, and over UDP, with STUN, where there are nodes for it; the key comes as TURN_CREDENTIALS."""
        values: Environment = {"TURNS_HOST": self.host, "TURNS_PORT": HTTPS_PORT, "TURN_TTL": self.seconds}
        if self.udp_host is None:
            return values
        return {
            **values,
            "TURN_HOST": self.udp_host,
            "TURN_PORT": self.udp_port,
            "TURN_TRANSPORT": "udp",
            "STUN_HOST": self.udp_host,
            "STUN_PORT": self.udp_port,
        }


def prosody(domain: str, auth: Auth, turn: ClientTurn | None = None) -> Environment:
    """Prosody: users and rooms in memory, metrics for anyone that the network policy lets through.

    PROSODY_ENABLE_RATE_LIMITS stays off: three logins a second and address would make a school behind one address queue.
    The garbage collector keeps the image's settings, those of meet.jit.si; the memory limit allows for them.
    """
    return {**_any_prosody(domain, auth), **access.on_prosody(auth), **(turn.environment if turn else {})}


def _any_prosody(domain: str, auth: Auth) -> Environment:
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
    """A visitor prosody: anybody may come in to watch, whom jicofo sent; what they say goes to the shard's prosody (s2s).

    Its number comes from the pod. Guests as on the main prosody, whose guest domain speaks to it; nobody logs in here.
    """
    return {
        **_any_prosody(domain, auth),
        "PROSODY_MODE": "visitors",
        "ENABLE_VISITORS": True,
        "VISITORS_MAX_VISITORS_PER_NODE": visitors.visitors_per_node,
        "PROSODY_S2S_LIMIT": s2s_limit,
        "XMPP_SERVER": names.xmpp_server,
        "XMPP_SERVER_S2S_PORT": S2S_PORT,
        **(turn.environment if turn else {}),
    }


def jicofo(names: ShardNames, shard: Shard, auth: Auth, size: SignallingSize) -> Environment:
    """Jicofo: local region set (without one the cap per bridge is ignored), relays as the bridges have them.

    How bridges are chosen stands in jicofo_conf.py.
    """
    return {
        **access.on_all(auth),
        **access.on_jicofo(auth),
        "XMPP_SERVER": names.xmpp_server,
        "XMPP_DOMAIN": XMPP_DOMAIN,
        "XMPP_AUTH_DOMAIN": XMPP_AUTH_DOMAIN,
        "JICOFO_ENABLE_REST": True,
        "JICOFO_ENABLE_HEALTH_CHECKS": True,  # /about/health; the edge asks it whether the shard has bridges
        "JICOFO_OCTO_REGION": shard.zone,
        "ENABLE_OCTO": shard.bridges.relays,
        "OCTO_BRIDGE_SELECTION_STRATEGY": "RegionBasedBridgeSelectionStrategy"
        if shard.bridges.relays
        else "SingleBridgeSelectionStrategy",
        "JICOFO_MAX_MEMORY": f"{size.jicofo_heap_mib}m",
    }


def web(domain: str, names: ShardNames, auth: Auth, size: SignallingSize) -> Environment:
    """Web: pages and config.js. DEPLOYMENTINFO_SHARD stays unset, so any web pod may serve any room's page."""
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
