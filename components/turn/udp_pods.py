"""coturn on dedicated nodes, reached over UDP at their public addresses."""

from dataclasses import dataclass
from typing import ClassVar

from components.kubernetes import pod
from components.kubernetes.document import Document
from components.kubernetes.labels import DELETE_IN_BACKGROUND, ROLE_LABEL, SKIP_AWAIT
from components.turn.coturn_conf import METRICS_PORT
from components.turn.manifests import TurnPods
from config.turn import TurnUdp
from sizing.part import Part
from sizing.parts import COTURN_UDP

TURN_ROLE = "turn"
"""Value of the role label and taint of the TURN nodes."""
STARTS_SECONDS = 600  # boots a node and pulls the image


@dataclass(frozen=True, kw_only=True, slots=True)
class UdpTurnPods(TurnPods):
    """Inputs of coturn on dedicated nodes: one pod per node, one UDP port open to any client."""

    udp: TurnUdp
    own_pools: bool
    part: ClassVar[Part] = COTURN_UDP

    def workload(self) -> Document:
        """Return a Deployment of one pod per node: they share a host port, so an update removes a pod before it adds one.

        The engine skips await, because a pod terminates only after its sessions.
        """
        placed = pod.only_on(ROLE_LABEL, TURN_ROLE) if self.own_pools else {}
        # The kubelet cannot probe UDP, so the metrics port stands in.
        template = self.template(lambda **often: pod.http_probe("/metrics", METRICS_PORT, **often), **placed)
        spec = {
            "replicas": self.udp.nodes,
            "selector": {"matchLabels": self.selected},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "progressDeadlineSeconds": self.turn.drain + STARTS_SECONDS,
            "template": template,
        }
        return self.manifest("apps/v1", "Deployment", annotations=SKIP_AWAIT | DELETE_IN_BACKGROUND, spec=spec)

    def ports(self) -> list[Document]:
        """Expose the client port on the node, open to any address: coturn requires credentials."""
        client, *others = pod.ports(self.part)
        return [{**client, "hostPort": self.udp.port}, *others]
