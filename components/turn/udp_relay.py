"""coturn on nodes of its own, reached over UDP at their public addresses."""

from dataclasses import dataclass
from typing import ClassVar

from components import pod
from components.labels import NO_WAIT, ROLE_LABEL, SOON_GONE
from components.turn.coturn_conf import CLIENT_PORT, METRICS_PORT
from components.turn.manifests import Document, TurnPods
from config.turn import TurnUdp
from plan.turn import TURN_UDP

RELAY = "turn"
"""What the relay's nodes are for, by their label and taint."""
STARTS_SECONDS = 600  # a node's boot and the image


@dataclass(frozen=True, kw_only=True, slots=True)
class UdpRelayPods(TurnPods):
    """What differs from the pods behind the edge: one on a node, and anybody may send to its one UDP port."""

    udp: TurnUdp
    on_kapsule: bool
    name: ClassVar[str] = TURN_UDP

    def workload(self) -> Document:
        """As many pods as nodes: a port of a node is one pod's, so a new one waits until the old one has left.

        The engine waits for neither: a relay leaves after its sessions.
        """
        port = {"name": "turn", "containerPort": CLIENT_PORT, "hostPort": self.udp.port, "protocol": "UDP"}
        placed = pod.only_on(ROLE_LABEL, RELAY) if self.on_kapsule else {}
        # The kubelet asks no UDP port; coturn's own process answers for its metrics.
        template = self.template(port, lambda **often: pod.http_probe("/metrics", METRICS_PORT, **often), **placed)
        spec = {
            "replicas": self.udp.nodes,
            "selector": {"matchLabels": self.selected},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "progressDeadlineSeconds": self.turn.drain + STARTS_SECONDS,
            "template": template,
        }
        return self.made("apps/v1", "Deployment", annotations=NO_WAIT | SOON_GONE, spec=spec)

    def clients(self) -> Document:
        """Who may come in: everybody, for coturn asks for a credential before it relays anything."""
        return {"ports": [{"protocol": "UDP", "port": CLIENT_PORT}]}
