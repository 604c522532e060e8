"""Names and TCP ports by which the parts of a stack find each other."""

from dataclasses import dataclass

from config.cluster import CLUSTER_DOMAIN

XMPP_DOMAIN = "meet.jitsi"  # clients hard-code v1.meet.jitsi for visitors; every shard may use the same
XMPP_AUTH_DOMAIN = "auth.meet.jitsi"
BRIDGE_ACCOUNT = f"jvb@{XMPP_AUTH_DOMAIN}"  # JVB_AUTH_USER of the images is jvb, and stays unset
C2S_PORT = 5222  # TCP in, from bridges and jicofo
S2S_PORT = 5269  # TCP in, from the shard's visitor prosodies; closed without visitors
HTTP_PORT = 5280  # TCP in, BOSH and websocket from the edge, metrics from Prometheus
HTTPS_PORT = 443  # TCP, the public address
WEB_PORT = 8000  # TCP in, from the edge
JICOFO_PORT = 8888  # TCP in, metrics and health; jicofo.rest.port by default


def service_host(service: str, namespace: str, dns_domain: str) -> str:
    """Full name of a Service: nginx and HAProxy resolve at run time without search domains, so short names fail there."""
    return f"{service}.{namespace}.svc.{dns_domain}"


@dataclass(frozen=True, slots=True)
class ShardNames:
    """Object and host names of one shard in one namespace."""

    shard: str
    namespace: str
    dns_domain: str = CLUSTER_DOMAIN

    def of(self, component: str) -> str:
        """The object's name: `prosody-s0`."""
        return f"{component}-{self.shard}"

    def host(self, component: str) -> str:
        """Full name of a Service."""
        return service_host(self.of(component), self.namespace, self.dns_domain)

    @property
    def xmpp_server(self) -> str:
        """Where bridges and jicofo log in, TCP 5222."""
        return self.host("prosody")

    @property
    def secret(self) -> str:
        """The Secret with the shard's passwords, keys named as the images' variables."""
        return self.of("shard")
