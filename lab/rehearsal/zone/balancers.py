"""Load balancers as Scaleway's cloud controller makes them from a Service: HAProxies that forward TCP to the nodes that it lists."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.balancer import PREFIX, SETTINGS
from lab.rehearsal.pod_network import ROUTER, Namespace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from components.kubernetes.document import Document


def configuration(address: str, service: Document, nodes: Sequence[str]) -> str:
    """HAProxy's configuration of a load balancer at `address`, by the Service's annotations, before nodes at these addresses."""
    annotations = service["metadata"]["annotations"]
    asked = {each.name: annotations.get(f"{PREFIX}{each.name}", each.default) for each in SETTINGS}
    transient = round(1000 * float(asked["health-transient-check-delay"].removesuffix("s")))
    lines = [
        "defaults",
        "  mode tcp",
        f"  balance {asked['forward-port-algorithm']}",
        f"  retries {asked['max-retries']}",
        f"  option redispatch {asked['redispatch-attempt-count']}",
        *(f"  timeout {name} {asked[f'timeout-{name}']}" for name in ("connect", "client", "server", "tunnel")),
        f"  timeout check {asked['health-check-timeout']}",
        "  option httpchk GET /healthz",
        f"  default-server send-proxy-v2 check port {service['spec']['healthCheckNodePort']} inter {asked['health-check-delay']} "
        f"fastinter {transient}ms fall {asked['health-check-max-retries']} rise 1",
    ]
    for port in service["spec"]["ports"]:
        lines += [f"listen {port['name']}", f"  bind {address}:{port['port']}"]
        lines += [f"  server node{number} {node}:{port['nodePort']}" for number, node in enumerate(nodes)]
    return "\n".join(lines) + "\n"


@dataclass
class Balancer:
    """One load balancer, in a network namespace of its own."""

    zone: str
    address: str
    service: Document
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.namespace = Namespace.create()
        self.namespace.link([self.address], ROUTER)

    def start(self, nodes: Sequence[str]) -> None:
        """Start with these nodes behind it; the controller knows them before any check does."""
        file = self.folder / "haproxy.cfg"
        file.write_text(configuration(self.address, self.service, nodes))
        with (self.folder / "log").open("ab") as log:
            line = [*self.namespace.enter, "haproxy", "-db", "-f", str(file)]
            self.process = subprocess.Popen(line, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End the process, without a word to those who are connected if their packets vanish already."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """End it with its namespace."""
        self.kill()
        self.namespace.close()
