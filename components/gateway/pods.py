"""Jigasi's pods: SIP gateways on dedicated nodes, transcribers on any node."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.gateway import environment
from components.kubernetes import pod
from components.kubernetes.document import Document
from components.kubernetes.labels import ROLE_LABEL, SKIP_AWAIT, selector
from components.kubernetes.network_policies import ingress, metrics_reader, udp_ports
from components.kubernetes.stack_objects import StackObjects
from components.signalling.manifests import SAFE_TO_EVICT
from config.access import Auth
from config.jigasi import Jigasi, Sip, Transcription
from sizing import parts
from sizing.addresses import ShardNames
from sizing.part import Part
from sizing.pod_sizes import JIGASI_HEAP_MIB

JIGASI, TRANSCRIBING = parts.JIGASI.name, parts.TRANSCRIBER.name
"""Component names; JIGASI is also the value of the gateway nodes' label and taint."""
REST_PORT = parts.JIGASI.port("rest")
LEAVE = "leave.sh"
_SCRIPTS = Path(__file__).parent / "scripts"
MARGIN_SECONDS = 30
"""Seconds between the hook's deadline and the end of the grace period."""
TRANSCRIBER_DEADLINE = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPods:
    """Inputs of jigasi's pods."""

    objects: StackObjects
    image: str
    domain: str
    shards: tuple[ShardNames, ...]
    auth: Auth
    jigasi: Jigasi
    marks: Mapping[str, Mapping[str, Any]]
    """Workload -> annotations that change with its own secrets."""
    visitors: bool
    own_pools: bool

    def scripts(self) -> Document:
        """Return a ConfigMap with the preStop hook."""
        return self.objects.manifest(
            "v1", "ConfigMap", JIGASI, data={LEAVE: (_SCRIPTS / LEAVE).read_text(encoding="utf-8")}
        )

    def secret(self, values: dict[str, Any]) -> Document:
        """Return a Secret of passwords, named as the image's variables."""
        return self.objects.manifest("v1", "Secret", JIGASI, type="Opaque", stringData=values)

    def gateway(self, sip: Sip, *secrets: str) -> Document:
        """Return the SIP gateways' workload. UDP media uses the same ports on pod and node.

        It does not use the host's network, where prosody's network policy could not select it. Its SDP contains the pod's
        address; providers send to the source address of media instead. No SIP port is open: calls arrive over the
        registered connection.
        """
        ports = [
            {"name": f"m{port}", "containerPort": port, "hostPort": port, "protocol": "UDP"}
            for port in range(sip.first_port, sip.last_port + 1)
        ]
        placed = pod.only_on(ROLE_LABEL, JIGASI) if self.own_pools else {}
        settings = environment.sip(
            self.domain, self.shards, self.auth, sip, heap_mib=JIGASI_HEAP_MIB, visitors=self.visitors
        )
        container = self._container(parts.JIGASI, settings, secrets, sip.deadline, ports=ports)
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
        spec = {
            "replicas": sip.replicas,
            "strategy": rolling,
            "template": self._template(JIGASI, container, sip.deadline, **placed),
        }
        return self.objects.workload("Deployment", JIGASI, spec)

    def transcriber(self, transcription: Transcription, *secrets: str) -> Document:
        """Return the transcribers' Deployment. No inbound ports; it connects to prosody, the bridges and its backend."""
        settings = environment.transcriber(self.domain, self.shards, self.auth, transcription, JIGASI_HEAP_MIB)
        container = self._container(parts.TRANSCRIBER, settings, secrets, TRANSCRIBER_DEADLINE)
        spec = {
            "replicas": transcription.replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": self._template(
                TRANSCRIBING,
                container,
                TRANSCRIBER_DEADLINE,
                topologySpreadConstraints=pod.spread(selector(TRANSCRIBING, self.objects.instance)),
            ),
        }
        return self.objects.workload("Deployment", TRANSCRIBING, spec)

    def _container(
        self,
        part: Part,
        settings: environment.Environment,
        secrets: tuple[str, ...],
        deadline: int,
        **more: Any,
    ) -> Document:
        return pod.part_container(
            part,
            self.image,
            env=[
                *pod.environment({**settings, **pod.JITSI_ENV, "DEADLINE": deadline}),
                *pod.from_secret(JIGASI, *secrets),
                pod.from_field("JIGASI_INSTANCE_ID", "metadata.name"),
            ],
            mounts={**pod.JITSI_MOUNTS, "/tmp/transcripts": "transcripts", "/jigasi-scripts": "!scripts"},  # noqa: S108
            startupProbe=pod.http_probe("/about/health", REST_PORT, period=5, failures=60),
            readinessProbe=pod.http_probe("/about/health", REST_PORT, period=15, failures=4),
            livenessProbe=pod.tcp_probe(REST_PORT, period=15, failures=20, timeout=10),
            lifecycle={"preStop": {"exec": {"command": ["/bin/sh", f"/jigasi-scripts/{LEAVE}"]}}},
            **more,
        )

    def _template(self, name: str, container: Document, deadline: int, **more: Any) -> Document:
        return pod.pod(
            labels=self.objects.labels(name),
            annotations={**self.objects.marks, **self.marks[name], **SAFE_TO_EVICT},
            containers=[container],
            volumes=[
                *pod.jitsi_volumes(),
                {"name": "transcripts", "emptyDir": {"sizeLimit": "64Mi"}},
                pod.config_volume("scripts", JIGASI, pod.READ_ONLY_SCRIPTS),
            ],
            terminationGracePeriodSeconds=deadline + MARGIN_SECONDS,
            **more,
        )

    def policies(self) -> dict[str, Document]:
        """Return network policies: SIP media in from anywhere (UDP), nothing else."""
        found: dict[str, Document] = {}
        sip = self.jigasi.sip
        if sip:
            found[JIGASI] = self._policy(parts.JIGASI, udp_ports(sip.first_port, sip.last_port))
        if self.jigasi.transcription:
            found[TRANSCRIBING] = self._policy(parts.TRANSCRIBER)
        return found

    def _policy(self, part: Part, *decided: Document) -> Document:
        rules = ingress(part, self.objects.instance, metrics_reader(None), decided=decided)
        return self.objects.policy(part.name, rules)


def not_waited_for(document: Document) -> Document:
    """Add skipAwait: gateways become ready only when nodes have booted, and terminate only after their calls."""
    metadata = document["metadata"]
    return document | {"metadata": metadata | {"annotations": {**metadata.get("annotations", {}), **SKIP_AWAIT}}}
