"""coturn's objects behind ingress: configuration, Deployment, Service, network policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from components.kubernetes import pod, replicas
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import DELETE_IN_BACKGROUND, SKIP_AWAIT, labels, selector
from components.kubernetes.network_policies import ingress, media_ports, metrics_reader, pods_named
from components.turn import coturn_conf
from components.turn.coturn_conf import FIRST_RELAY_PORT, LAST_RELAY_PORT, PROXIED_PORT
from config.shard import Shard
from config.turn import Turn
from sizing.part import Part
from sizing.parts import COTURN, JVB
from sizing.pod_sizes import COTURN_CPU_PERCENT

CONFIG_FILE = "turnserver.conf"
ANNOUNCE_SECONDS = 10  # until every node and HAProxy has stopped sending new connections to the pod
HOOK_MARGIN_SECONDS = 15  # the hook ends before the grace period does
_DRAIN = (Path(__file__).parent / "scripts" / "drain.sh").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnPods:
    """Inputs of coturn's objects. `instance` is the stack's name."""

    namespace: str
    instance: str
    turn: Turn
    host: str
    image: str
    shards: tuple[Shard, ...]
    scraper: str | None
    """Name label of the metrics reader. None allows any pod in the cluster."""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    part: ClassVar[Part] = COTURN

    @property
    def name(self) -> str:
        """Label, and name of the objects."""
        return self.part.name

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every object."""
        return labels(self.name, self.instance)

    @property
    def selected(self) -> dict[str, str]:
        """Labels of the pods."""
        return selector(self.name, self.instance)

    def manifest(self, api_version: str, kind: str, **body: Any) -> Document:
        """Return an object with coturn's name and labels."""
        return manifest(api_version, kind, self.name, self.namespace, self.labels, **body)

    def scripts(self) -> Document:
        """Return a ConfigMap with the preStop hook."""
        return self.manifest("v1", "ConfigMap", data={"drain.sh": _DRAIN})

    def config(self, text: Any) -> Document:
        """Return the configuration as a Secret: coturn reads its shared secret from this file."""
        return self.manifest("v1", "Secret", type="Opaque", stringData={CONFIG_FILE: text})

    def workload(self) -> Document:
        """Return a Deployment that surges by one. A terminating pod keeps its sessions for up to `drain`."""
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        template = self.template(
            lambda **often: pod.tcp_probe("turn", **often),
            topologySpreadConstraints=pod.spread(self.selected),
        )
        spec = {"selector": {"matchLabels": self.selected}, "strategy": strategy, "template": template}
        return self.manifest("apps/v1", "Deployment", annotations=DELETE_IN_BACKGROUND, spec=spec)

    def template(self, probe: Callable[..., Document], **placed: Any) -> Document:
        """Return a pod template with the client port.

        The image's binary has the file capability NET_BIND_SERVICE; the kernel starts it only if the bounding set has it, too.
        """
        container = pod.part_container(
            self.part,
            self.image,
            env=[
                pod.from_field("POD_IP", "status.podIP"),
                *pod.environment(
                    {
                        "ANNOUNCE": ANNOUNCE_SECONDS,
                        "DEADLINE": self.turn.drain - HOOK_MARGIN_SECONDS,
                        "FIRST_PORT": FIRST_RELAY_PORT,
                        "LAST_PORT": LAST_RELAY_PORT,
                    }
                ),
            ],
            mounts={coturn_conf.RUN: "run", "/etc/coturn": "!config", "/scripts": "!scripts"},
            command=["turnserver"],
            args=["-c", f"/etc/coturn/{CONFIG_FILE}", *coturn_conf.arguments("$(POD_IP)")],
            ports=self.ports(),
            startupProbe=probe(period=2, failures=30),
            readinessProbe=probe(period=5, failures=3),
            livenessProbe=probe(period=15, failures=8),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", "/scripts/drain.sh"]}}},
            securityContext={
                **pod.CONTAINER_SECURITY,
                "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
            },
        )
        return pod.pod(
            labels=self.labels,
            annotations={**self.annotations, **pod.scrape(self.part)},
            containers=[container],
            volumes=[
                {"name": "run", "emptyDir": {"sizeLimit": "16Mi"}},
                {
                    "name": "config",
                    "secret": {"secretName": self.name, "defaultMode": pod.READ_ONLY_SECRET},
                },
                pod.config_volume("scripts", self.name, pod.READ_ONLY_SCRIPTS),
            ],
            uid=self.part.image.uid,
            terminationGracePeriodSeconds=self.turn.drain,
            **placed,
        )

    def service(self) -> Document:
        """Return a Service: TCP 3480 in, from HAProxy. A terminating pod keeps its connections but gets no new ones."""
        ports = [{"name": "turn", "port": PROXIED_PORT, "targetPort": "turn", "protocol": "TCP"}]
        return self.manifest("v1", "Service", annotations=SKIP_AWAIT, spec={"selector": self.selected, "ports": ports})

    def network_policy(self) -> Document:
        """Return a policy. In: clients, bridges and the metrics reader. Out: the bridges' media ports only."""
        spec = {
            "podSelector": {"matchLabels": self.selected},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress(self.part, self.instance, metrics_reader(self.scraper)),
            "egress": [
                {"to": [pods_named(JVB.name, shard.name)], "ports": media_ports(shard)} for shard in self.shards
            ],
        }
        return self.manifest("networking.k8s.io/v1", "NetworkPolicy", spec=spec)

    def ports(self) -> list[Document]:
        """Ports of the container."""
        return pod.ports(self.part)

    def disruption_budget(self) -> Document:
        """Return a budget that allows one eviction at a time."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": self.selected}}
        return self.manifest("policy/v1", "PodDisruptionBudget", spec=spec)

    def autoscaler(self) -> Document:
        """Return an autoscaler on CPU: coturn's cost per packet is the same for every session."""
        turn = self.turn
        return replicas.autoscaler(
            self.workload(), turn.replicas, turn.max_replicas, [replicas.cpu(COTURN_CPU_PERCENT)]
        )
