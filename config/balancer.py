"""The load balancer that Scaleway's cloud controller makes: its settings, the controller's defaults, and how soon it leaves a node.

It is an HAProxy itself, and checks as one does.
"""

from dataclasses import dataclass

CHECK_SECONDS = 5
RECHECK_SECONDS = 0.5
"""Between two checks while the last one failed."""
CHECK_TIMEOUT_SECONDS = 2
"""For the answer, once connected."""
CHECKS = 3
"""Failed checks until a node gets no new connections."""
CONNECT_SECONDS = 3
"""For a connection, also of a check; one lost SYN is sent again after 1 s. Then another node is tried."""

PROBE_PATH, PROBE_ANSWER = "/.well-known/jitsi-edge", "jitsi edge"
"""What name servers ask each load balancer over HTTP, and what HAProxy answers, where a record has several addresses."""

CHECKED_TTL_SECONDS = 60
"""Of a record with several addresses: resolvers keep that of a lost zone no longer. Scaleway takes no less (provider, `domain.Record.ttl`)."""

PREFIX = "service.beta.kubernetes.io/scw-loadbalancer-"
SOURCE = "scaleway/scaleway-cloud-controller-manager@bddc17f, docs/loadbalancer-annotations.md, scaleway/loadbalancers_annotations.go"


@dataclass(frozen=True, slots=True)
class Setting:
    """An annotation without its prefix, and what the controller does where it is missing (`SOURCE`)."""

    name: str
    default: str
    value: str | None = None
    """None if the default is right, and what relies on it."""
    why: str = ""


SETTINGS = (
    Setting("proxy-protocol-v2", "false", "true", "HAProxy limits and logs the addresses of clients"),
    Setting("use-hostname", "false", "true", "clients inside the cluster must go through the balancer, too"),
    Setting("timeout-client", "10m", "10m", "BOSH holds a request for 60 s"),
    Setting("timeout-server", "10s", "10m", "BOSH holds a request for 60 s"),
    Setting("timeout-tunnel", "10m", "4h", "ends websockets of quiet rooms"),
    Setting("timeout-connect", "10m", f"{CONNECT_SECONDS}s", "new visitors wait that long for a node that is gone"),
    Setting("health-check-from-service", "false", "true", "a pod that leaves is taken out while it still listens"),
    Setting("health-check-delay", "5s", f"{CHECK_SECONDS}s", "how long a node that is gone is not noticed"),
    Setting("health-check-timeout", "5s", f"{CHECK_TIMEOUT_SECONDS}s", "a node that hangs fails its check sooner"),
    Setting("health-check-max-retries", "5", str(CHECKS), "failed checks until a node gets no connections"),
    Setting("health-transient-check-delay", "0.5s", f"{RECHECK_SECONDS}s", "between the failed checks"),
    Setting("redispatch-attempt-count", "0", "1", "who meets a node whose HAProxy has just gone is led to another one"),
    Setting("max-retries", "3", "3", "connections that fail are tried again, on another node"),
    Setting("forward-port-algorithm", "roundrobin", None, "HAProxies share the connections"),
    Setting("sticky-sessions", "none", None, "rooms follow HAProxy's table, on any node"),
    Setting("health-check-type", "tcp", None, "health-check-from-service overrides it"),
    Setting("health-check-send-proxy", "false", None, "the node's health port takes no header"),
    Setting("protocol-http", "false", None, "TLS ends in HAProxy"),
    Setting("private", "false", None, "browsers come from the internet"),
    Setting("externally-managed", "false", None, "the controller creates and deletes the balancer"),
    Setting(
        "on-marked-down-action", "on_marked_down_action_none", None, "an HAProxy that leaves finishes its requests"
    ),
    Setting("connection-rate-limit", "none", None, "ingress.limits count per client address"),
    Setting("max-connections", "none", None, "the type of the balancer bounds them"),
)
BALANCER_KEYS = frozenset({"type", "zone", "ip-ids"} | {each.name for each in SETTINGS})
"""Names of annotations that the program sets, or whose default it needs."""


def until_left(failing: float, *, check: float = CHECK_SECONDS, checks: int = CHECKS) -> float:
    """Seconds until a node gets no new connections, at the latest, if each check takes `failing` seconds to fail."""
    return check + (checks - 1) * RECHECK_SECONDS + checks * failing
