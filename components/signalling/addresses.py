"""Names by which the parts of a shard find each other; agreed on before any of them exists."""

from dataclasses import dataclass

XMPP_DOMAIN = "meet.jitsi"  # clients hard-code v1.meet.jitsi for visitors; every shard may use the same
XMPP_AUTH_DOMAIN = "auth.meet.jitsi"
C2S_PORT = 5222  # TCP in, from bridges and jicofo
S2S_PORT = 5269  # TCP in, from the shard's visitor prosodies; closed without visitors
HTTP_PORT = 5280  # TCP in, BOSH and websocket from the edge, metrics from Prometheus
HTTPS_PORT = 443  # TCP, the public address
WEB_PORT = 8000  # TCP in, from the edge
JICOFO_PORT = 8888  # TCP in, metrics and health


@dataclass(frozen=True, slots=True)
class ShardNames:
    """Object and host names of one shard in one namespace."""

    shard: str
    namespace: str

    def of(self, component: str) -> str:
        """The object's name: `prosody-s0`."""
        return f"{component}-{self.shard}"

    def host(self, component: str) -> str:
        """Full name of a Service: nginx resolves at run time without search domains, so short names fail there."""
        return f"{self.of(component)}.{self.namespace}.svc.cluster.local"

    @property
    def xmpp_server(self) -> str:
        """Where bridges and jicofo log in, TCP 5222."""
        return self.host("prosody")

    @property
    def secret(self) -> str:
        """The Secret with the shard's passwords, keys named as the images' variables."""
        return self.of("shard")
