"""coturn's objects behind the edge: configuration, Deployment, Service, and who may talk to it and to whom it may talk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from components import pod, pod_number
from components.labels import NO_WAIT, SOON_GONE, labels, manifest, selector
from components.network_policies import allowed, metrics_reader, pods_named
from components.turn import coturn_conf
from components.turn.coturn_conf import FIRST_RELAY_PORT, LAST_RELAY_PORT, METRICS_PORT, PROXIED_PORT
from config.shard import Shard
from config.turn import Turn
from plan.ports import open_ports
from plan.turn import COTURN, CPU_PERCENT, TURN_SERVICE

Document = dict[str, Any]

COTURN_UID = 65534  # user nobody of the official image
CONFIG_FILE = "turnserver.conf"
ANNOUNCE_SECONDS = 10  # until every node and every HAProxy knows that the pod takes nobody any more
HOOK_MARGIN_SECONDS = 15  # the hook ends before the grace period does
_DRAIN = (Path(__file__).parent / "scripts" / "drain.sh").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnPods:
    """What coturn's objects are made from. `instance` is the stack's name."""

    namespace: str
    instance: str
    turn: Turn
    host: str
    image: str
    shards: tuple[Shard, ...]
    scraper: str | None
    """Name label of what reads metrics; none: anything in the cluster."""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    name: ClassVar[str] = TURN_SERVICE
    """Label, and name of the objects."""

    @property
    def labelled(self) -> dict[str, str]:
        """Labels of every object."""
        return labels(self.name, self.instance)

    @property
    def selected(self) -> dict[str, str]:
        """Labels of the pods."""
        return selector(self.name, self.instance)

    def made(self, api_version: str, kind: str, **body: Any) -> Document:
        """One object."""
        return manifest(api_version, kind, self.name, self.namespace, self.labelled, **body)

    def scripts(self) -> Document:
        """The drain hook."""
        return self.made("v1", "ConfigMap", data={"drain.sh": _DRAIN})

    def config(self, text: Any) -> Document:
        """The whole configuration is a Secret: coturn takes its shared secret from the file or from its arguments."""
        return self.made("v1", "Secret", type="Opaque", stringData={CONFIG_FILE: text})

    def workload(self) -> Document:
        """A Deployment, rolled one above the wanted number; a pod that leaves keeps its sessions for as long as `drain` allows."""
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        template = self.template(
            {"name": "turn", "containerPort": PROXIED_PORT, "protocol": "TCP"},
            lambda **often: pod.tcp_probe("turn", **often),
            topologySpreadConstraints=pod.spread(self.selected),
        )
        spec = {"selector": {"matchLabels": self.selected}, "strategy": strategy, "template": template}
        return self.made("apps/v1", "Deployment", annotations=SOON_GONE, spec=spec)

    def template(self, port: Document, probe: Callable[..., Document], **placed: Any) -> Document:
        """A pod with clients' port.

        The image's binary carries the file capability NET_BIND_SERVICE, without which in its bounding set no kernel starts it.
        """
        container = pod.container(
            "coturn",
            self.image,
            resources=pod.resources(f"{COTURN.millicpu}m", f"{COTURN.memory_mib}Mi"),
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
            ports=[
                port,
                {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            ],
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
            labelled=self.labelled,
            annotations={**self.annotations, **pod.scrape(METRICS_PORT)},
            containers=[container],
            volumes=[
                {"name": "run", "emptyDir": {"sizeLimit": "16Mi"}},
                {
                    "name": "config",
                    "secret": {"secretName": self.name, "defaultMode": pod.READ_ONLY_SECRET},
                },
                pod.config_volume("scripts", self.name, pod.READ_ONLY_SCRIPTS),
            ],
            uid=COTURN_UID,
            terminationGracePeriodSeconds=self.turn.drain,
            **placed,
        )

    def service(self) -> Document:
        """TCP from HAProxy; a pod that leaves gets no new connections and keeps those that it has."""
        ports = [{"name": "turn", "port": PROXIED_PORT, "targetPort": "turn", "protocol": "TCP"}]
        return self.made("v1", "Service", annotations=NO_WAIT, spec={"selector": self.selected, "ports": ports})

    def network_policy(self) -> Document:
        """In: clients, and bridges that answer. Out: the bridges' media ports, so that nobody is led anywhere else."""
        relayed = {"protocol": "UDP", "port": FIRST_RELAY_PORT, "endPort": LAST_RELAY_PORT}
        spec = {
            "podSelector": {"matchLabels": self.selected},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                self.clients(),
                {"from": [pods_named("jvb")], "ports": [relayed]},
                allowed(metrics_reader(self.scraper), tcp=[METRICS_PORT]),
            ],
            "egress": [{"to": [pods_named("jvb", shard.name)], "ports": _media(shard)} for shard in self.shards],
        }
        return self.made("networking.k8s.io/v1", "NetworkPolicy", spec=spec)

    def clients(self) -> Document:
        """Who may come in: the edge."""
        return allowed(pods_named("haproxy"), tcp=[PROXIED_PORT])

    def disruption_budget(self) -> Document:
        """A node's drain takes one pod at a time."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": self.selected}}
        return self.made("policy/v1", "PodDisruptionBudget", spec=spec)

    def autoscaler(self) -> Document:
        """Scales on CPU: what a relay does for a packet is the same for everybody."""
        turn = self.turn
        return pod_number.autoscaler(self.workload(), turn.replicas, turn.max_replicas, [pod_number.cpu(CPU_PERCENT)])


def _media(shard: Shard) -> list[Document]:
    return [
        {"protocol": "UDP", "port": first, **({"endPort": last} if last > first else {})}
        for first, last in open_ports(shard)
    ]
